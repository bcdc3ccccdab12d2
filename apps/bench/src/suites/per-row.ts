/**
 * What exact per-row influences cost: the selector's influence program (row-wise LoRA factors, two directions) beside the ordinary
 * gradient of the same batch.
 */
import {
  adapterTensors,
  batchInputs,
  type LanguageModel,
  type LoraAdapter,
  tokenMeanWeights,
  type TokenizedRow,
} from '@pharmacist/language-model';
import { directionInput, influenceProgram } from '@pharmacist/selector';
import { createEngine, type EngineFunction, type EngineInput, floats, globalNorm } from '@pharmacist/tensor-kernels';
import { assertClose } from '../assert-close.ts';
import { type Figure, figure } from '../figure.ts';
import { interleave, timed } from '../harness.ts';
import { batchOf, llamaConfig, randomModel, randomRows, randomWeights, trainedLookingAdapter } from '../random-model.ts';
import { SHAPE_15M } from '../shapes.ts';
import { pairwiseRatios } from '../statistics.ts';
import type { Suite, SuiteContext } from '../suite.ts';

const LENGTH = 128;
const WARMUP = 2;
const DIRECTIONS = ['first', 'second'];

export const perRow: Suite = {
  name: 'per-row',
  summary: 'exact influences of each row against the ordinary gradient of the batch',
  async run(context) {
    const rounds = context.rounds ?? (context.quick ? 3 : 15);
    const figures: Figure[] = [];
    const { engine } = await createEngine({ name: 'onnx' });
    try {
      const config = llamaConfig(SHAPE_15M);
      const model = await randomModel(config, randomWeights(config, 'bench'), engine);
      for (const batchSize of context.quick ? [8] : [8, 16]) figures.push(...(await measure(context, model, batchSize, rounds)));
    } finally {
      await engine.dispose();
    }
    return {
      figures,
      notes: [
        `two directions, as the default selector uses; norms of two rows were compared with gradients of one-row batches before timing`,
      ],
      versions: engine.versions,
      protocol: { rounds, warmup: WARMUP, length: LENGTH, shape: SHAPE_15M },
    };
  },
};

async function measure(context: SuiteContext, model: LanguageModel, batchSize: number, rounds: number): Promise<Figure[]> {
  const label = `${batchSize}x${LENGTH}`;
  const adapter = trainedLookingAdapter(model.config, { rank: 8, alpha: 16 });
  const rows = randomRows(model.config, batchSize, LENGTH);
  const batch = batchOf(rows);
  const factors = adapterTensors(adapter);
  const program = model.engine.compile('row influences', influenceProgram(model.config, adapter.scale, Object.keys(factors), DIRECTIONS));
  const inputs: Record<string, EngineInput> = {
    ...model.inputs,
    ...factors,
    ...batchInputs(
      batch,
      batch.rowTargetCounts.map((count) => 1 / count),
    ),
  };
  for (const direction of DIRECTIONS) for (const name of Object.keys(factors)) inputs[directionInput(direction, name)] = factors[name]!;
  await checkRows(model, adapter, rows, program, inputs);
  const ordinary = timed(`gradient ${label}`, async () => await model.gradient(batch, adapter, tokenMeanWeights(batch)));
  const influence = timed(`influence ${label}`, async () => await program.run(inputs));
  const values = await interleave([ordinary, influence], {
    rounds,
    warmup: WARMUP,
    onRound: (round) => context.say(`${label}: round ${round + 1} of ${rounds}`),
  });
  const [plain, perRowMs] = [values.get(ordinary.name)!, values.get(influence.name)!];
  return [
    figure(`${label} gradient step`, 'ms', plain),
    figure(`${label} influence step`, 'ms', perRowMs),
    figure(`${label} influence / gradient`, 'ratio', pairwiseRatios(perRowMs, plain)),
  ];
}

/** The squared norm of a row is that of the gradient of a batch of this row alone. */
async function checkRows(
  model: LanguageModel,
  adapter: LoraAdapter,
  rows: readonly TokenizedRow[],
  program: EngineFunction,
  inputs: Readonly<Record<string, EngineInput>>,
): Promise<void> {
  const squaredNorms = floats((await program.run(inputs))['squaredNorm']!);
  for (const index of [0, rows.length - 1]) {
    const alone = batchOf([rows[index]!]);
    const { gradients } = await model.gradient(alone, adapter, tokenMeanWeights(alone));
    assertClose(`norm of row ${index}`, Math.sqrt(squaredNorms[index]!), globalNorm(gradients), 1e-4);
  }
}
