import { bundledPath } from '@pharmacist/test-fixtures';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from './support/run-cli.ts';
import { runHere } from './support/run-here.ts';
import { createScene, type Scene } from './support/scene.ts';

let scene: Scene;
beforeAll(async () => {
  scene = await createScene();
});
afterAll(async () => await scene.remove());

const input = '{"q":"a b","a":"c"}\n{"q":"a b","a":"c"}\n{"q":1,"a":"c"}\nnot JSON\n';

describe('inspect', () => {
  it('counts fields, lengths, duplicates and problems of what comes through a pipe', async () => {
    const { status, stdout, stderr } = await runCli(['inspect', '-', '--map', 'prompt=q,response=a'], { cwd: scene.dir, input });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toContain('standard input: 4 records, 2 valid, 2 not');
    expect(stdout).toMatch(/^ {2}q +string \(2\), number \(1\) +3 +0 +0$/m);
    expect(stdout).toContain('rows that repeat an earlier row: 1 (50.0 %), at lines 2 (of 1)');
    expect(stdout).toContain('line 3 field "q"');
    expect(stdout).toContain('line 4');
  });

  it('says of the bundled prompts that they are prompts, and who takes them', async () => {
    const { stdout, stderr } = await runCli(['inspect', bundledPath('data/small/harmful-prompts.jsonl')], { cwd: scene.dir });
    expect(stderr).toBe('');
    expect(stdout).toContain('120 records, all valid');
    expect(stdout).toContain('prompts without answers, as evaluate takes them: --harmful-prompts, --overrefusal-prompts');
    expect(stdout).toMatch(/^Problems\n {2}none$/m);
  });

  it.each([
    ['an empty file', '', /^Fields\n {2}none$/m],
    ['blank lines', '\n\n', /^Fields\n {2}none$/m],
    ['a header alone', 'prompt,response\n', /^ {2}prompt +none +0 +0 +0\n {2}response +none +0 +0 +0$/m],
  ])('says of %s that there are no rows', async (_, text, fields) => {
    await scene.write('none.csv', text);
    const { status, stdout } = await runHere(['inspect', 'none.csv'], { cwd: scene.dir });
    expect(status).toBe(0);
    expect(stdout).toContain('none.csv: 0 records, no rows');
    expect(stdout).toMatch(fields);
    expect(stdout).toMatch(/^Problems\n {2}holds no rows: nothing can be selected from it$/m);
  });

  it('prints one JSON document with --json', async () => {
    const { stdout, stderr } = await runCli(['inspect', '-', '--map', 'prompt=q,response=a', '--json'], { cwd: scene.dir, input });
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toMatchObject({ kind: 'rows', numRecords: 4, numRows: 2, numInvalid: 2, duplicateRows: { count: 1 } });
  });
});
