import { goldenPath } from '@pharmacist/test-fixtures';
import { InterruptedError } from '@pharmacist/core';
import { afterEach, expect, it } from 'vitest';
import { DecoderClient } from './decoder-client.ts';

const PATH = goldenPath('data-io', 'typed-values', 'int96.parquet');
const bounds = { label: 'rows.parquet', timeoutMs: 30_000, hint: 'try another', signal: undefined };
let decoder: DecoderClient | undefined;

afterEach(() => decoder?.kill());

function start(maxMegabytes: number): DecoderClient {
  decoder = new DecoderClient(maxMegabytes);
  decoder.send({ type: 'read', format: 'parquet', path: PATH, label: bounds.label });
  return decoder;
}

it('answers with batches and an end', async () => {
  const client = start(640);
  expect(await client.reply(bounds)).toMatchObject({ type: 'batch', firstLine: 1 });
  expect(await client.reply(bounds)).toEqual({ type: 'end' });
});

it('is ended when it takes more memory than it may', async () => {
  const client = start(30);
  const replies = async (): Promise<never> => {
    // A small file may be decoded before the guard's first look, and its replies arrive; the process is ended all the same.
    for (;;) await client.reply(bounds);
  };
  await expect(replies()).rejects.toMatchObject({
    code: 'E_DATA',
    where: 'rows.parquet',
    message: 'cannot be decoded within 30 MB of memory',
    hint: 'try another',
  });
});

it('is waited for no longer than it may take', async () => {
  await expect(start(640).reply({ ...bounds, timeoutMs: 1 })).rejects.toMatchObject({
    code: 'E_DATA',
    message: 'takes longer to decode than its size allows (0 s)',
  });
});

it.runIf(process.platform === 'linux')('has more time where the machine gives it little: its own work counts', async () => {
  const client = start(640);
  process.kill(client.pid!, 'SIGSTOP');
  setTimeout(() => process.kill(client.pid!, 'SIGCONT'), 2500);
  // Its start takes some tenths of a second of a processor, and longer than this by a clock.
  expect(await client.reply({ ...bounds, timeoutMs: 2000 })).toMatchObject({ type: 'batch' });
});

it('is not waited for after an abort', async () => {
  await expect(start(640).reply({ ...bounds, signal: AbortSignal.abort() })).rejects.toBeInstanceOf(InterruptedError);
});
