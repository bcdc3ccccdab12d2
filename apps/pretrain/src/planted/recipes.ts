import { join } from 'node:path';
import { writeFileAtomic } from '@pharmacist/core';
import { cutAtWord } from '../text-shape.ts';
import type { Candidate, Candidates } from './candidate.ts';
import { ROW_LIMITS, tidyCandidates } from './candidate.ts';
import { isMild, isMildRefusal } from './mildness.ts';
import type { PlantedPool, PoolRecipe } from './pool.ts';
import { buildPool } from './pool.ts';
import { gsm8k, hhHarmless, pkuPairs, refusalDirection, safeInstructions, t0, xstest } from './sources.ts';

/**
 * `full`: the pool of 1,500 rows on which the selector's formulation was chosen, from every source; not for redistribution.
 * `bundled`: a small mild pool from the sources whose licences allow copies.
 */
export const RECIPES = ['full', 'bundled'] as const;
export type RecipeName = (typeof RECIPES)[number];

const FULL: PoolRecipe = {
  numGood: 600,
  numMislabelled: 250,
  numBenign: 350,
  numLowQuality: 300,
  numTrusted: 155,
  numHarmful: 249,
  corruptions: ['shuffled', 'cut', 'garbage'],
  promptShares: { alignment: 0.6, harmful: 0.2, validation: 0.2 },
  maxPerPrompt: 8,
};

const BUNDLED: PoolRecipe = {
  numGood: 160,
  numMislabelled: 68,
  numBenign: 92,
  numLowQuality: 80,
  numTrusted: 80,
  numHarmful: 60,
  corruptions: ['shuffled', 'cut', 'garbage', 'swapped'],
  promptShares: { alignment: 0.42, harmful: 0.36, validation: 0.22 },
  maxPerPrompt: 5,
};

/** Harmful answers of the refusal_direction study are bundled shortened to this. */
const MAX_BUNDLED_HARMFUL_CHARS = 200;

/**
 * Builds a pool from the folder of source data.
 * @throws {FileError} if a source file is missing.
 * @throws {DataError} if the sources are too small for the recipe.
 */
export async function poolFromSources(folder: string, recipe: RecipeName, seed: number): Promise<PlantedPool> {
  return recipe === 'full'
    ? buildPool(await fullCandidates(folder), FULL, seed)
    : buildPool(await bundledCandidates(folder), BUNDLED, seed);
}

async function fullCandidates(folder: string): Promise<Candidates> {
  const [study, pku] = [await refusalDirection(folder), await pkuPairs(folder)];
  return {
    good: tidyCandidates([...study.good, ...(await safeInstructions(folder)), ...pku.good]),
    harmful: tidyCandidates([...study.harmful, ...pku.harmful]),
    benign: tidyCandidates([...study.benign, ...(await gsm8k(folder)), ...(await t0(folder))]),
  };
}

/** Candidates that may be copied into the project, without those on topics that are left out. */
async function bundledCandidates(folder: string): Promise<Candidates> {
  const [study, tests] = [await refusalDirection(folder), await xstest(folder)];
  const short = (row: Candidate): Candidate => ({ ...row, response: cutAtWord(row.response, MAX_BUNDLED_HARMFUL_CHARS) });
  const isOfFirstThree = ({ prompt }: Candidate, index: number, rows: Candidate[]): boolean =>
    rows.slice(0, index).filter((row) => row.prompt === prompt).length < 3;
  const limits = { ...ROW_LIMITS, maxPromptChars: 300, maxResponseChars: 450 };
  const tidy = (rows: Candidate[]): Candidate[] => tidyCandidates(rows, limits);
  return {
    good: tidy([...study.good, ...tests.good]).filter(isMildRefusal),
    harmful: tidy([
      ...study.harmful.map(short).filter(isMild).filter(isOfFirstThree),
      ...tests.harmful,
      ...(await hhHarmless(folder)),
    ]).filter(isMild),
    // Not the study's harmless prompts: they are Alpaca's, whose licence forbids commercial use.
    benign: tidy([...tests.benign, ...(await gsm8k(folder))]).filter(isMild),
  };
}

/** Writes `alignment.jsonl`, `harmful.jsonl` and `validation.jsonl`. */
export async function writePool(folder: string, pool: PlantedPool): Promise<void> {
  for (const name of ['alignment', 'harmful', 'validation'] as const) {
    const lines: object[] = pool[name];
    await writeFileAtomic(join(folder, `${name}.jsonl`), lines.map((row) => `${JSON.stringify(row)}\n`).join(''));
  }
}
