/** Generates a pool, filters and ranks it by its texts, and reports times and the peak of this process; the text-selectors suite starts it. */
import { once } from 'node:events';
import { InternalError, Random, silentReporter } from '@pharmacist/core';
import { LanguageModel, tokenizeRow, promptTemplate } from '@pharmacist/language-model';
import { FILTERS, type PoolRow, SELECTORS } from '@pharmacist/selector';
import { createEngine } from '@pharmacist/tensor-kernels';
import { syntheticRows } from './synthetic-texts.ts';

export interface TextTask {
  readonly model: string;
  readonly numRows: number;
}

export interface TextReport {
  readonly generateSeconds: number;
  readonly dedupeSeconds: number;
  readonly dsirSeconds: number;
  /** Processor time of dedupe and dsir: on a busy machine it says more than the clock. */
  readonly processorSeconds: number;
  /** When the pool was generated, and at the end. */
  readonly poolRssBytes: number;
  readonly peakRssBytes: number;
  /** Of planted near-copies, those left out; and rows left out that are none. */
  readonly shareOfCopiesFound: number;
  readonly numWronglyLeftOut: number;
  /** Of the tenth of rows with the largest weights, those of the target's topic. */
  readonly precision: number;
}

const [task] = (await once(process, 'message')) as [TextTask];
const { engine } = await createEngine({ name: 'tfjs-cpu' });
const model = await LanguageModel.load(task.model, engine);
const template = promptTemplate('alpaca', model.tokenizer);
// Text methods read of the tokens only whether there is an answer; one row's stand for all.
const tokens = tokenizeRow({ prompt: 'a', response: 'b' }, model.tokenizer, template, 64);
const stopwatch = () => {
  const startedMs = performance.now();
  return () => (performance.now() - startedMs) / 1000;
};

const generating = stopwatch();
const [isTarget, isCopy] = [new Uint8Array(task.numRows), new Uint8Array(task.numRows)];
const pool: PoolRow[] = [];
for (const { id, prompt, response, ...truth } of syntheticRows(task.numRows, 'pool')) {
  isTarget[pool.length] = Number(truth.isTarget);
  isCopy[pool.length] = Number(truth.isCopy);
  pool.push({ id, text: { prompt, response }, tokens });
}
const generateSeconds = generating();
const poolRssBytes = process.memoryUsage.rss();
const trusted = [...syntheticRows(20_000, 'trusted')]
  .filter((row) => row.isTarget)
  .map(({ prompt, response }) => ({ text: { prompt, response }, tokens }));

const processor = process.cpuUsage();
const deduping = stopwatch();
const { stays } = await FILTERS.get('dedupe').apply({ pool, reporter: silentReporter, signal: undefined }, {});
const dedupeSeconds = deduping();
const places = pool.map((_, index) => index).filter((index) => stays[index] === 1);

const ranking = stopwatch();
const { scores } = await SELECTORS.get('dsir').fit(
  {
    model,
    pool: places.map((index) => pool[index]!),
    harmful: [],
    trusted,
    batchSize: 8,
    maxLength: 64,
    random: new Random(0),
    state: { load: async () => undefined, save: async () => undefined },
    tokenize: () => tokens,
    openModel: async () => {
      throw new InternalError('text methods open no model', { where: 'bench/text-selectors' });
    },
    count: () => undefined,
    note: () => undefined,
    reporter: silentReporter,
  },
  { order: 'top-k' },
);
const dsirSeconds = ranking();
const { user, system } = process.cpuUsage(processor);
const numTop = Math.round(0.1 * scores.length);
const threshold = Float64Array.from(scores).sort()[scores.length - numTop]!;
const top = places.filter((_, place) => scores[place]! >= threshold);
const report: TextReport = {
  generateSeconds,
  dedupeSeconds,
  dsirSeconds,
  processorSeconds: (user + system) / 1e6,
  poolRssBytes,
  // Linux and macOS report it through libuv in KiB.
  peakRssBytes: process.resourceUsage().maxRSS * 1024,
  shareOfCopiesFound: isCopy.filter((copy, index) => copy === 1 && stays[index] === 0).length / isCopy.filter((copy) => copy === 1).length,
  numWronglyLeftOut: isCopy.filter((copy, index) => copy === 0 && stays[index] === 0).length,
  precision: top.filter((index) => isTarget[index] === 1).length / top.length,
};
await engine.dispose();
process.send!(report);
