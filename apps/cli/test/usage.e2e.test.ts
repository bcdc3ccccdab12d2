import { readdir } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from './support/run-cli.ts';
import { runHere } from './support/run-here.ts';
import { createScene, type Scene } from './support/scene.ts';

let scene: Scene;
beforeAll(async () => {
  scene = await createScene();
});
afterAll(async () => await scene.remove());

const run = async (...args: string[]) => await runCli(args, { cwd: scene.dir });

describe('--help', () => {
  it('lists the commands and the version', async () => {
    const { status, stdout, stderr } = await runCli(['--help'], { cwd: scene.dir, isFromSource: true });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    for (const command of ['select', 'methods [name]', 'inspect <rows..>', 'doctor', 'demo'])
      expect(stdout).toContain(`pharmacist ${command} `);
    expect((await run('--version')).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it.each([
    ['select', '--alignment pool.jsonl --harmful bad.jsonl'],
    ['methods', 'pharmacist methods booster'],
    ['inspect', 'pharmacist inspect pool.csv.gz --map'],
    ['doctor', 'pharmacist doctor --model'],
    ['demo', 'pharmacist demo --json'],
  ])('of %s has examples', async (command, example) => {
    const { status, stdout } = await run(command, '--help');
    expect(status).toBe(0);
    expect(stdout).toContain('Examples:');
    expect(stdout).toContain(example);
  });
});

const rows = ['select', '--alignment', 'pool.jsonl', '--harmful', 'harmful.jsonl', '--out', 'never'];

describe('a mistyped word', () => {
  it.each<[what: string, args: string[], message: string]>([
    ['command', ['slect'], 'command "slect" is unknown. Did you mean "select"?'],
    ['no command', [], 'Say which command to run.'],
    ['option', [...rows, '--methd', 'perplexity'], 'Did you mean --method?'],
    ['required option', ['select', '--alignmnt', 'pool.jsonl', '--out', 'never'], 'Did you mean --alignment?'],
    ['method', [...rows, '--method', 'pharmacst'], '--method: "pharmacst" is unknown. Did you mean "pharmacist"?'],
    ['engine', [...rows, '--engine', 'onx'], 'Did you mean "onnx"?'],
    ['template', [...rows, '--template', 'alpca'], 'Did you mean "alpaca"?'],
    ['key of --set', [...rows, '--method', 'bilevel', '--set', 'toxc=init'], 'Did you mean "toxic"?'],
    ['key of --set, and where they are listed', [...rows, '--method', 'bilevel', '--set', 'toxc=init'], 'run `pharmacist methods bilevel`'],
    ['value of --set', [...rows, '--method', 'bilevel', '--set', 'toxic=yes'], 'toxic: '],
    ['form of --set', [...rows, '--set', 'toxic'], 'not of the form key=value'],
    ['filter', [...rows, '--filter', 'dedup'], '--filter: "dedup" is unknown. Did you mean "dedupe"?'],
    ['option of a filter', [...rows, '--filter', 'dedupe:treshold=1'], 'Did you mean "threshold"?'],
    ['role of --map', [...rows, '--map', 'promt=q'], 'Did you mean "prompt"?'],
    ['number', [...rows, '--keep', 'half'], '--keep takes a number'],
    ['share', [...rows, '--keep', '1.5'], 'expected a share above 0 and up to 1, got 1.5'],
    ['texts of no row', [...rows, '--show-text'], '--show-text goes with --why ID'],
    ['number that is empty', [...rows, '--seed='], '--seed is empty'],
    ['whole number', [...rows, '--batch-size', '0'], '--batch-size takes a whole number from 1 on'],
    ['option given twice', [...rows, '--seed', '1', '--seed', '2'], '--seed is given 2 times'],
    ['option without its value', ['select', '--alignment', 'pool.jsonl', '--out'], '--out takes a value.'],
    ['argument', ['inspect'], '<rows> is missing, as in: pharmacist inspect <rows..>. Run'],
    ['last argument', ['merge', 'tiny'], '<folders> is missing, as in: pharmacist merge <model> <folders..>. Run'],
    ['value of a command with arguments', ['run', 'a.yaml', '--out='], '--out is empty.'],
    ['every argument', ['import'], '<gguf> and <out> are missing, as in: pharmacist import <gguf> <out>. Run'],
    ['bundled model', [...rows, '--model', 'tinny'], 'tinny: does not exist'],
  ])('(%s) ends with status 2 and one message', async (_, args, message) => {
    const { status, stdout, stderr } = await runHere(args, { cwd: scene.dir });
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain(message);
    expect(stderr).toMatch(/^error /);
    expect(stderr.match(/^error /gm)).toHaveLength(1);
    expect(stderr).not.toContain('    at ');
    expect(await readdir(scene.dir)).not.toContain('never');
  });

  it('shows the stack with --debug', async () => {
    expect((await run('inspect', 'absent.jsonl', '--debug')).stderr).toMatch(/E_FILE absent\.jsonl[^]*\n {4}at /);
  });
});
