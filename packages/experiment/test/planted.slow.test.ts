import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundledPath } from '@pharmacist/test-fixtures';
import { expect, it } from 'vitest';
import { select } from '../src/select/select.ts';

/** AUROC of good rows against each planted kind: .01 below what was measured with these defaults on these rows (.998, .996, .977, .990). */
const FLOORS = { mislabelled: 0.985, benign: 0.985, 'low-quality': 0.965, all: 0.98 } as const;

it('ranks the planted rows of the demo as the trials of the method did', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'pharmacist-planted-'));
  const data = (name: string) => bundledPath('data', 'demo', `${name}.jsonl`);
  try {
    const { planted } = await select({
      alignment: data('alignment'),
      harmful: data('harmful'),
      validation: data('validation'),
      model: 'tiny',
      method: 'bilevel',
      keep: 0.4,
      seed: 0,
      out: join(folder, 'run'),
    });
    const auroc = Object.fromEntries([...planted!.kinds.map((kind) => [kind.kind, kind.auroc]), ['all', planted!.auroc]]) as Record<
      string,
      number
    >;
    const meanRank = Object.fromEntries(planted!.kinds.map((kind) => [kind.kind, kind.meanRank]));
    const missed = Object.entries(FLOORS).filter(([kind, floor]) => !(auroc[kind]! >= floor));
    expect(missed, `measured ${JSON.stringify({ auroc, meanRank })}`).toEqual([]);
    expect(meanRank['good']).toBeLessThan(meanRank['benign']!);
    expect(meanRank['benign']).toBeLessThan(meanRank['mislabelled']!);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
