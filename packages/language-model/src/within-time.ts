/**
 * A bound on synchronous work that a file from elsewhere decides about: a template that loops, a pattern that backtracks. `node:vm` ends
 * whatever runs on this thread, regular expressions included; nothing else in Node does without moving the work to another thread.
 */
import { Script, createContext } from 'node:vm';
import { InternalError, InterruptedError, type PharmacistError } from '@pharmacist/core';
import { isJsonObject } from './json-file.ts';

/** Attempts at work that was held up rather than slow: by a machine that slept, a process that was stopped, others that keep all processors busy. */
const PATIENCE = 20;

/** Work that took longer than this, in milliseconds, is likely to be followed by more of the kind. */
const SLOW_MS = 50;
const BASE_MS = 5000;
const MS_PER_CHARACTER = 0.1;

let current: (() => void) | undefined;
let isLikelySlow = true;
const context = createContext({ run: () => current?.() });
const script = new Script('run()');

/** What a text of so many characters may take: far more than any tokenizer or template needs, on a busy machine too. */
export function timeFor(numCharacters: number): number {
  return Math.ceil(BASE_MS + MS_PER_CHARACTER * numCharacters);
}

/**
 * What `work` returns. Bounded work inside `work` counts as part of it. It is done again where the clock ran out and this process had not half of that time of
 * a processor: `work` must give the same each time.
 * @param alwaysHearsInterrupt whether Ctrl-C ends it at once even where it follows fast work.
 * @throws what `work` throws; `tooSlow()` if it takes longer than `limitMs`; {InterruptedError} if SIGINT ended it.
 */
export function withinTime<T>(
  limitMs: number,
  work: () => T,
  tooSlow: () => PharmacistError,
  { alwaysHearsInterrupt = false }: { alwaysHearsInterrupt?: boolean } = {},
): T {
  if (current !== undefined) return work();
  const spentBefore = spentMs();
  for (let attempt = 1; ; attempt++) {
    const result = attempted(limitMs, work, alwaysHearsInterrupt);
    if (result !== undefined) return result.value;
    if (spentMs() - spentBefore >= limitMs / 2 || attempt === PATIENCE) throw tooSlow();
  }
}

/** @returns nothing if the clock ran out. */
function attempted<T>(limitMs: number, work: () => T, alwaysHearsInterrupt: boolean): { readonly value: T } | undefined {
  const results: T[] = [];
  const started = performance.now();
  current = () => {
    results.push(work());
  };
  try {
    // Listening for Ctrl-C costs as much as the bound itself, which is as long as an ordinary row takes: it is for slow work.
    script.runInContext(context, { timeout: limitMs, breakOnSigint: alwaysHearsInterrupt || isLikelySlow });
    return { value: results[0]! };
  } catch (error) {
    const code = isJsonObject(error) ? error['code'] : undefined;
    if (code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return undefined;
    if (code === 'ERR_SCRIPT_EXECUTION_INTERRUPTED') throw new InterruptedError();
    throw error;
  } finally {
    current = undefined;
    isLikelySlow = performance.now() - started > SLOW_MS;
  }
}

function spentMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/**
 * What `work` returns, under one bound for all the texts that it reads: a bound costs more than tokenising a short text. If it takes too long it is done
 * again with a bound for each text, so that the one at fault is named: `work` must give the same each time.
 * @param numCharacters of all its texts.
 */
export function withOneBound<T>(numCharacters: number, work: () => T): T {
  const tooSlow = new InternalError('texts took too long together');
  try {
    return withinTime(timeFor(numCharacters), work, () => tooSlow);
  } catch (error) {
    if (error === tooSlow) return work();
    throw error;
  }
}
