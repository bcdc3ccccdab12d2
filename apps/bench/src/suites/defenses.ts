/** One step of each alignment-stage method beside plain supervised fine-tuning, on a 12-layer shape, all in one interleaved run. */
import { NumericError, Random, silentReporter } from '@pharmacist/core';
import { DEFENSES, type DefenseContext, type DefenseRow } from '@pharmacist/defenses';
import type { LanguageModel, LoraAdapter, StepBatch, StepMethod } from '@pharmacist/language-model';
import { createEngine } from '@pharmacist/tensor-kernels';
import { figure, type Target } from '../figure.ts';
import { interleave, timed, type Variant } from '../harness.ts';
import { expectedValues, lowestLayerShares } from '../lowest-layer.ts';
import { batchOf, llamaConfig, randomModel, randomRows, randomWeights, trainedLookingAdapter } from '../random-model.ts';
import { SHAPE_15M } from '../shapes.ts';
import { recordingEngine } from '../recording-engine.ts';
import { pairwiseRatios } from '../statistics.ts';
import type { Suite } from '../suite.ts';

const SHAPE_12_LAYERS = { ...SHAPE_15M, vocab_size: 4096, num_hidden_layers: 12 };
const BATCH_SIZE = 8;
const LENGTH = 128;
const WARMUP = 2;
/**
 * Sets of a quarter of the layers, one for each lowest layer there can be: a step's work depends on that layer only (the matrix products of
 * [0, 4, 8] and [0, 1, 2] are as many).
 */
const LAYER_SETS = [
  [0, 4, 8],
  [1, 5, 8],
  [2, 5, 8],
  [3, 6, 9],
  [4, 6, 9],
  [5, 7, 9],
  [6, 8, 10],
  [7, 9, 11],
  [8, 9, 10],
  [9, 10, 11],
];

interface Entry {
  readonly label: string;
  readonly method: StepMethod;
  /** Against plain fine-tuning. */
  readonly target?: Target;
}

export const defenses: Suite = {
  name: 'defenses',
  summary: 'a step of each alignment-stage method against plain fine-tuning',
  async run(context) {
    const rounds = context.rounds ?? (context.quick ? 1 : 9);
    // A training run has few shapes: its sessions keep their memory.
    const { engine: inner } = await createEngine({ name: 'onnx', maxArenaBytes: 4 * 2 ** 30 });
    const { engine, peakActivationBytes } = recordingEngine(inner);
    try {
      const config = llamaConfig(SHAPE_12_LAYERS);
      const model = await randomModel(config, randomWeights(config, 'bench'), engine);
      const adapter = trainedLookingAdapter(config, { rank: 8, alpha: 16 });
      const entries = entriesOf(contextOf(model, adapter), context.quick);
      const batch = batchOf(randomRows(config, BATCH_SIZE, LENGTH));
      // Step 1 draws nothing anew: the layers of T-Vaccine stay those of its entry.
      const step = { step: 1, batch, indices: Array.from({ length: BATCH_SIZE }, (_, i) => i) };
      await checkReductions(contextOf(model, adapter), step);
      const bytes = new Map<string, number>();
      for (const { label, method } of entries) bytes.set(label, await peakActivationBytes(async () => await method.gradient(step)));
      const measured = await measuredProbabilities(contextOf(model, adapter), step);
      const variants = entries.map(({ label, method }): Variant => timed(label, async () => await method.gradient(step)));
      const values = await interleave(variants, {
        rounds,
        warmup: WARMUP,
        onRound: (round) => context.say(`round ${round + 1} of ${rounds}`),
      });
      const [sft, vaccine] = [values.get('sft')!, values.get('vaccine')!];
      const figuresOfEntries = entries.flatMap(({ label, target }) => {
        const ms = values.get(label)!;
        const memory = figure(`${label} activations`, 'bytes', [bytes.get(label)!]);
        if (label === 'sft') return [figure('sft step', 'ms', ms), memory];
        const against = figure(`${label} / sft`, 'ratio', pairwiseRatios(ms, sft), target);
        if (!label.startsWith('t-vaccine')) return [against, memory];
        return [
          against,
          figure(`${label} / vaccine`, 'ratio', pairwiseRatios(ms, vaccine), { atMost: 0.8 }),
          memory,
          figure(`${label} / vaccine activations`, 'ratio', [bytes.get(label)! / bytes.get('vaccine')!], { atMost: 0.8 }),
        ];
      });
      const ofSets = (valuesOf: (label: string) => number[]) =>
        new Map(LAYER_SETS.map((layers) => [layers[0]!, valuesOf(labelOf(layers))] as const));
      const expected = (kind: string, probabilities: readonly number[]) => {
        const shares = lowestLayerShares(probabilities, LAYER_SETS[0]!.length);
        const times = ofSets((label) => pairwiseRatios(values.get(label)!, vaccine));
        const memory = ofSets((label) => [bytes.get(label)! / bytes.get('vaccine')!]);
        return [
          figure(`t-vaccine expected, ${kind} probabilities / vaccine`, 'ratio', expectedValues(shares, times), { atMost: 0.8 }),
          figure(`t-vaccine expected, ${kind} probabilities / vaccine activations`, 'ratio', expectedValues(shares, memory), {
            atMost: 0.8,
          }),
        ];
      };
      return {
        figures: [
          ...figuresOfEntries,
          ...(context.quick ? [] : [...expected('uniform', equalShares(measured.length)), ...expected('measured', measured)]),
        ],
        notes: [
          'booster and repnoise take as many harmful rows as alignment rows',
          'repnoise without ascent has no language-model heads: the difference to repnoise is theirs',
          'the two harmful gradients of booster are one program, the alignment gradient another',
          'before timing: booster with lambda 0 and vaccine with rho 0 gave the gradient of sft',
          'activations: the most bytes of intermediate values that a program of the step needs at once, by the estimate of its graph',
          'compilation is outside; T-Vaccine compiles a program for each set of layers it draws',
          `expected: the mean over the sets that T-Vaccine draws by equal probabilities, or by those it measured on a harmful row of this random model: ${measured.map((share) => share.toFixed(3)).join(', ')}`,
        ],
        versions: engine.versions,
        protocol: {
          rounds,
          warmup: WARMUP,
          shape: SHAPE_12_LAYERS,
          batchSize: BATCH_SIZE,
          length: LENGTH,
          rank: 8,
          layerSets: LAYER_SETS,
        },
      };
    } finally {
      await engine.dispose();
    }
  },
};

function entriesOf(context: DefenseContext, quick: boolean): Entry[] {
  const start = (name: string, options: Record<string, unknown> = {}) => DEFENSES.get(name).start(context, options);
  const sampled = { pairing: 'sampled', alpha: 0.1 };
  const entries: Entry[] = [
    { label: 'sft', method: start('sft') },
    { label: 'vaccine', method: start('vaccine'), target: { atMost: 2.1 } },
    { label: 'booster', method: start('booster', { harmfulBatchSize: BATCH_SIZE }), target: { atMost: 3.2 } },
    { label: 'repnoise', method: start('repnoise', sampled) },
    { label: 'repnoise without ascent', method: start('repnoise', { ...sampled, alpha: 0 }) },
  ];
  for (const layers of quick ? LAYER_SETS.slice(0, 1) : LAYER_SETS) {
    const method = start('t-vaccine');
    const { numLayers } = context.model.config;
    const timesDrawn = Array.from({ length: numLayers }, () => 0);
    method.state!.restore({ probabilities: equalShares(numLayers), layers, numMeasured: 1, timesDrawn, numDraws: 1 });
    entries.push({ label: labelOf(layers), method });
  }
  return entries;
}

/** The layer probabilities that T-Vaccine measures at the start of a run. */
async function measuredProbabilities(context: DefenseContext, step: StepBatch): Promise<number[]> {
  const method = DEFENSES.get('t-vaccine').start(context, {});
  await method.gradient({ ...step, step: 0 });
  return (method.state!.save() as { probabilities: number[] }).probabilities;
}

function equalShares(count: number): number[] {
  return Array.from({ length: count }, () => 1 / count);
}

function labelOf(layers: readonly number[]): string {
  return `t-vaccine [${layers.join(', ')}]`;
}

function contextOf(model: LanguageModel, adapter: LoraAdapter): DefenseContext {
  const rows = (seed: string) =>
    randomRows(model.config, BATCH_SIZE, LENGTH).map((tokens, i): DefenseRow => ({ id: `${seed}-${i}`, prompt: `${seed} ${i}`, tokens }));
  return {
    model,
    adapter,
    rows: rows('alignment'),
    harmful: rows('harmful').map((row) => ({ ...row, tokens: { ...row.tokens, inputIds: row.tokens.inputIds.toReversed() } })),
    batchSize: BATCH_SIZE,
    maxLength: LENGTH,
    random: new Random('bench'),
    count: () => undefined,
    note: () => undefined,
    reporter: silentReporter,
  };
}

/** @throws {NumericError} if a method without its regulariser is not plain fine-tuning. */
async function checkReductions(context: DefenseContext, step: Parameters<StepMethod['gradient']>[0]): Promise<void> {
  const gradient = async (name: string, options: Record<string, unknown>) =>
    (await DEFENSES.get(name).start(context, options).gradient(step)).gradients;
  const expected = await gradient('sft', {});
  for (const [name, options] of [
    ['vaccine', { rho: 0 }],
    ['booster', { lambda: 0, harmfulBatchSize: BATCH_SIZE }],
  ] as const) {
    const found = await gradient(name, options);
    for (const [parameter, values] of expected) {
      const scale = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      const worst = values.reduce((most, value, i) => Math.max(most, Math.abs(value - found.get(parameter)![i]!)), 0);
      if (worst > 1e-4 * scale + 1e-9) {
        throw new NumericError(`${name} without its regulariser differs from sft at ${parameter} by ${worst} of ${scale}`, {
          where: 'bench, check before timing',
          hint: 'run the tests of defenses',
        });
      }
    }
  }
}
