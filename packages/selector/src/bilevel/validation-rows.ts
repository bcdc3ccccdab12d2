import { ConfigError } from '@pharmacist/core';
import type { LoraAdapter, TokenizedRow } from '@pharmacist/language-model';
import { meanLosses } from '../mean-losses.ts';
import { type SelectionContext, tokensOf } from '../selector.ts';
import type { BilevelConfig } from './config.ts';
import { rowsWithTargets } from '../gradients/directions.ts';

export type ValidationKind = 'trusted' | 'pseudo';

/**
 * Which rows say what a safe answer is. Trusted rows where there are some; without them the method falls back to pseudo-validation.
 * @throws {ConfigError} if trusted rows are demanded and there are none with an answer.
 */
export function validationKind(context: SelectionContext, { validation }: BilevelConfig): ValidationKind {
  const hasTrusted = rowsWithTargets(tokensOf(context.trusted)).length > 0;
  if (validation === 'trusted' && !hasTrusted) {
    throw new ConfigError('validation "trusted" needs trusted rows', {
      where: 'validation',
      hint: 'add --validation FILE with harmful prompts and safe answers',
    });
  }
  const kind = validation === 'pseudo' || !hasTrusted ? 'pseudo' : 'trusted';
  context.note('validation', kind);
  if (kind === 'pseudo' && validation === 'auto') {
    context.reporter.warn(
      'no trusted validation rows (--validation): the rows the model finds easiest after a short run stand in for them, and words are left out; 20 trusted rows rank better',
    );
  }
  return kind;
}

/**
 * Pseudo-validation: the pool rows of lowest loss at the present checkpoint that have a real answer. Short answers are easy whatever they say.
 * Too few long ones: the longest answers fill up.
 */
export async function pseudoValidationRows(
  context: SelectionContext,
  adapter: LoraAdapter,
  { pseudoRows, pseudoMinTokens }: BilevelConfig,
  rows: readonly TokenizedRow[],
): Promise<TokenizedRow[]> {
  const losses = await meanLosses(context, { rows, adapter, phase: 'Pseudo-validation: losses' });
  const answerTokens = (index: number) => rows[index]!.inputIds.length - rows[index]!.numPromptTokens;
  const usable = rows.flatMap(({ hasTargets }, index) => (hasTargets ? [index] : []));
  const isLong = (index: number) => answerTokens(index) >= pseudoMinTokens;
  const easiest = usable.filter(isLong).sort((i, j) => losses[i]! - losses[j]! || i - j);
  const fillers = usable.filter((index) => !isLong(index)).sort((i, j) => answerTokens(j) - answerTokens(i) || i - j);
  return [...easiest, ...fillers].slice(0, pseudoRows).map((index) => rows[index]!);
}
