/*
 * The program of a decoder process: reads Parquet and Arrow files, whose damage can make the libraries run on or take any amount of memory, and
 * sends their records to the process that asked. argv: the bound on memory in bytes.
 */
import { open } from 'node:fs/promises';
import { Worker } from 'node:worker_threads';
import { asFileError, PharmacistError } from '@pharmacist/core';
import { readArrowFile } from '../formats/arrow-file.ts';
import { readParquetFile } from '../formats/parquet-file.ts';
import { BATCHES_AHEAD, type DecoderFailure, type DecoderReply, type DecoderRequest } from './decoder-protocol.ts';
import { RecordPacker } from './record-batch.ts';

const READERS = { parquet: readParquetFile, arrow: readArrowFile };

let credit = 0;
let onCredit: (() => void) | undefined;

async function send(reply: DecoderReply): Promise<void> {
  await new Promise<void>((resolve) => process.send!(reply, () => resolve()));
}

async function sendBatch(packer: RecordPacker): Promise<void> {
  if (credit === 0) await new Promise<void>((resolve) => (onCredit = resolve));
  credit--;
  await send({ type: 'batch', ...packer.take() });
}

async function read({ format, path, label }: Extract<DecoderRequest, { type: 'read' }>): Promise<void> {
  credit = BATCHES_AHEAD;
  const file = await open(path, 'r').catch((error: unknown) => {
    throw asFileError(error, label, 'read');
  });
  try {
    const packer = new RecordPacker();
    const { size } = await file.stat();
    for await (const row of READERS[format](file, size, label)) {
      packer.add(row);
      if (packer.isFull) await sendBatch(packer);
    }
    if (!packer.isEmpty) await sendBatch(packer);
  } finally {
    await file.close();
  }
}

function failureOf(error: unknown): DecoderFailure {
  const { message, stack } = error as Error;
  if (!(error instanceof PharmacistError)) return { code: 'E_INTERNAL', message, causeStack: stack };
  const { code, where, hint, details, cause } = error;
  return { code, message, where, hint, details, causeStack: cause instanceof Error ? cause.stack : undefined };
}

process.on('message', (request: DecoderRequest) => {
  if (request.type === 'more') {
    credit++;
    onCredit?.();
    onCredit = undefined;
    return;
  }
  void read(request)
    .then(() => send({ type: 'end' }))
    .catch((error: unknown) => send({ type: 'failed', ...failureOf(error) }));
});
process.on('disconnect', () => process.exit());
// Of columns that are read at once the libraries hand on the first error; the others are of no interest.
process.on('unhandledRejection', () => {});
// Of a terminal's Ctrl-C and of a group's SIGTERM the process that asked decides; it ends this one when it stops.
process.on('SIGINT', () => {}).on('SIGTERM', () => {});

new Worker(new URL('./decoder-guard.js', import.meta.url), { workerData: { maxRssBytes: Number(process.argv[2]) }, execArgv: [] }).unref();
