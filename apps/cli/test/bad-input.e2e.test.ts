import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from './support/run-cli.ts';
import { runHere } from './support/run-here.ts';
import { createScene, type Scene } from './support/scene.ts';
import { writeRandomModel } from './support/random-model.ts';

let scene: Scene;
beforeAll(async () => {
  scene = await createScene();
});
afterAll(async () => await scene.remove());

/** A cheap selection into `never`; `changes` replaces or adds options. */
const select = async (pool: string, changes: Record<string, string> = {}, ...flags: string[]) => {
  const options = { alignment: pool, model: 'model', out: 'never', method: 'random', 'max-length': '64', ...changes };
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]);
  return await runHere(['select', ...args, ...flags], { cwd: scene.dir });
};

const good = '{"id":"1","prompt":"How?","response":"So."}\n';

describe('bad rows', () => {
  it.each<[what: string, text: string, message: string]>([
    ['a truncated line', `${good}{"prompt":"How?","resp`, 'pool-bad.jsonl:2: ends in the middle of a record'],
    ['a line that is not JSON', `{"prompt":}\n${good}`, 'pool-bad.jsonl:1: is not valid JSON'],
    ['a wrong type', `${good}{"prompt":7,"response":"So."}`, 'pool-bad.jsonl:2 field "prompt"'],
    ['a missing field', `${good}{"prompt":"How?"}`, 'pool-bad.jsonl:2'],
    ['an empty answer', `${good}{"prompt":"How?","response":""}`, 'pool-bad.jsonl:2 field "response"'],
    ['a repeated id', `${good}{"id":"1","prompt":"Why?","response":"So."}`, 'the id of line 1 too'],
    ['no rows', '', 'pool-bad.jsonl: holds no rows'],
  ])('%s is one message with its place, and nothing is written', async (_, text, message) => {
    await scene.write('pool-bad.jsonl', text);
    const { status, stdout, stderr } = await select('pool-bad.jsonl');
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain(message);
    expect(stderr).toContain('Fix: ');
    expect(stderr.match(/^error /gm)).toHaveLength(1);
    expect(await readdir(scene.dir)).not.toContain('never');
  });

  it('are left out and counted with --skip-invalid; a pool of one row is ranked', async () => {
    await scene.write('pool-bad.jsonl', `${good}{"prompt":"How?"}\nnot JSON\n`);
    const { status, stdout } = await select('pool-bad.jsonl', { out: 'skipped' }, '--skip-invalid', '--json');
    expect(status).toBe(0);
    const result = JSON.parse(stdout) as { numRows: number; warnings: string[]; record: { counts: unknown } };
    expect(result).toMatchObject({ numRows: 1, numKept: 1, record: { counts: { rowsRead: 3, rowsSkipped: 2 } } });
    expect(result.warnings.join()).toContain('2 of 3 rows skipped');
    expect(await readFile(scene.path('skipped/core.jsonl'), 'utf8')).toBe(good);
  });

  it('whose prompt fills the context are named when none is left', async () => {
    await scene.write('long.jsonl', JSON.stringify({ prompt: 'word '.repeat(400), response: 'So.' }));
    const { status, stderr } = await select('long.jsonl', { method: 'pharmacist', harmful: 'harmful.jsonl', out: 'long' });
    expect(status).toBe(2);
    expect(stderr).toContain('--max-length');
  });
});

describe('a bad model', () => {
  const damage: Record<string, (dir: string) => Promise<void>> = {
    'weights with NaN': async (dir) => {
      const file = join(dir, 'model.safetensors');
      const bytes = await readFile(file);
      bytes.writeFloatLE(NaN, bytes.length - 4);
      await writeFile(file, bytes);
    },
    'a header that lies': async (dir) => {
      const file = join(dir, 'model.safetensors');
      const bytes = await readFile(file);
      bytes.writeBigUInt64LE(2n ** 40n, 0);
      await writeFile(file, bytes);
    },
    'an unsupported form': async (dir) => {
      const config = JSON.parse(await readFile(join(dir, 'config.json'), 'utf8')) as Record<string, unknown>;
      await writeFile(join(dir, 'config.json'), JSON.stringify({ ...config, model_type: 'mamba', architectures: ['MambaForCausalLM'] }));
    },
    'a tokenizer without its special tokens': async (dir) => {
      const tokenizer = JSON.parse(await readFile(join(dir, 'tokenizer.json'), 'utf8')) as Record<string, unknown>;
      await writeFile(join(dir, 'tokenizer.json'), JSON.stringify({ ...tokenizer, added_tokens: [], post_processor: null }));
      await writeFile(join(dir, 'tokenizer_config.json'), '{"tokenizer_class":"PreTrainedTokenizerFast"}');
      const config = JSON.parse(await readFile(join(dir, 'config.json'), 'utf8')) as Record<string, unknown>;
      await writeFile(join(dir, 'config.json'), JSON.stringify({ ...config, bos_token_id: null, eos_token_id: null, pad_token_id: null }));
      await writeFile(join(dir, 'generation_config.json'), '{}');
    },
  };
  it.each(Object.keys(damage))('(%s) is one message, and nothing is written', async (what) => {
    const dir = scene.path(what.replaceAll(' ', '-'));
    await cp(scene.path('model'), dir, { recursive: true });
    await damage[what]!(dir);
    const { status, stdout, stderr } = await select('pool.jsonl', { model: dir });
    expect({ status, stdout }, stderr).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain(dir);
    expect(stderr.match(/^error /gm)).toHaveLength(1);
    expect(await readdir(scene.dir)).not.toContain('never');
  });

  it('(a context shorter than --max-length) is one message', async () => {
    await writeRandomModel(scene.path('short'), { maxPositions: 32 });
    const { status, stderr } = await select('pool.jsonl', { model: 'short' });
    expect(status).toBe(2);
    expect(stderr).toContain('--max-length');
  });
});

describe('standard input', () => {
  it('is a pool, for --alignment -', async () => {
    const options = ['--model', 'model', '--method', 'random', '--max-length', '64', '--keep', '1', '--out', 'piped'];
    const { status, stderr } = await runCli(['select', '--alignment', '-', ...options], { cwd: scene.dir, input: good });
    expect(status, stderr).toBe(0);
    expect(await readFile(scene.path('piped/core.jsonl'), 'utf8')).toBe(good);
  });
});

describe('a folder that is taken', () => {
  it('is left as it is', async () => {
    await mkdir(scene.path('thesis'));
    await scene.write('thesis/chapter.md', 'mine');
    const { status, stderr } = await select('pool.jsonl', { out: 'thesis' });
    expect(status).toBe(2);
    expect(stderr).toContain("thesis: holds files that are not a run's (chapter.md");
    expect(await readdir(scene.path('thesis'))).toEqual(['chapter.md']);
  });
});
