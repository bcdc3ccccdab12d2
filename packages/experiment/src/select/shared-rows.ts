import type { Reporter } from '@pharmacist/core';
import { type AlignmentRow, labelOfAll, normalisePrompt, type RowSource } from '@pharmacist/data-io';
import type { SeenRows } from './seen-rows.ts';

/** Rows that are harmful and trusted, word for word: what a method learns from the one it unlearns from the other. */
export function warnOfContradictions(harmful: readonly AlignmentRow[], trusted: readonly AlignmentRow[], reporter: Reporter): void {
  const byContent = new Map(trusted.map((row) => [contentOf(row), row]));
  const both = harmful.filter((row) => byContent.has(contentOf(row)));
  const [first] = both;
  if (first === undefined) return;
  const places = `${placeOf(first)} and ${placeOf(byContent.get(contentOf(first))!)}`;
  reporter.warn(
    `${both.length} of ${harmful.length} harmful rows are trusted rows too, word for word (one is ${places}), and no row can be both. ` +
      'Fix: give harmful prompts with safe answers as trusted rows, and with harmful answers as harmful rows',
  );
}

/** A pool, and what was seen of its rows. */
export interface SeenPool {
  readonly source: RowSource;
  readonly rows: readonly AlignmentRow[];
  readonly seen: SeenRows;
}

interface Hearing {
  readonly reporter: Reporter;
  readonly signal: AbortSignal | undefined;
}

/** Trusted rows that are in the pool too make the ranking look better than it is. */
export async function warnOfLeak(trusted: readonly AlignmentRow[], { source, rows, seen }: SeenPool, { reporter, signal }: Hearing) {
  const prompts = trusted.map(({ prompt }) => normalisePrompt(prompt));
  const shared = new Set<string>();
  for await (const { prompt } of seen.withPrompts(prompts, rows, signal)) shared.add(normalisePrompt(prompt));
  const numShared = prompts.filter((prompt) => shared.has(prompt)).length;
  if (numShared === 0) return;
  reporter.warn(
    `${numShared} of ${prompts.length} validation prompts are in the pool ${labelOfAll(source)} too; rows of the same prompt will rank higher for it`,
  );
}

/** Rows that are known to be harmful are ranked like all others. */
export async function warnOfHarmful(harmful: readonly AlignmentRow[], { source, rows, seen }: SeenPool, { reporter, signal }: Hearing) {
  const contents = harmful.map(contentOf);
  const known = new Set(contents);
  const shared = new Map<string, AlignmentRow>();
  const prompts = harmful.map(({ prompt }) => prompt);
  for await (const row of seen.withPrompts(prompts, rows, signal)) {
    const content = contentOf(row);
    if (known.has(content) && !shared.has(content)) shared.set(content, row);
  }
  const numShared = contents.filter((content) => shared.has(content)).length;
  const [first] = shared.values();
  if (first === undefined) return;
  reporter.warn(
    `${numShared} of ${contents.length} harmful rows are in the pool ${labelOfAll(source)} too, word for word (one is ${placeOf(first)}), ` +
      'and may be chosen. Fix: leave them out of the pool',
  );
}

function contentOf({ prompt, response }: AlignmentRow): string {
  return JSON.stringify([prompt, response]);
}

function placeOf({ position: { source, line } }: AlignmentRow): string {
  return `${source}:${line}`;
}
