/**
 * One LoRA training step (forward and backward, no optimiser) at the 15M shape through the model's own code, beside the peak of the
 * machine's matrix product and, where Python has torch, the same step in tuned eager PyTorch.
 */
import { join } from 'node:path';
import {
  adapterTensors,
  type Batch,
  batchInputs,
  gradientProgram,
  type LanguageModel,
  type LoraAdapter,
  tokenMeanWeights,
} from '@pharmacist/language-model';
import { createEngine, globalNorm } from '@pharmacist/tensor-kernels';
import { assertClose } from '../assert-close.ts';
import { type Figure, figure } from '../figure.ts';
import { gemmVariants, peakOf } from '../gemm-peak.ts';
import { interleave, timed } from '../harness.ts';
import { batchOf, llamaConfig, randomModel, randomRows, randomWeights, trainedLookingAdapter } from '../random-model.ts';
import { SHAPE_15M } from '../shapes.ts';
import { pairwiseRatios } from '../statistics.ts';
import type { Suite, SuiteContext } from '../suite.ts';
import { hasTorch, TorchPeer, trainedNames, TUNED_ENVIRONMENT, writePeerFile } from '../torch-peer.ts';

const SIZES = [
  { batchSize: 8, length: 128 },
  { batchSize: 16, length: 256 },
];
const WARMUP = 2;
/** Threads of the runtime before spin for a while after their last task. */
const REST_MS = 50;

export const step: Suite = {
  name: 'step',
  summary: 'LoRA training step at the 15M shape: share of the GEMM peak, ratio to tuned PyTorch',
  async run(context) {
    const rounds = context.rounds ?? (context.quick ? 3 : 15);
    const isTorchThere = hasTorch(context.python);
    const figures: Figure[] = [];
    const versions: Record<string, string> = {};
    for (const size of context.quick ? SIZES.slice(0, 1) : SIZES) {
      const measured = await measure(context, { ...size, rounds, isTorchThere });
      figures.push(...measured.figures);
      Object.assign(versions, measured.versions);
    }
    const notes = [
      'times are wall times of LanguageModel.gradient, messages to the worker included; the peer times itself',
      'loss and gradient norm were compared before timing',
    ];
    if (!isTorchThere) notes.push(`no PyTorch peer: "${context.python}" cannot import torch and safetensors (name another by --python)`);
    return {
      figures,
      notes,
      versions,
      protocol: { rounds, warmup: WARMUP, restMs: REST_MS, shape: SHAPE_15M, rank: 8, alpha: 16, peerEnvironment: TUNED_ENVIRONMENT },
    };
  },
};

interface Work {
  batchSize: number;
  length: number;
  rounds: number;
  isTorchThere: boolean;
}

async function measure(
  context: SuiteContext,
  { batchSize, length, rounds, isTorchThere }: Work,
): Promise<{ figures: Figure[]; versions: Record<string, string> }> {
  const label = `${batchSize}x${length}`;
  const config = llamaConfig(SHAPE_15M);
  const adapter = trainedLookingAdapter(config, { rank: 8, alpha: 16 });
  const batch = batchOf(randomRows(config, batchSize, length));
  const weights = randomWeights(config, 'bench');
  const file = join(context.scratch, `${label}.safetensors`);
  if (isTorchThere) await writePeerFile(file, { config, weights, adapter, batch });
  // A training run has one shape or few: its sessions keep their memory, which the default bound spares for commands that meet many shapes.
  const { engine } = await createEngine({ name: 'onnx', maxArenaBytes: 4 * 2 ** 30 });
  let peer: TorchPeer | undefined;
  try {
    const model = await randomModel(config, weights, engine);
    const flops = await flopsOf(model, adapter, batch);
    if (isTorchThere) {
      peer = await TorchPeer.start(context.python, file, { config, adapter });
      await compareWithPeer(model, adapter, batch, peer);
    }
    const gemm = await gemmVariants(engine);
    const ours = timed(`onnx ${label}`, async () => await model.gradient(batch, adapter, tokenMeanWeights(batch)));
    const torch = peer && { name: `torch ${label}`, run: async () => (await peer!.step()).ms };
    const values = await interleave([ours, ...(torch ? [torch] : []), ...gemm.variants], {
      rounds,
      warmup: WARMUP,
      restMs: REST_MS,
      onRound: (round) => context.say(`${label}: round ${round + 1} of ${rounds}`),
    });
    const ms = values.get(ours.name)!;
    const peak = peakOf(gemm.variants, values);
    const speed = ms.map((value) => flops / value / 1e6);
    const figures = [
      figure(`${label} step`, 'ms', ms),
      figure(
        `${label} throughput`,
        'tokens/s',
        ms.map((value) => (batchSize * length * 1000) / value),
      ),
      figure(`${label} GEMM peak in the same rounds`, 'GFLOP/s', peak),
      figure(`${label} share of the GEMM peak`, 'share', pairwiseRatios(speed, peak), { atLeast: 0.7 }),
    ];
    if (torch === undefined) return { figures, versions: { ...engine.versions } };
    const torchMs = values.get(torch.name)!;
    figures.push(
      figure(`${label} torch step`, 'ms', torchMs),
      figure(`${label} torch / ours`, 'ratio', pairwiseRatios(torchMs, ms), { atLeast: 1.35 }),
    );
    return { figures, versions: { ...engine.versions, torch: String(peer!.about['torch']), python: String(peer!.about['python']) } };
  } finally {
    peer?.close();
    await engine.dispose();
  }
}

async function flopsOf(model: LanguageModel, adapter: LoraAdapter, batch: Batch): Promise<number> {
  const program = model.engine.compile('cost', gradientProgram(model.config, adapter.scale, trainedNames(adapter)));
  const cost = await program.cost({ ...model.inputs, ...adapterTensors(adapter), ...batchInputs(batch, tokenMeanWeights(batch)) });
  return cost!.matMulFlops;
}

async function compareWithPeer(model: LanguageModel, adapter: LoraAdapter, batch: Batch, peer: TorchPeer): Promise<void> {
  const { loss, gradients } = await model.gradient(batch, adapter, tokenMeanWeights(batch));
  const expected = await peer.loss();
  assertClose('loss against PyTorch', loss, expected.loss, 1e-5);
  assertClose('gradient norm against PyTorch', globalNorm(gradients), expected.gradientNorm, 1e-4);
}
