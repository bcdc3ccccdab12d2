/**
 * A LoRA training step at the shapes of SmolLM2-135M and Llama 3.2 1B, weights in bfloat16 as published models have them, beside the same step in
 * tuned eager PyTorch with the same numbers in f32, each in a process of its own; and greedy decoding at the smaller shape, one prompt and 32.
 */
import { join } from 'node:path';
import { assertClose } from '../assert-close.ts';
import { type Figure, figure } from '../figure.ts';
import { interleave } from '../harness.ts';
import { LargeModel } from '../large-model.ts';
import type { GenerationReport, StepSize } from '../large-model-child.ts';
import { llamaConfig, trainedLookingAdapter } from '../random-model.ts';
import { SHAPE_135M, SHAPE_15M, SHAPE_1B } from '../shapes.ts';
import { pairwiseRatios } from '../statistics.ts';
import type { Suite, SuiteContext } from '../suite.ts';
import { hasTorch, type StepReport, TorchPeer, TUNED_ENVIRONMENT } from '../torch-peer.ts';

interface ModelCase {
  readonly name: string;
  readonly shape: typeof SHAPE_15M;
  readonly sizes: readonly StepSize[];
}

const CASES: readonly ModelCase[] = [
  {
    name: '135M',
    shape: SHAPE_135M,
    sizes: [
      { batchSize: 4, length: 128 },
      { batchSize: 2, length: 256 },
    ],
  },
  { name: '1.2B', shape: SHAPE_1B, sizes: [{ batchSize: 1, length: 128 }] },
];
const QUICK: readonly ModelCase[] = [{ name: '15M', shape: SHAPE_15M, sizes: [{ batchSize: 2, length: 32 }] }];
const WARMUP = 1;
const REST_MS = 50;
const DECODING = { promptLength: 32, newTokens: 64 };
const MANY = 32;

export const largeModels: Suite = {
  name: 'large-models',
  summary: 'LoRA step at 135M and 1.2B in bfloat16, time and peak memory beside tuned PyTorch in f32; greedy decoding at 135M',
  async run(context) {
    const rounds = context.rounds ?? (context.quick ? 1 : 5);
    const isTorchThere = hasTorch(context.python);
    const figures: Figure[] = [];
    const versions: Record<string, string> = {};
    const cases = context.quick ? QUICK : CASES;
    for (const each of cases) {
      const dir = join(context.scratch, each.name);
      const peers = each.sizes.map((size) => ({ size, path: join(context.scratch, `${each.name} ${labelOf(size)}.safetensors`) }));
      const writer = new LargeModel();
      await writer.ask({ ask: 'write', shape: each.shape, dir, peers: isTorchThere ? peers : [] });
      writer.close();
      for (const { size, path } of peers) {
        const measured = await measureStep(context, { ...each, dir, size, peer: isTorchThere ? path : undefined, rounds });
        figures.push(...measured.figures);
        Object.assign(versions, measured.versions);
      }
      if (each === cases[0]) figures.push(...(await measureDecoding(context, each, dir, rounds)));
    }
    const notes = [
      'weights are random and stored as BF16; the peer maps a file of the same numbers in f32, so that loading costs it no copy',
      'processor time is that of all threads of the process, loading apart; peaks are those of the process, loading included',
      ...(isTorchThere ? [] : [`no PyTorch peer: "${context.python}" cannot import torch and safetensors (name another by --python)`]),
    ];
    const protocol = { rounds, warmup: WARMUP, restMs: REST_MS, rank: 8, alpha: 16, ...DECODING, peerEnvironment: TUNED_ENVIRONMENT };
    return { figures, notes, versions, protocol };
  },
};

function labelOf({ batchSize, length }: StepSize): string {
  return `${batchSize}x${length}`;
}

interface StepWork {
  readonly name: string;
  readonly shape: typeof SHAPE_15M;
  readonly dir: string;
  readonly size: StepSize;
  readonly peer: string | undefined;
  readonly rounds: number;
}

async function measureStep(
  context: SuiteContext,
  { name, shape, dir, size, peer: path, rounds }: StepWork,
): Promise<{ figures: Figure[]; versions: Record<string, string> }> {
  const label = `${name} ${labelOf(size)}`;
  const ours = new LargeModel();
  let peer: TorchPeer | undefined;
  try {
    const versions = await ours.ask<Record<string, string>>({ ask: 'open', dir, shape, size });
    const config = llamaConfig(shape);
    if (path !== undefined) {
      peer = await TorchPeer.start(context.python, path, { config, adapter: trainedLookingAdapter(config, { rank: 8, alpha: 16 }) });
      const [mine, expected] = [await ours.ask<{ loss: number; gradientNorm: number }>({ ask: 'loss' }), await peer.loss()];
      assertClose(`loss of ${label} against PyTorch`, mine.loss, expected.loss, 1e-5);
      assertClose(`gradient norm of ${label} against PyTorch`, mine.gradientNorm, expected.gradientNorm, 1e-4);
      Object.assign(versions, { torch: String(peer.about['torch']), python: String(peer.about['python']) });
    }
    const reports = { ours: [] as StepReport[], torch: [] as StepReport[] };
    const variants = [
      { name: 'ours', run: async () => await kept(reports.ours, ours.ask<StepReport>({ ask: 'step' })) },
      ...(peer === undefined ? [] : [{ name: 'torch', run: async () => await kept(reports.torch, peer!.step()) }]),
    ];
    const values = await interleave(variants, {
      rounds,
      warmup: WARMUP,
      restMs: REST_MS,
      onRound: (round) => context.say(`${label}: round ${round + 1} of ${rounds}`),
    });
    const of = (who: 'ours' | 'torch', key: keyof StepReport) => reports[who].slice(-rounds).map((report) => report[key]);
    const peak = (who: 'ours' | 'torch') => [of(who, 'rssBytes').at(-1)!];
    const figures = [
      figure(`${label} step`, 'ms', values.get('ours')!),
      figure(`${label} processor time of a step`, 'ms', of('ours', 'cpuMs')),
      figure(`${label} peak resident memory`, 'bytes', peak('ours')),
    ];
    if (peer === undefined) return { figures, versions };
    figures.push(
      figure(`${label} torch step`, 'ms', values.get('torch')!),
      figure(`${label} torch processor time of a step`, 'ms', of('torch', 'cpuMs')),
      figure(`${label} torch peak resident memory`, 'bytes', peak('torch')),
      figure(`${label} torch / ours`, 'ratio', pairwiseRatios(values.get('torch')!, values.get('ours')!), { atLeast: 1.3 }),
      figure(`${label} torch / ours, processor time`, 'ratio', pairwiseRatios(of('torch', 'cpuMs'), of('ours', 'cpuMs'))),
      figure(`${label} peak memory, ours / torch`, 'ratio', pairwiseRatios(peak('ours'), peak('torch')), { atMost: 0.6 }),
    );
    return { figures, versions };
  } finally {
    peer?.close();
    ours.close();
  }
}

async function kept(reports: StepReport[], report: Promise<StepReport>): Promise<number> {
  reports.push(await report);
  return reports.at(-1)!.ms;
}

async function measureDecoding(context: SuiteContext, { name, shape, sizes }: ModelCase, dir: string, rounds: number): Promise<Figure[]> {
  const ours = new LargeModel();
  try {
    await ours.ask({ ask: 'open', dir, shape, size: sizes[0]! });
    const perSecond: Record<string, number[]> = { [1]: [], [MANY]: [] };
    const variant = (batchSize: number) => ({
      name: `${batchSize}`,
      run: async () => {
        const { cpuMs } = await ours.ask<GenerationReport>({ ask: 'generate', batchSize, ...DECODING });
        perSecond[batchSize]!.push((batchSize * DECODING.newTokens * 1000) / cpuMs);
        return cpuMs;
      },
    });
    await interleave([variant(1), variant(MANY)], {
      rounds,
      warmup: WARMUP,
      onRound: (round) => context.say(`decoding: round ${round + 1}`),
    });
    const [one, many] = [perSecond[1]!.slice(-rounds), perSecond[MANY]!.slice(-rounds)];
    return [
      figure(`${name} decoding, one prompt`, 'tokens/CPU s', one, { atLeast: 25 }),
      figure(`${name} decoding, ${MANY} prompts`, 'tokens/CPU s', many),
      figure(`${name} decoding, ${MANY} prompts / one`, 'ratio', pairwiseRatios(many, one), { atLeast: 8 }),
    ];
  } finally {
    ours.close();
  }
}
