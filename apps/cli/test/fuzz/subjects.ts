import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { openRunDirectory, readStateFile, writeStateFile } from '@pharmacist/core';
import { readRows, writeRows } from '@pharmacist/data-io';
import { readRunConfig } from '@pharmacist/experiment';
import {
  createAdapter,
  readAdapter,
  readCheckpoint,
  readModelConfig,
  Tokenizer,
  writeAdapter,
  type ModelConfig,
} from '@pharmacist/language-model';
import { goldenPath } from '@pharmacist/test-fixtures';
import { writeRandomModel } from '../support/random-model.ts';
import { BINARY, FLATBUFFER, PARQUET, TEXT, type Damage } from './damage.ts';

/** A kind of file that people bring: sound ones, how they are damaged, and what reads them. */
export interface Subject {
  name: string;
  files: readonly { name: string; bytes: Buffer }[];
  damages: readonly Damage[];
  /** Reads the folder in which one of the files, under its own name, has been damaged. */
  read(folder: string, name: string): Promise<unknown>;
  /** Laid beside the damaged file. */
  prepare?(folder: string): Promise<void>;
}

const ROWS = Array.from({ length: 40 }, (_, i) => {
  const text = { prompt: `What is ${i % 7} and "${i}"?`, response: `It is ${i}.\nOr ${'é🙂'.repeat(i % 5)}.` };
  return {
    id: `row ${i}`,
    ...text,
    fields: { id: `row ${i}`, ...text, label: i % 2 === 0 ? null : i, nested: { tags: ['a', `b${i}`], score: i / 3 } },
  };
});
const RUN = { command: 'select', config: { seed: 1 }, inputs: [], versions: { node: '20' }, resultFiles: [] };
const CONFIGS = fileURLToPath(new URL('../../../../configs/', import.meta.url));

/** Writes sound files of every kind to `folder`. */
export async function makeSubjects(folder: string, seed: string): Promise<Subject[]> {
  return [...(await rowSubjects(folder)), await configSubject(), ...(await stateSubjects(folder)), ...(await modelSubjects(folder, seed))];
}

async function rowSubjects(folder: string): Promise<Subject[]> {
  const written = async (name: string) => {
    await writeRows(join(folder, name), ROWS);
    return { name, bytes: await readFile(join(folder, name)) };
  };
  const golden = async (name: string) => {
    const bytes = await readFile(goldenPath('data-io', 'typed-values', name));
    return { name: name.replace(/\.gz$/, ''), bytes: name.endsWith('.gz') ? gunzipSync(bytes) : bytes };
  };
  const kinds: [string, readonly Damage[], ReturnType<typeof written>[]][] = [
    ['jsonl', TEXT, [written('rows.jsonl')]],
    ['json', TEXT, [written('rows.json')]],
    ['csv', TEXT, [written('rows.csv')]],
    ['gzip', BINARY, [written('rows.jsonl.gz'), written('rows.csv.gz')]],
    ['zstd', BINARY, [written('rows.jsonl.zst'), written('rows.json.zst')]],
    ['parquet', PARQUET, [written('rows.parquet'), ...['every.parquet.gz', 'every-integers.parquet.gz', 'int96.parquet'].map(golden)]],
    [
      'arrow',
      FLATBUFFER,
      [
        written('rows.arrow'),
        ...['every.arrow.gz', 'every.arrows.gz', 'every-lz4.feather.gz', 'every-zstd.feather.gz', 'arrow.arrows'].map(golden),
      ],
    ],
  ];
  return await Promise.all(
    kinds.map(async ([name, damages, files]) => ({
      name,
      damages,
      files: await Promise.all(files),
      read: async (dir: string, file: string) => await readRows(join(dir, file), { skipInvalid: true }),
    })),
  );
}

async function configSubject(): Promise<Subject> {
  const names = (await readdir(CONFIGS)).filter((name) => name.endsWith('.yaml'));
  const files = await Promise.all(names.map(async (name) => ({ name, bytes: await readFile(join(CONFIGS, name)) })));
  return { name: 'configuration', files, damages: TEXT, read: async (folder, name) => await readRunConfig(join(folder, name)) };
}

async function stateSubjects(folder: string): Promise<Subject[]> {
  const state = join(folder, 'state');
  await writeStateFile(state, { meta: { step: 3 }, arrays: { weights: Float32Array.from({ length: 64 }, (_, i) => i) } });
  const path = join(folder, 'run');
  const run = await openRunDirectory({ ...RUN, path });
  const lock = { name: 'lock', bytes: await readFile(join(path, '.state', 'lock')) };
  await run.close();
  const record = { name: 'run.json', bytes: await readFile(join(path, 'run.json')) };
  return [
    {
      name: 'state',
      files: [{ name: 'state', bytes: await readFile(state) }],
      damages: BINARY,
      read: async (dir, name) => await readStateFile(join(dir, name)),
    },
    {
      name: 'run directory',
      files: [record, lock],
      damages: TEXT,
      prepare: async (dir) => {
        await mkdir(join(dir, '.state'), { recursive: true });
        await writeFile(join(dir, 'run.json'), record.bytes);
      },
      read: async (dir, name) => {
        if (name === 'lock') await rename(join(dir, 'lock'), join(dir, '.state', 'lock'));
        await (await openRunDirectory({ ...RUN, path: dir })).close();
      },
    },
  ];
}

async function modelSubjects(folder: string, seed: string): Promise<Subject[]> {
  const model = await writeRandomModel(join(folder, 'model'));
  const config = await readModelConfig(model);
  const adapter = join(folder, 'adapter');
  await mkdir(adapter);
  await writeAdapter(adapter, createAdapter(config, { rank: 2, alpha: 4 }, seed));
  const filesOf = async (dir: string, names: readonly string[]) =>
    await Promise.all(names.map(async (name) => ({ name, bytes: await readFile(join(dir, name)) })));
  const beside = async (dir: string, files: readonly { name: string; bytes: Buffer }[]) => {
    for (const { name, bytes } of files) await writeFile(join(dir, name), bytes);
  };
  const modelFiles = await filesOf(model, ['config.json', 'model.safetensors', 'tokenizer.json', 'tokenizer_config.json']);
  const [configFile, weights, tokenizer, tokenizerConfig] = modelFiles as [
    Subject['files'][0],
    Subject['files'][0],
    Subject['files'][0],
    Subject['files'][0],
  ];
  const adapterFiles = await filesOf(adapter, await readdir(adapter));
  return [
    {
      name: 'model configuration',
      files: [configFile],
      damages: TEXT,
      prepare: async (dir) => await beside(dir, [weights]),
      read: async (dir) => await readCheckpoint(dir, await readModelConfig(dir)),
    },
    {
      name: 'weights',
      files: [weights],
      // The header is what is read in any other way than as numbers.
      damages: [...BINARY, ...TEXT].map((change) => headOnly(change, 4096)),
      prepare: async (dir) => await beside(dir, [configFile]),
      read: async (dir) => await readCheckpoint(dir, config),
    },
    {
      name: 'tokenizer',
      files: [tokenizer, tokenizerConfig],
      damages: TEXT.map((change) => headOnly(change, 8192)),
      prepare: async (dir) => await beside(dir, [tokenizer, tokenizerConfig]),
      read: async (dir) => (await Tokenizer.load(dir)).encode('Hello, world! 1 2 3'),
    },
    {
      name: 'adapter',
      files: adapterFiles,
      damages: [...BINARY, ...TEXT].map((change) => headOnly(change, 4096)),
      prepare: async (dir) => await beside(dir, adapterFiles),
      read: async (dir) => await readAdapter(dir, config as ModelConfig),
    },
  ];
}

function headOnly(change: Damage, numBytes: number): Damage {
  return (bytes, random) => Buffer.concat([change(bytes.subarray(0, numBytes), random), bytes.subarray(numBytes)]);
}
