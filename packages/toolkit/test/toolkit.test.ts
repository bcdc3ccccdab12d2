import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { bundledPath } from '@pharmacist/bundled';
import { createEngine, type Engine } from '@pharmacist/tensor-kernels';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  type AlignedModel,
  alignModel,
  attackModel,
  defineDefense,
  defineJudge,
  defineSelector,
  evaluateModel,
  type ProgressEvent,
  rankRows,
  runGrid,
  z,
} from '../src/index.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pharmacist-toolkit-'));
});
afterAll(async () => await rm(folder, { recursive: true, force: true }));

const rowsOf = async (file: string, count: number): Promise<Record<string, unknown>[]> => {
  const lines = (await readFile(bundledPath('data', file), 'utf8')).trim().split('\n').slice(0, count);
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
};
const pool = await rowsOf('demo/alignment.jsonl', 12);
const harmful = await rowsOf('demo/harmful.jsonl', 4);
const small = { maxLength: 64, engine: 'onnx', numThreads: 1 } as const;
const training = { length: { steps: 2 }, batchSize: 2, lora: { rank: 2 } };

const shortest = defineSelector({
  name: 'shortest',
  cost: 'text',
  config: z.strictObject({ sign: z.number().default(-1) }),
  fit: ({ pool: rows }, { sign }) => {
    const length = rows.map(({ text }) => text.response.length);
    return { scores: length.map((value) => sign * value), columns: { length } };
  },
});
const still = defineDefense({
  name: 'still',
  start: ({ model, adapter, count }) => ({
    gradient: async ({ batch }) => {
      count('forward', 1, batch.numRows);
      const weights = new Float32Array(batch.batchSize).fill(1 / batch.numRows);
      const { loss, gradients } = await model.gradient(batch, adapter, weights);
      return { loss, gradients };
    },
  }),
});
const silent = defineJudge({
  name: 'silent',
  create: () => ({ judge: (items) => items.map(({ answer }) => ({ status: 'judged', isHarmful: answer.length > 20, score: 0.5 })) }),
});

describe('rankRows', () => {
  it('ranks rows in hand, in five lines', async () => {
    const { rows, core, numKept } = await rankRows({ pool, method: 'random', keep: 0.25, ...small });
    expect(rows.map(({ rank }) => rank)).toEqual(pool.map((_, i) => i + 1));
    expect(numKept).toBe(3);
    expect(core).toEqual(rows.slice(0, 3).map(({ row }) => row));
    expect(new Set(rows.map(({ row }) => row['prompt']))).toEqual(new Set(pool.map(({ prompt }) => prompt)));
  });

  it('takes a method of one’s own, its options, and rows without ids', async () => {
    const unnamed = pool.map(({ prompt, response }) => ({ prompt, response }));
    const { rows, method } = await rankRows({ pool: unnamed, method: shortest, methodOptions: { sign: 1 }, ...small });
    expect(method).toBe('shortest');
    const lengths = rows.map(({ columns }) => columns['length'] as number);
    expect(lengths).toEqual([...lengths].sort((a, b) => b - a));
    expect(rows[0]!.score).toBe(lengths[0]);
    expect(rows[0]!.row).toEqual(unnamed.find(({ response }) => String(response).length === lengths[0]));
  });

  it('reads its pool once: standard input', async () => {
    const lines = pool.map((row) => `${JSON.stringify(row)}\n`).join('');
    const stdin = vi.spyOn(process, 'stdin', 'get').mockReturnValue(Readable.from([Buffer.from(lines)]) as typeof process.stdin);
    try {
      const { rows } = await rankRows({ pool: '-', method: 'random', ...small });
      expect(rows.map(({ id, row }) => [id, row])).toEqual(rows.map(({ id }) => [id, pool.find((row) => row['id'] === id)]));
      expect(rows).toHaveLength(pool.length);
    } finally {
      stdin.mockRestore();
    }
  });

  it('takes the plain object that a definition is made from', async () => {
    const plain = {
      name: 'by-place',
      cost: 'none',
      fit: ({ pool: rows }: { pool: readonly unknown[] }) => ({ scores: rows.map((_, i) => i) }),
    } as const;
    const { rows } = await rankRows({ pool, method: plain, ...small });
    expect(rows.map(({ score }) => score)).toEqual(pool.map((_, i) => pool.length - 1 - i));
  });

  it('computes on an engine of one’s own, which stays open', async () => {
    const { engine } = await createEngine({ name: 'onnx', numThreads: 1 });
    const names: string[] = [];
    const own: Engine = {
      name: 'own',
      description: 'an engine of one’s own',
      versions: engine.versions,
      compile: (name, program) => {
        names.push(name);
        return engine.compile(name, program);
      },
      upload: async (tensor, options) => await engine.upload(tensor, options),
      zeros: async (shape, dtype) => await engine.zeros(shape, dtype),
      download: async (tensor) => await engine.download(tensor),
      usage: () => engine.usage(),
      dispose: async () => await engine.dispose(),
    };
    const { record } = await rankRows({ pool: pool.slice(0, 2), method: 'perplexity', maxLength: 160, engine: own });
    expect(record.config['engine']).toBe('own');
    expect(names.length).toBeGreaterThan(0);
    expect(engine.usage().residentTensors).toBe(0);
    await own.dispose();
  });

  it('tells its progress to a callback and to whoever iterates', async () => {
    const [heard, seen]: [ProgressEvent[], ProgressEvent[]] = [[], []];
    const work = rankRows({ pool, method: 'perplexity', ...small, onProgress: (event) => heard.push(event) });
    for await (const event of work) seen.push(event);
    expect((await work).rows).toHaveLength(pool.length);
    expect(seen.map(({ phase }) => phase)).toContain('Perplexity of answers');
    expect(seen).toEqual(heard);
  });

  it('stops on a signal, and leaves nothing behind', async () => {
    const before = await readdir(tmpdir());
    const controller = new AbortController();
    const work = rankRows({ pool, method: 'perplexity', ...small, signal: controller.signal, onProgress: () => controller.abort() });
    await expect(work).rejects.toMatchObject({ code: 'E_INTERRUPTED' });
    await expect(rankRows({ pool, ...small, signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'E_INTERRUPTED' });
    const after = (await readdir(tmpdir())).filter((name) => name.startsWith('pharmacist-') && !before.includes(name));
    expect(after).toEqual([]);
  });

  it('says what is wrong, with the row', async () => {
    const nan = defineSelector({ name: 'nan', fit: ({ pool: rows }) => ({ scores: rows.map(() => NaN) }) });
    await expect(rankRows({ pool, method: nan, ...small })).rejects.toMatchObject({ code: 'E_CONTRACT', where: 'method nan' });
    await expect(rankRows({ pool: [...pool, { question: 3 }], method: 'random', ...small })).rejects.toMatchObject({ code: 'E_DATA' });
    await expect(rankRows({ pool: [], method: 'random', ...small })).rejects.toMatchObject({ code: 'E_DATA' });
    await expect(rankRows({ pool, method: 'randm', ...small })).rejects.toThrow('Did you mean "random"?');
    const clash = defineSelector({ name: 'random', fit: ({ pool: rows }) => ({ scores: rows.map(() => 0) }) });
    await expect(rankRows({ pool, method: clash, ...small })).rejects.toThrow('there is one of this name already');
  });

  it('writes the files too, where a folder is named, and finds them there again', async () => {
    const out = join(folder, 'ranked');
    const options = { pool, method: shortest, out, ...small };
    const first = await rankRows(options);
    expect((await readdir(out)).sort()).toEqual(['core.jsonl', 'ranking.parquet', 'run.json']);
    const events: ProgressEvent[] = [];
    const again = await rankRows({ ...options, onProgress: (event) => events.push(event) });
    expect(events).toEqual([]);
    expect(again.rows).toEqual(first.rows);
    const other = defineSelector({ name: 'shortest', cost: 'text', fit: ({ pool: rows }) => ({ scores: rows.map(() => 0) }) });
    await expect(rankRows({ ...options, method: other })).rejects.toThrow('holds another run');
  });
});

describe('alignModel, attackModel and evaluateModel', () => {
  let aligned: AlignedModel;
  beforeAll(async () => {
    aligned = await alignModel({ data: pool, defense: still, training, ...small });
  });

  it('aligns with a defense of one’s own, and hands over the adapter', async () => {
    expect(aligned).toMatchObject({ defense: 'still', numRows: 12, out: undefined });
    expect(aligned.steps.map(({ step }) => step)).toEqual([0, 1]);
    expect(aligned.steps.every(({ loss }) => Number.isFinite(loss))).toBe(true);
    await aligned.adapter.write(join(folder, 'adapter'));
    expect((await readdir(join(folder, 'adapter'))).sort()).toEqual(['adapter_config.json', 'adapter_model.safetensors']);
  });

  it('attacks what was aligned, and judges it by a judge of one’s own', async () => {
    const task = await rowsOf('small/task-train.jsonl', 8);
    const attacked = await attackModel({
      adapters: [aligned],
      task,
      harmful,
      poisonRatio: 0.25,
      numSamples: 4,
      training,
      ...small,
      maxLength: 128,
    });
    expect(attacked).toMatchObject({ numRows: 4, numHarmful: 1 });
    const harmfulPrompts = await rowsOf('small/harmful-prompts.jsonl', 3);
    const { scores, generations } = await evaluateModel({
      adapters: [aligned.adapter, attacked],
      harmfulPrompts,
      judges: [silent, 'refusal-keywords'],
      maxNewTokens: 4,
      ...small,
    });
    expect(scores.judges.map(({ name }) => name)).toEqual(['silent', 'refusal-keywords']);
    expect(generations).toHaveLength(3);
    expect(generations[0]).toMatchObject({ set: 'harmful', verdicts: { silent: { status: 'judged' } } });
  });
});

describe('runGrid', () => {
  it('takes definitions where methods are named, and rows where files are', async () => {
    const { rankings, report, rows } = await runGrid({
      config: {
        name: 'grid',
        maxLength: 64,
        engine: 'onnx',
        data: { alignment: pool },
        selection: { methods: ['random', shortest], keep: [0.5] },
      },
    });
    expect(rows).toEqual([]);
    expect(rankings.map(({ method }) => method).sort()).toEqual(['random', 'shortest']);
    expect(report).toContain('<html');
  });
});
