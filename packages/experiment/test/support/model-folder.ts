import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { writeRandomModel } from './random-model.ts';
import { shareEngine } from './shared-engine.ts';

/** A folder with a random model and an engine for a whole test file, made at its top and removed after its last test; `settings` are those of small selections. */
export async function useModelFolder() {
  shareEngine();
  const folder = await mkdtemp(join(tmpdir(), 'pharmacist-experiment-'));
  afterAll(async () => await rm(folder, { recursive: true, force: true }));
  const model = await writeRandomModel(join(folder, 'model'));
  const file = async (name: string, text: string) => {
    const path = join(folder, name);
    await writeFile(path, text);
    return path;
  };
  const rowFile = async (name: string, rows: readonly object[]) =>
    await file(name, `${rows.map((row) => JSON.stringify(row)).join('\n')}\n`);
  let numRuns = 0;
  return {
    folder,
    model,
    settings: { model, seed: 3, maxLength: 96, batchSize: 4, engine: 'onnx', numThreads: 1 } as const,
    file,
    rowFile,
    newOut: () => join(folder, `run-${++numRuns}`),
  };
}
