import { tmpdir } from 'node:os';
import { describe, expect, it } from 'vitest';
import { runCli } from './support/run-cli.ts';
import { runHere } from './support/run-here.ts';

const run = async (...args: string[]) => await runHere(['methods', ...args], { cwd: tmpdir() });

describe('methods', () => {
  it('lists everything by kind', async () => {
    const { status, stdout, stderr } = await runCli(['methods'], { cwd: tmpdir() });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    for (const title of ['Selection methods', 'Filters', 'Defenses', 'Judges', 'Tasks'])
      expect(stdout).toMatch(new RegExp(`^${title}$`, 'm'));
    for (const name of ['pharmacist', 'dedupe', 't-vaccine', 'beaver-dam', 'gsm8k'])
      expect(stdout).toMatch(new RegExp(`^  ${name} +\\w`, 'm'));
  });

  it('shows one with what it needs and its options', async () => {
    const { status, stdout, stderr } = await run('booster');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toContain('needs:  harmful rows (--harmful)');
    expect(stdout).toMatch(/^ {2}lambda +5 +number$/m);
  });

  it('prints one JSON document with --json', async () => {
    const all = JSON.parse((await run('--json')).stdout) as { kind: string; name: string }[];
    expect(new Set(all.map(({ kind }) => kind))).toEqual(new Set(['method', 'filter', 'defense', 'judge', 'task']));
    const { status, stdout, stderr } = await run('openai', '--json');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const [openai] = JSON.parse(stdout) as { name: string; options: unknown[] }[];
    expect(all.find(({ name }) => name === 'openai')).toEqual(openai);
    expect(openai!.options).toContainEqual({ name: 'url', isRequired: true, takes: 'text' });
  });

  it('refuses an unknown name with one message and status 2', async () => {
    const { status, stdout, stderr } = await run('boster');
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(/^error E_CONFIG methods: "boster" is unknown\. Did you mean "booster"\? Known: [^\n]+\n$/);
  });
});
