import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FileError } from './errors.ts';
import { readStateFile, writeStateFile, type State } from './state-file.ts';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pharmacist-state-'));
  path = join(folder, 'step.state');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const STATE: State = {
  meta: { step: 12, name: 'Zürich', nested: { loss: 0.1 } },
  arrays: {
    weights: Float32Array.of(0.1, -0, NaN, Infinity, 1e-45),
    odd: Int32Array.of(-(2 ** 31), 7, 2 ** 31 - 1),
    moments: Float64Array.of(Math.PI, 5e-324),
    none: new Float32Array(0),
  },
};

describe('a state file', () => {
  it('gives back every bit, in arrays of their own', async () => {
    await writeStateFile(path, STATE);
    const read = (await readStateFile(path)) as State;
    expect(read).toEqual(STATE);
    expect(new Uint8Array(read.arrays['weights']!.buffer)).toEqual(new Uint8Array(STATE.arrays['weights']!.buffer));
    expect(read.arrays['odd']!.byteOffset).toBe(0);
  });

  it('writes only the part of a buffer that an array shows', async () => {
    await writeStateFile(path, { meta: {}, arrays: { middle: Float32Array.of(1, 2, 3, 4).subarray(1, 3) } });
    expect(((await readStateFile(path)) as State).arrays['middle']).toEqual(Float32Array.of(2, 3));
  });

  it('is missing, or an error if something else is in its place', async () => {
    expect(await readStateFile(path)).toBe('missing');
    await expect(readStateFile(folder)).rejects.toThrow(FileError);
  });

  it('is damaged when any byte is changed, wherever it is, or the end is cut', async () => {
    await writeStateFile(path, STATE);
    const whole = await readFile(path);
    const damaged = join(folder, 'damaged.state');
    for (let at = 0; at < whole.length; at += 3) {
      const bytes = Buffer.from(whole);
      bytes[at]! ^= 1;
      await writeFile(damaged, bytes);
      expect(await readStateFile(damaged), `byte ${at}`).toBe('damaged');
    }
    for (const length of [0, 7, 43, 44, whole.length - 1]) {
      await writeFile(damaged, whole.subarray(0, length));
      expect(await readStateFile(damaged), `${length} bytes`).toBe('damaged');
    }
  });

  it.each([
    ['null', null, 0],
    ['a list', [], 0],
    ['text', 'meta', 0],
    ['an object of another kind', { status: 'done' }, 0],
    ['no arrays', { meta: {} }, 0],
    ['meta that is null', { meta: null, arrays: [] }, 0],
    ['an unknown dtype', { meta: {}, arrays: [{ name: 'a', dtype: 'f16', length: 2 }] }, 4],
    ['more numbers than there are', { meta: {}, arrays: [{ name: 'a', dtype: 'f64', length: 2 ** 40 }] }, 16],
    ['fewer numbers than there are', { meta: {}, arrays: [{ name: 'a', dtype: 'f64', length: 1 }] }, 16],
    ['no JSON', '[', 0],
  ])('is damaged if its header is %s, though the digest holds', async (what, header, numBytes) => {
    await writeFile(path, stateBytes(what === 'no JSON' ? '[' : JSON.stringify(header), Buffer.alloc(numBytes)));
    expect(await readStateFile(path)).toBe('damaged');
  });

  it('is damaged if its header is said to be longer than the file', async () => {
    await writeFile(path, stateBytes('{"meta":{},"arrays":[]}', Buffer.alloc(0), 2 ** 32 - 1));
    expect(await readStateFile(path)).toBe('damaged');
  });
});

/** A file with a digest that holds, whatever is in it. */
function stateBytes(header: string, arrays: Uint8Array, headerLength = Buffer.byteLength(header)): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(headerLength);
  const body = Buffer.concat([length, Buffer.from(header), arrays]);
  return Buffer.concat([Buffer.from('pharmst1'), createHash('sha256').update(body).digest(), body]);
}
