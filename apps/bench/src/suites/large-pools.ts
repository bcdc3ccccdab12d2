/**
 * Selections of pools whose rows lie on disk, each in a process of its own, with a stub in the place of the network and of the tokenizer: what is left is what
 * `select` itself does about a row, and what of it stays in memory. Sizes differ by ten, so that growth can be seen.
 */
import { join } from 'node:path';
import { ConfigError, writeFileAtomic } from '@pharmacist/core';
import { runInChild } from '../child.ts';
import { type Figure, figure } from '../figure.ts';
import { largePoolLines } from '../large-pool-rows.ts';
import type { LargePoolReport, LargePoolTask } from '../large-pool-child.ts';
import { tinyModel } from '../rows.ts';
import type { Suite } from '../suite.ts';

const SIZES = [100_000, 1_000_000];
const MOST_BYTES = 4e9;
/** Forms that promise a bound, by their names in the results. */
const FORMS: Readonly<Record<string, Pick<LargePoolTask, 'method' | 'methodOptions' | 'filters'>>> = {
  random: { method: 'random' },
  'dedupe and dsir': { method: 'dsir', filters: [{ name: 'dedupe' }] },
  perplexity: { method: 'perplexity' },
  pharmacist: { method: 'pharmacist' },
  'bilevel amortised': {
    method: 'bilevel',
    methodOptions: { scorer: 'amortised', amortisedShare: 0.01, checkpoints: [0, 3], loraRank: 2 },
  },
};

export const largePools: Suite = {
  name: 'large-pools',
  summary: 'processor time and peak memory of selections of 100,000 and a million generated rows, a stub in the place of the network',
  async run(context) {
    const sizes = context.rows === undefined ? (context.quick ? [2000] : SIZES) : [context.rows];
    const names = context.methods ?? Object.keys(FORMS);
    const unknown = names.find((name) => !(name in FORMS));
    if (unknown !== undefined)
      throw new ConfigError(`"${unknown}" is none of ${Object.keys(FORMS).join(', ')}`, { where: '--methods', hint: 'name some of these' });
    const model = await tinyModel();
    const others = { harmful: join(context.scratch, 'harmful.jsonl'), validation: join(context.scratch, 'trusted.jsonl') };
    for (const path of Object.values(others)) await writeFileAtomic(path, largePoolLines(path === others.harmful ? 40 : 80));
    const figures: Figure[] = [];
    let versions: Readonly<Record<string, string>> = {};
    for (const size of sizes) {
      const alignment = join(context.scratch, `pool-${size}.jsonl`);
      await writeFileAtomic(alignment, largePoolLines(size));
      for (const name of names) {
        const out = join(context.scratch, `${name}-${size}`);
        const report = await runInChild<LargePoolReport>(new URL('../large-pool-child.ts', import.meta.url), {
          ...FORMS[name]!,
          ...others,
          alignment,
          model,
          out,
          keep: 0.1,
        } satisfies LargePoolTask);
        versions = report.versions;
        const { processorSeconds, seconds, peakRssBytes, numRuns, phases } = report;
        context.say(
          `${name}, ${size} rows: ${processorSeconds.toFixed(1)} s of the processor, ${seconds.toFixed(1)} s, ${(peakRssBytes / 1e9).toFixed(2)} GB, ${numRuns} batches, ${JSON.stringify(phases)}`,
        );
        figures.push(
          figure(`${name}, ${size} rows: processor time`, 's', [processorSeconds]),
          figure(`${name}, ${size} rows: peak resident memory`, 'bytes', [peakRssBytes], { atMost: MOST_BYTES }),
        );
      }
    }
    return {
      figures,
      notes: ['the network and the tokenizer are stubs: a batch is answered by what the first of its shape gave, a word is a token'],
      versions,
      protocol: { rounds: 1, warmup: 0, batchSize: 128, maxLength: 64, forms: FORMS },
    };
  },
};
