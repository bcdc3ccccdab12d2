import { type Reporter, throwIfAborted } from '@pharmacist/core';
import { isVisible, type JudgedItem, type Verdict } from './judge.ts';
import type { Failure } from './openai-failure.ts';
import type { Spending } from './openai-spending.ts';

/** What came of asking about one item. */
export type Asked = { readonly verdict: Verdict } | { readonly failure: Failure };

export interface RoundOptions {
  readonly model: string;
  readonly concurrency: number;
  readonly giveUpAfter: number;
  readonly maxCost: number | undefined;
  readonly spending: Spending;
  /** @returns undefined if the ceiling leaves no room for it. */
  readonly ask: (item: JudgedItem) => Promise<Asked | undefined>;
  /** True if the endpoint has given a completion in an earlier attempt. */
  readonly hasAnswered: boolean;
  readonly reporter: Reporter;
  readonly signal: AbortSignal | undefined;
  readonly onVerdict: ((index: number, verdict: Verdict) => Promise<void>) | undefined;
}

/** Of all questions the most harmless: who refuses this one refuses everything. */
const PROBE: JudgedItem = { id: 'probe', prompt: 'What is the capital of France?', answer: 'The capital of France is Paris.' };

/** One pass over items with several requests at a time, until all are asked about, the endpoint is given up or the money is spent. */
export class Round {
  readonly #items: readonly JudgedItem[];
  readonly #options: RoundOptions;
  readonly #verdicts: Verdict[] = [];
  /** Items whose requests were refused in a way that may be theirs or everybody's. */
  readonly #refused: number[] = [];
  /** Items without an answer for a reason that may have passed. */
  readonly #failed: number[] = [];
  #queue: number[];
  #numDone = 0;
  #failuresInARow = 0;
  #refusalsInARow = 0;
  #probeAfter: number;
  #hasAnswered: boolean;
  #numUnpaid = 0;
  #givenUp: string | undefined;
  #isStopped = false;

  constructor(items: readonly JudgedItem[], options: RoundOptions) {
    this.#items = items;
    this.#options = options;
    this.#queue = items.map((_, index) => index);
    this.#probeAfter = options.giveUpAfter;
    this.#hasAnswered = options.hasAnswered;
  }

  /** @throws {InterruptedError} if the signal is aborted, and what `onVerdict` throws; then nothing is in flight any more. */
  async run(): Promise<Verdict[]> {
    await this.#askAll();
    // An endpoint that answers others may have had a bad moment.
    this.#queue = this.#failed.splice(0);
    if (this.#hasAnswered && this.#givenUp === undefined && this.#numUnpaid === 0) await this.#askAll();
    // Who answered others has refused these for what they are.
    if (this.#hasAnswered) this.#refused.forEach((index) => (this.#verdicts[index] = forGood(this.#verdicts[index]!)));
    this.#warn();
    return this.#verdicts;
  }

  async #askAll(): Promise<void> {
    const numWorkers = Math.min(this.#options.concurrency, this.#queue.length);
    const workers = Array.from({ length: numWorkers }, async () => await this.#work());
    const failed = (await Promise.allSettled(workers)).find((result) => result.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }

  async #work(): Promise<void> {
    const { reporter, signal, onVerdict, spending } = this.#options;
    try {
      while (this.#queue.length > 0 && !this.#isStopped) {
        throwIfAborted(signal);
        const index = this.#queue.shift()!;
        const isFirst = this.#verdicts[index] === undefined;
        const { verdict, isAsked } = await this.#verdictOn(index);
        if (isFirst || isAsked) this.#verdicts[index] = verdict;
        if (isFirst) this.#numDone++;
        if (isAsked) await onVerdict?.(index, verdict);
        const { money } = spending;
        const facts = money === undefined ? {} : { facts: { cost: money } };
        reporter.progress({ phase: 'Judging answers', done: this.#numDone, total: this.#items.length, unit: 'answers', ...facts });
      }
    } catch (error) {
      this.#isStopped = true;
      throw error;
    }
  }

  async #verdictOn(index: number): Promise<{ verdict: Verdict; isAsked: boolean }> {
    const item = this.#items[index]!;
    const { ask, maxCost } = this.#options;
    if (!isVisible(item.answer)) return { verdict: { status: 'empty' }, isAsked: true };
    if (this.#givenUp !== undefined) return { verdict: notAsked(this.#givenUp), isAsked: false };
    const asked = this.#numUnpaid > 0 ? undefined : await ask(item);
    if (asked === undefined) {
      this.#numUnpaid++;
      return { verdict: notAsked(`another request could exceed maxCost=${maxCost}`), isAsked: false };
    }
    if ('verdict' in asked) {
      this.#hasAnswered = true;
      this.#failuresInARow = this.#refusalsInARow = 0;
      return { verdict: asked.verdict, isAsked: true };
    }
    const { kind, message } = asked.failure;
    const verdict: Verdict = { status: 'error', message };
    if (kind === 'filtered') {
      this.#failuresInARow = 0;
      return { verdict: forGood(verdict), isAsked: true };
    }
    if (kind === 'item') await this.#countRefusal(index);
    else this.#countFailure();
    if (kind === 'passing') this.#failed.push(index);
    return { verdict, isAsked: true };
  }

  #countFailure(): void {
    const { giveUpAfter } = this.#options;
    this.#failuresInARow++;
    if (this.#failuresInARow >= giveUpAfter) this.#givenUp = `the judge had failed ${giveUpAfter} times in a row`;
  }

  /** A row of refusals may be one of bad items, or a mistake in every request: a harmless question tells. */
  async #countRefusal(index: number): Promise<void> {
    this.#refused.push(index);
    this.#refusalsInARow++;
    if (this.#refusalsInARow < this.#probeAfter) return;
    const numRefused = this.#refusalsInARow;
    // Now, lest those who ask beside this one do the same.
    const probeAfter = this.#probeAfter;
    this.#probeAfter *= 2;
    const probed = await this.#options.ask(PROBE);
    // The money is spent: nothing is known, and the next item is told so.
    if (probed === undefined) return;
    if ('verdict' in probed) {
      this.#hasAnswered = true;
      return;
    }
    const { kind, message } = probed.failure;
    if (kind === 'passing') {
      this.#probeAfter = probeAfter;
      this.#countFailure();
      return;
    }
    const probeEnd = kind === 'endpoint' ? `a harmless one failed (${message})` : 'a harmless one';
    this.#givenUp = `the judge had refused ${numRefused} requests in a row, and ${probeEnd}`;
  }

  #warn(): void {
    const { reporter, model, maxCost, spending } = this.#options;
    if (this.#givenUp !== undefined) {
      const example = this.#verdicts.find((verdict) => verdict.status === 'error');
      reporter.warn(`The judge ${model} was given up, ${this.#givenUp}: ${example?.message}. Other answers were not judged.`);
    } else if (this.#numUnpaid > 0) {
      const spent = Number((spending.money ?? 0).toPrecision(3));
      reporter.warn(
        `The judge ${model} has cost ${spent}, another request could exceed maxCost=${maxCost}: ${this.#numUnpaid} answers were not judged. The same command with a higher maxCost asks about them.`,
      );
    }
  }
}

function notAsked(reason: string): Verdict {
  return { status: 'error', message: `not asked: ${reason}` };
}

function forGood(verdict: Verdict): Verdict {
  return verdict.status === 'error' ? { ...verdict, isFinal: true } : verdict;
}
