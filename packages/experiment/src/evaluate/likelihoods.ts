import { DataError } from '@pharmacist/core';
import { labelOfAll, type RowSource } from '@pharmacist/data-io';
import { type LanguageModel, promptTemplate, type TokenizedRow, tokenizeRow } from '@pharmacist/language-model';
import { type MarginReport, marginReport, type Perplexity, plainTextPerplexity } from '@pharmacist/metrics';
import { lossesOf, type LossOptions } from './answer-losses.ts';
import type { EvaluateFiles, EvaluateInputs, Pair } from './read-inputs.ts';

/** How texts become tokens: those of a model, behind a prompt template by its name, cut at a length. */
export interface TokenSettings {
  readonly model: LanguageModel;
  readonly template: string;
  readonly maxLength: number;
}

/** Both sides of held-out pairs as tokens, in the order of the pairs. */
export interface TokenizedPairs {
  readonly strata: readonly string[];
  readonly safe: readonly TokenizedRow[];
  readonly harmful: readonly TokenizedRow[];
}

/** What likelihoods are taken of, as tokens; undefined is what no file was given for. */
export interface ScoredTexts {
  readonly pairs: TokenizedPairs | undefined;
  readonly plainText: readonly TokenizedRow[] | undefined;
}

export type LikelihoodOptions = Omit<LossOptions, 'phase'> & { readonly seed: number };

/**
 * @param sources names the files in messages.
 * @throws {DataError} if the length leaves a file without anything to score: its figure has no value then.
 */
export function tokenizeInputs(
  { pairs, plainText }: Pick<EvaluateInputs, 'pairs' | 'plainText'>,
  settings: TokenSettings,
  sources: Pick<EvaluateFiles, 'pairs' | 'plainText'>,
): ScoredTexts {
  return {
    pairs: pairs && tokenizePairs(pairs, settings, nameOf(sources.pairs)),
    plainText: plainText && tokenizeTexts(plainText, settings, nameOf(sources.plainText)),
  };
}

function nameOf(source: RowSource | undefined): string | undefined {
  return source === undefined ? undefined : labelOfAll(source);
}

/** Answers are cut at the same length as training rows. */
function tokenizePairs(pairs: readonly Pair[], settings: TokenSettings, source: string | undefined): TokenizedPairs {
  const { model, maxLength } = settings;
  const template = promptTemplate(settings.template, model.tokenizer);
  const side = (name: 'safe' | 'harmful') =>
    pairs.map((pair, i) =>
      tokenizeRow({ prompt: pair.prompt, response: pair[name] }, model.tokenizer, template, maxLength, {
        where: `${source} pair ${i + 1}`,
      }),
    );
  const [safe, harmful] = [side('safe'), side('harmful')];
  if (!pairs.some((_, i) => safe[i]!.hasTargets && harmful[i]!.hasTargets)) {
    throw new DataError(`the prompts of all ${pairs.length} pairs fill the ${maxLength} tokens of a row: no answer is left to compare`, {
      where: source,
      hint: 'raise --max-length (maxLength in a configuration), or shorten the prompts',
    });
  }
  return { strata: pairs.map(({ stratum }) => stratum), safe, harmful };
}

/** Texts as they stand, without a template; every token but the first is predicted. */
function tokenizeTexts(
  texts: readonly string[],
  { model: { tokenizer }, maxLength }: TokenSettings,
  source: string | undefined,
): TokenizedRow[] {
  const rows = texts.map((text, i): TokenizedRow => {
    const ids = tokenizer.encode(text, { where: `${source} text ${i + 1}` });
    const inputIds = Int32Array.from(ids.slice(0, maxLength));
    return { inputIds, numPromptTokens: 0, truncated: ids.length > maxLength, hasTargets: inputIds.length > 1 };
  });
  if (!rows.some(({ hasTargets }) => hasTargets)) {
    throw new DataError(`no text has a second token among its first ${maxLength}: there is nothing to predict`, {
      where: source,
      hint: 'raise --max-length (maxLength in a configuration), or give texts of at least two tokens',
    });
  }
  return rows;
}

/** Margin and harmful preference on held-out pairs. */
export async function marginOf({ strata, ...sides }: TokenizedPairs, options: LikelihoodOptions): Promise<MarginReport> {
  const side = async (name: 'safe' | 'harmful') => await lossesOf(sides[name], { ...options, phase: `Likelihood of the ${name} answers` });
  const [safe, harmful] = [await side('safe'), await side('harmful')];
  const losses = strata.map((stratum, i) => ({
    stratum,
    safeLoss: safe[i]!.loss,
    safeTokens: safe[i]!.numTokens,
    harmfulLoss: harmful[i]!.loss,
    harmfulTokens: harmful[i]!.numTokens,
  }));
  return marginReport(losses, { seed: options.seed });
}

/** Perplexity of plain texts. */
export async function perplexityOf(rows: readonly TokenizedRow[], options: LikelihoodOptions): Promise<Perplexity> {
  return plainTextPerplexity(await lossesOf(rows, { ...options, phase: 'Perplexity of plain text' }), { seed: options.seed });
}
