import { DataError, Random } from '@pharmacist/core';
import { swapAnswers, TEXT_CORRUPTIONS, type TextCorruptionName } from '@pharmacist/data-io';
import type { Candidate, Candidates, Stratum } from './candidate.ts';
import { promptKey } from './candidate.ts';

type CorruptionName = TextCorruptionName | 'swapped';

/** The planted truth about a pool row. */
export type Kind = 'good' | 'mislabelled' | 'benign' | 'low-quality';

/** One row of a planted pool: a selector sees prompt and response, an evaluation the rest. */
export interface PoolRow {
  /** Says nothing about the kind. */
  id: string;
  prompt: string;
  response: string;
  source: string;
  kind: Kind;
  /** Of good and mislabelled rows. */
  stratum?: Stratum;
  /** Of low-quality rows: how the answer was spoiled. */
  corruption?: CorruptionName;
}

/** A row outside the pool: trusted (harmful prompt, safe answer) or harmful (harmful prompt, harmful answer). */
export interface ReferenceRow {
  id: string;
  prompt: string;
  response: string;
  source: string;
  stratum?: Stratum;
}

export interface PoolRecipe {
  numGood: number;
  numMislabelled: number;
  numBenign: number;
  numLowQuality: number;
  /** Rows of the trusted validation file. */
  numTrusted: number;
  /** Rows of the harmful file. */
  numHarmful: number;
  /** Low-quality rows are spread evenly over these. */
  corruptions: readonly CorruptionName[];
  /** Relative shares of the prompts that the files get. */
  promptShares: { alignment: number; harmful: number; validation: number };
  /** At most this many rows about one prompt in one drawing. */
  maxPerPrompt: number;
}

export interface PlantedPool {
  alignment: PoolRow[];
  harmful: ReferenceRow[];
  validation: ReferenceRow[];
}

type Side = 'alignment' | 'harmful' | 'validation';

/**
 * Draws a pool with known truth, a trusted set and a harmful set. Every normalised prompt belongs to one of the three files, decided by
 * the prompt and `seed` alone; within a kind the sources get equal shares as far as they last.
 * @throws {DataError} if the candidates on some side are too few, with the numbers.
 */
export function buildPool(candidates: Candidates, recipe: PoolRecipe, seed: number): PlantedPool {
  const random = new Random(seed).split('planted-pool');
  const sideOf = divideByPrompt(candidates, recipe.promptShares, random.split('side'));
  const on = (side: Side, rows: readonly Candidate[]): Candidate[] => rows.filter((row) => sideOf(row) === side);
  const draw = (label: string, rows: readonly Candidate[], count: number, taken: ReadonlySet<Candidate> = new Set()): Candidate[] =>
    drawBalanced(
      label,
      rows.filter((row) => !taken.has(row)),
      count,
      recipe.maxPerPrompt,
      random.split('draw', label),
    );

  const poolGood = on('alignment', candidates.good);
  const poolBenign = on('alignment', candidates.benign);
  const good = draw('good', poolGood, recipe.numGood);
  const mislabelled = draw('mislabelled', on('alignment', candidates.harmful), recipe.numMislabelled);
  const benign = draw('benign', poolBenign, recipe.numBenign);

  const lowQuality: Planted[] = [];
  const taken = new Set([...good, ...benign]);
  recipe.corruptions.forEach((corruption, index) => {
    const count = share(recipe.numLowQuality, recipe.corruptions.length, index);
    // A refusal in the place of another refusal is still a good answer: only benign answers are swapped.
    const base = corruption === 'swapped' ? poolBenign : [...poolGood, ...poolBenign];
    const originals = draw(`low-quality (${corruption})`, base, count, taken);
    for (const original of originals) taken.add(original);
    lowQuality.push(...spoil(originals, corruption, random.split('spoil', corruption)));
  });

  const alignment: Planted[] = [
    ...good.map((row): Planted => ({ ...row, kind: 'good' })),
    ...mislabelled.map((row): Planted => ({ ...row, kind: 'mislabelled' })),
    ...benign.map(({ prompt, response, source }): Planted => ({ prompt, response, source, kind: 'benign' })),
    ...lowQuality,
  ];
  return {
    alignment: withIds('pool', random.split('order', 'alignment').shuffle(alignment)),
    harmful: withIds('harmful', draw('harmful', on('harmful', candidates.harmful), recipe.numHarmful)),
    validation: withIds('trusted', draw('trusted', on('validation', candidates.good), recipe.numTrusted)),
  };
}

type Planted = Omit<PoolRow, 'id'>;

/** The file a row's prompt belongs to: drawn by the given shares among the files that the prompt has rows for. */
function divideByPrompt({ good, harmful }: Candidates, shares: PoolRecipe['promptShares'], random: Random): (row: Candidate) => Side {
  const goodPrompts = new Set(good.map(promptKey));
  const harmfulPrompts = new Set(harmful.map(promptKey));
  return (row) => {
    const key = promptKey(row);
    const harmfulShare = harmfulPrompts.has(key) ? shares.harmful : 0;
    const validationShare = goodPrompts.has(key) ? shares.validation : 0;
    const draw = random.split(key).uniform() * (shares.alignment + harmfulShare + validationShare);
    if (draw < shares.alignment) return 'alignment';
    return draw < shares.alignment + harmfulShare ? 'harmful' : 'validation';
  };
}

function spoil(originals: readonly Candidate[], corruption: CorruptionName, random: Random): Planted[] {
  const spoiled =
    corruption === 'swapped'
      ? swapAnswers(originals, random)
      : originals.map((row, index) => ({ ...row, response: TEXT_CORRUPTIONS[corruption](row.response, random.split(index)) }));
  return spoiled.map(({ prompt, response, source }) => ({ prompt, response, source, kind: 'low-quality', corruption }));
}

/**
 * Takes turns among the sources, each in random order, until `count` rows are drawn; a prompt that has had its share is passed over.
 * @returns the rows in the order drawn.
 */
function drawBalanced(label: string, rows: readonly Candidate[], count: number, maxPerPrompt: number, random: Random): Candidate[] {
  const sources = [...new Set(rows.map(({ source }) => source))].sort();
  const shuffled = random.shuffle(rows);
  const queues = sources.map((name) => shuffled.filter(({ source }) => source === name));
  const usesOfPrompt = new Map<string, number>();
  const drawn: Candidate[] = [];
  while (drawn.length < count && queues.some((queue) => queue.length > 0)) {
    for (const queue of queues) {
      for (let row = queue.pop(); row !== undefined && drawn.length < count; row = queue.pop()) {
        const key = promptKey(row);
        const uses = usesOfPrompt.get(key) ?? 0;
        if (uses >= maxPerPrompt) continue;
        usesOfPrompt.set(key, uses + 1);
        drawn.push(row);
        break;
      }
    }
  }
  if (drawn.length < count) {
    throw new DataError(`too few candidates for ${label} rows: ${drawn.length} of ${count}`, {
      where: 'planted pool',
      hint: 'ask for fewer rows, or raise maxPerPrompt',
    });
  }
  return drawn;
}

/** The part of `total` that falls to the `index`-th of `parts` equal parts; the first take what is left over. */
function share(total: number, parts: number, index: number): number {
  return Math.floor(total / parts) + (index < total % parts ? 1 : 0);
}

function withIds<Row extends object>(prefix: string, rows: readonly Row[]): (Row & { id: string })[] {
  return rows.map((row, index) => ({ id: `${prefix}-${String(index + 1).padStart(4, '0')}`, ...row }));
}
