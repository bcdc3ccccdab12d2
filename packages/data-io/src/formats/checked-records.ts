import { setImmediate } from 'node:timers/promises';
import { attended, ContractError, describeValue, InterruptedError, throwIfAborted } from '@pharmacist/core';
import type { ProblemHandler } from '../problems.ts';
import type { RowFile } from '../source/row-file.ts';
import { notOfJson } from './not-of-json.ts';
import type { FormatContext, SourceRecord } from './record.ts';
import type { RowFormatDefinition } from './row-format.ts';

/** A reader that never waits would keep signals from being heard. */
const TURN_MS = 20;
const MAX_LINE = 2 ** 32;
const HINT = 'yield an object with `record`, an object of fields, and if it is known `line`, a whole number from 1 on';

interface Reading {
  readonly file: RowFile;
  readonly context: FormatContext;
  /** Names the format: `row format mine`. */
  readonly where: string;
}

/**
 * What a reader of somebody's own gives, held to the contract. It is left where it stands once the signal is aborted, and what it did not read of the
 * file is read for the file's hash.
 * @throws {ContractError} if it throws what is no error of ours, or gives what is no record. @throws {InterruptedError} at once on abort.
 */
export async function* checkedRecords(definition: RowFormatDefinition, { file, context, where }: Reading): AsyncGenerator<SourceRecord> {
  const { label, plainPath: path } = file;
  const { signal } = context;
  const place = `${where} on ${label}`;
  const bytes = file.bytes[Symbol.asyncIterator]();
  const onProblem = checkedProblems(context.onProblem, place);
  const given = { label, path, bytes: lent(bytes) };
  const records = await attended(place, undefined, () => iteratorOf(definition.read(given, { ...context, onProblem }), place));
  let turn = performance.now();
  try {
    for (let number = 1; ; number++) {
      const next = await orAborted(
        attended(place, undefined, async () => await records.next()),
        signal,
      );
      if (next === null || typeof next !== 'object')
        throw new ContractError(`gives ${describeValue(next)} for its next step`, { where: place });
      if (next.done === true) break;
      yield checkedRecord(next.value, number, place);
      if (performance.now() - turn > TURN_MS) {
        await setImmediate();
        throwIfAborted(signal);
        turn = performance.now();
      }
    }
    while ((await bytes.next()).done !== true);
  } finally {
    // What hangs here would hang for good: it is told, and nobody waits.
    void attended(place, undefined, async () => await records.return?.()).catch(() => {});
    const closed = Promise.resolve(bytes.return?.());
    if (signal?.aborted === true) closed.catch(() => {});
    else await closed;
  }
}

/** The same bytes; whoever stops reading them does not end them. */
async function* lent(bytes: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  for (let next = await bytes.next(); next.done !== true; next = await bytes.next()) yield next.value;
}

function iteratorOf(made: unknown, where: string): AsyncIterator<unknown> | Iterator<unknown> {
  if (made !== null && typeof made === 'object') {
    if (Symbol.asyncIterator in made) return (made as AsyncIterable<unknown>)[Symbol.asyncIterator]();
    if (Symbol.iterator in made) return (made as Iterable<unknown>)[Symbol.iterator]();
  }
  throw new ContractError(`gives ${describeValue(made)} for records`, {
    where,
    hint: 'write `read` as a generator: async *read(file) { … }',
  });
}

function checkedRecord(given: unknown, number: number, where: string): SourceRecord {
  if (given === null || typeof given !== 'object' || !('record' in given)) {
    throw new ContractError(`gives ${describeValue(given)} for record ${number}`, { where, hint: HINT });
  }
  const { record, line = number } = given as { readonly record: unknown; readonly line?: unknown };
  if (typeof line !== 'number' || !Number.isInteger(line) || line < 1 || line >= MAX_LINE) {
    throw new ContractError(`gives ${describeValue(line)} for the line of record ${number}`, { where, hint: HINT });
  }
  if (record === null || typeof record !== 'object' || Array.isArray(record)) {
    throw new ContractError(`gives ${describeValue(record)} for the fields of record ${number}`, { where, hint: HINT });
  }
  const fields = Object.entries(record).filter(([, value]) => value !== undefined);
  for (const [name, value] of fields) {
    const wrong = notOfJson(value);
    if (wrong === undefined) continue;
    throw new ContractError(`gives ${wrong} in the field "${name}" of record ${number}`, {
      where,
      hint: 'values are what JSON can hold: texts, finite numbers, true, false, null, arrays and plain objects',
    });
  }
  return { record: Object.fromEntries(fields), line };
}

function checkedProblems(onProblem: ProblemHandler, where: string): ProblemHandler {
  return (problem) => {
    const { line, what } = problem ?? {};
    if (typeof what === 'string' && Number.isInteger(line) && line >= 1) return onProblem(problem);
    throw new ContractError(`reports ${describeValue(problem)} as a problem`, {
      where,
      hint: 'call onProblem with { line, what }: a whole number from 1 on, and what is wrong, as "is no date"',
    });
  };
}

/** What work gives, or an InterruptedError as soon as the signal is aborted. */
async function orAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return await work;
  let onAbort: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(new InterruptedError());
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort!);
  }
}
