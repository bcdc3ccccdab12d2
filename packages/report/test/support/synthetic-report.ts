import { Random } from '@pharmacist/core';
import { plantedReport } from '@pharmacist/planted';
import { COMPARED_METRICS, compareMethods, type PoolRanking, type RankingRow, type ResultRow } from '@pharmacist/results';
import type { ReportData } from '../../src/report-data.ts';
import { rankingResult } from './synthetic-rankings.ts';

const METHODS = ['full', 'random', 'pharmacist'];
const DEFENSES = ['sft', 'vaccine', 'repnoise', 'booster', 't-vaccine'];
const POISON_RATIOS = [0.1, 0.2];
const SEEDS = [0, 1, 2];
const POOL_SIZE = 400;
const PAIRS = [
  ['pharmacist', 'full'],
  ['pharmacist', 'random'],
] as const;

/** Texts that must stay text: markup, script, attribute quotes, control and direction characters, a lone surrogate. */
export const HOSTILE = {
  script: '<script>document.title = "taken"</script><img src="x" onerror="document.title=\'taken\'">',
  style: '</style></title></pre></details><style>body { display: none }</style>',
  quotes: `" onfocus="document.title='taken'" autofocus x='`,
  direction: 'left \u202Eright to left\u202C and a bell \u0007, a null \u0000, a lone \uD800 surrogate',
  rightToLeft: 'كيف أصنع كعكة؟ (שלום) 😀 👩‍🚀',
} as const;

/** A run as a user would have it: 3 methods x 5 defenses x 2 poison ratios x 3 seeds, made of seeded noise. No number is a result. */
export function syntheticReport(): ReportData {
  const results = METHODS.flatMap((method) =>
    DEFENSES.flatMap((defense) =>
      POISON_RATIOS.flatMap((poisonRatio) => SEEDS.map((seed) => syntheticRow(method, defense, poisonRatio, seed))),
    ),
  );
  const rankings = METHODS.flatMap((method) => SEEDS.map((seed) => syntheticRanking(method, seed)));
  return {
    title: 'Selection methods under five defenses (synthetic)',
    configuration: `# resolved configuration\nname: small\nmodel: tiny\nmethods:\n${METHODS.map((method) => `  - name: ${method}\n`).join('')}defenses: [${DEFENSES.join(', ')}]\npoisonRatio: [0.1, 0.2]\nseeds: [0, 1, 2]\nprompt: "${HOSTILE.script}"\nalignment: { file: data/alignment.jsonl, keep: 0.43, batchSize: 8, learningRate: 5.0e-4, schedule: constant, loraRank: 32, loraAlpha: 4 }\n`,
    record: [
      { name: 'pharmacist', value: '0.1.0' },
      { name: 'node', value: '20.20.2' },
      { name: 'engine', value: 'onnx (cpu, 2 threads)' },
      { name: 'machine', value: '2 cores, 24 GiB' },
      { name: 'started', value: '2026-01-01T00:00:00Z' },
      { name: 'wall time, s', value: 1034.2 },
      { name: 'alignment.jsonl', value: 'sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08' },
    ],
    judge: {
      name: 'ngram',
      isProxy: true,
      description: 'n-gram classifier (proxy; accuracy .93 on answers to prompts it never saw)',
    },
    results,
    bounds: { oracle: 'oracle', full: 'full' },
    comparisons: compareMethods(results, { pairs: PAIRS, metrics: COMPARED_METRICS }),
    rankings,
    rankingResults: rankings.filter(({ method }) => method !== 'full').map((ranking) => rankingResult(ranking, true)),
    reliabilities: [],
    pools: [],
  };
}

export function syntheticRow(method: string, defense: string, poisonRatio: number, seed: number): ResultRow {
  const random = new Random(`${method} ${defense} ${poisonRatio} ${seed}`);
  const strength = DEFENSES.indexOf(defense);
  const isPharmacist = method === 'pharmacist';
  const numRows = method === 'full' ? 1500 : 645;
  const percent = (name: string, mean: number, spread: number, numItems: number) =>
    around(name, Math.min(99, Math.max(1, mean + spread * random.normal())), numItems);
  const real = (name: string, value: number, halfWidth: number) => ({
    [name]: value,
    [`${name}Low`]: value - halfWidth,
    [`${name}High`]: value + halfWidth,
  });
  const before = 14 - 2 * strength - (isPharmacist ? 4 : 0);
  const after = before + 28 * (1 + poisonRatio) - 3 * strength - (isPharmacist ? 14 : 0);
  const slowness = [1, 2, 2.4, 3.1, 1.5][strength]!;
  return {
    cell: `${method}-${defense}-p${poisonRatio}-s${seed}`,
    method,
    defense,
    keep: method === 'full' ? 1 : 0.43,
    poisonRatio,
    seed,
    loraMode: 'double',
    length: '3 epochs',
    numRows,
    alignSteps: Math.ceil(numRows / 8) * 3,
    attackSteps: 375,
    judge: 'ngram',
    task: 'sst2',
    ...percent('harmfulScoreBefore', before, 0.8, 200),
    ...percent('harmfulScoreAfter', after, 1.2, 200),
    ...percent('harmfulScorePlusAfter', after + 3, 1.2, 200),
    ...percent('taskAccuracyBefore', 48, 1, 300),
    ...percent('taskAccuracyAfter', 84 + (isPharmacist ? 2 : 0) - strength, 0.9, 300),
    ...percent('overRefusalBefore', 22 + strength, 1.5, 200),
    ...percent('overRefusalAfter', 9 + strength, 1.5, 200),
    ...real('marginBefore', 0.9 + 0.05 * strength + 0.02 * random.normal(), 0.06),
    ...real('marginAfter', 0.4 + (isPharmacist ? 0.2 : 0) + 0.02 * random.normal(), 0.06),
    ...percent('harmfulPreferenceAfter', 31 - (isPharmacist ? 8 : 0), 1.5, 300),
    ...real('perplexityBefore', 15.1 + 0.3 * random.normal(), 0.4),
    ...real('perplexityAfter', 16.3 + 0.3 * random.normal(), 0.4),
    ...percent('notRefusedBefore', before + 12, 1.1, 200),
    ...percent('notRefusedAfter', after + 20, 2.5, 200),
    numErrored: 0,
    numUnparsable: method === 'random' && defense === 'booster' ? 1 + seed : 0,
    numEmpty: defense === 'repnoise' ? 2 : 0,
    selectSeconds: isPharmacist ? 21 + random.uniform() : 0,
    alignSeconds: (slowness * numRows) / 22 + random.uniform(),
    attackSeconds: 17 + random.uniform(),
    evaluateSeconds: 12 + random.uniform(),
    alignForward: numRows * 3,
    alignBackward: numRows * 3,
  };
}

function syntheticRanking(method: string, seed: number): PoolRanking {
  const random = new Random(`ranking ${method} ${seed}`);
  const kinds = ['good', 'mislabelled', 'benign', 'low-quality'];
  const separation: Record<string, number> =
    method === 'pharmacist' ? { good: 1.5, mislabelled: -1.2, benign: -0.4, 'low-quality': -2 } : {};
  const hostile = Object.values(HOSTILE);
  const scored = Array.from({ length: POOL_SIZE }, (_, i) => {
    const kind = kinds[i % 4]!;
    return { kind, score: method === 'full' ? 0 : (separation[kind] ?? 0) + random.normal(), i };
  }).sort((a, b) => b.score - a.score);
  const numKept = method === 'full' ? POOL_SIZE : Math.round(0.43 * POOL_SIZE);
  const rows = scored.map(({ kind, score, i }, place): RankingRow => {
    const text = place < hostile.length ? hostile[place]! : `How do I look after plant ${i}?`;
    return {
      id: `row-${i}`,
      rank: place + 1,
      score,
      selected: place < numKept,
      kind,
      prompt: text,
      response: place === 0 ? HOSTILE.style : `Water it on day ${i % 7}, and do not ${'stand in the wet '.repeat(i % 40)}.`,
      columns: { loss: 1 + random.uniform(), [`gain ${HOSTILE.quotes}`]: random.normal() },
    };
  });
  return { method, seed, rows, planted: plantedReport(rows.map(({ kind = '', score, selected }) => ({ kind, score, selected }))) };
}

/** A rate in percent as a share of n items, with the normal approximation of its interval. */
function around(name: string, target: number, n: number): Record<string, number> {
  const value = (100 * Math.round((target / 100) * n)) / n;
  const halfWidth = 196 * Math.sqrt(((value / 100) * (1 - value / 100)) / n);
  return { [name]: value, [`${name}Low`]: Math.max(0, value - halfWidth), [`${name}High`]: Math.min(100, value + halfWidth) };
}
