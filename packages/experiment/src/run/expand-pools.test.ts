import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parseRunConfig } from './read-config.ts';
import { expandPools } from './expand-pools.ts';

const folder = await mkdtemp(join(tmpdir(), 'expand-pools-'));
afterAll(async () => await rm(folder, { recursive: true }));

const expand = async (sources: readonly (string | undefined)[], pools: string) => {
  const alignment = join(folder, 'rows.jsonl');
  const rows = sources.map((source, i) =>
    JSON.stringify({ prompt: `Question ${i}?`, response: 'Answer.', kind: i < 3 ? 'good' : 'benign', source }),
  );
  await writeFile(alignment, `${rows.join('\n')}\n`);
  const text = `name: test\ndata: { alignment: ${alignment}, pools: [${pools}] }\nselection: { methods: [random], keep: [0.4] }`;
  return (await expandPools(parseRunConfig(text, 'test.yaml'))).data.pools!.map(({ label, goodFrom }) => [label, goodFrom]);
};
const each = '{ label: each, size: 9, shares: { benign: 0.5 }, trusted: 3, harmful: 2, goodFrom: each }';
const other = (label: string) => `{ label: ${label}, size: 9, shares: { benign: 0.5 } }`;

describe('expandPools', () => {
  it('puts a pool of each source of good rows in the place of `each`', async () => {
    expect(await expand(['b', 'My data!', 'b', 'benign only'], `${other('before')}, ${each}`)).toEqual([
      ['before', undefined],
      ['each-my-data-', ['My data!']],
      ['each-b', ['b']],
    ]);
  });

  it('leaves pools that name their sources as they are', async () => {
    expect(await expand([undefined], other('alone'))).toEqual([['alone', undefined]]);
  });

  it('refuses rows of one source, of none that is named, and labels that become alike', async () => {
    await expect(expand(['a', 'a', 'a'], each)).rejects.toThrow('one source only (a)');
    await expect(expand(['a', undefined, 'a'], each)).rejects.toThrow('has no field "source"');
    await expect(expand(['a', 'b', 'b'], `${each}, ${other('each-a')}`)).rejects.toThrow('two pools have the same label');
  });
});
