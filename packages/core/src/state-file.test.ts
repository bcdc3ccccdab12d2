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
});
