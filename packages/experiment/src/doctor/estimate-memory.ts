import {
  bytesOfInput,
  createAdapter,
  expectedShapes,
  factorNames,
  gradientProgram,
  lossProgram,
  readModelConfig,
  readWeightTypes,
} from '@pharmacist/language-model';
import type { ModelConfig } from '@pharmacist/language-model';
import type { StepProgram, StepSizes } from '@pharmacist/defenses';
import { bilevelConfig, directionInput, influenceProgram, type ModelWork } from '@pharmacist/selector';
import { estimateProgram, type InputType, MAX_ARENA_BYTES, type Program, recomputed, type Shape, sizeOf } from '@pharmacist/tensor-kernels';

export interface WorkSizes {
  readonly batchSize: number;
  readonly maxLength: number;
  /** Of the LoRA whose gradients are taken; 8, that of every method and training by default, if left out. */
  readonly loraRank?: number | undefined;
  /** Whether backward passes make the values of a block again; false if left out. */
  readonly recomputes?: boolean;
  /** Of a training by a defense: its largest program; the plain gradient of a batch if left out. */
  readonly stepProgram?: ((sizes: StepSizes) => StepProgram) | undefined;
}

/** What a process needs at its most, in bytes by what takes them; estimates for engine `onnx` on the CPU. */
export interface MemoryEstimate {
  /** Node, the program itself and ONNX Runtime, before a model is there. */
  readonly programBytes: number;
  /** Weights as they are kept, sixteen bits for matrices of such a file, and rotary tables. */
  readonly weightBytes: number;
  /** Factors that are trained, with gradients, moments and the copies that cross between threads. */
  readonly trainedBytes: number;
  /** The compiled program. */
  readonly sessionBytes: number;
  /**
   * Values of the largest step, widened weights among them: a full batch of the longest rows, half of their tokens answers. Small ones several times,
   * since programs of other shapes keep theirs between runs.
   */
  readonly activationBytes: number;
  readonly totalBytes: number;
  readonly gflopPerStep: number;
  readonly numParameters: number;
  /** Whether some matrix is kept in 32 bits. */
  readonly isWide: boolean;
  readonly config: ModelConfig;
}

/** As measured: a process with its tokenizer, rows and JavaScript heap; rankings hold more there than a training. */
const PROGRAM_BYTES: Record<ModelWork, number> = { forward: 300e6, influences: 300e6, training: 160e6 };
/** Of a traced and a compiled graph for each of its operations, as measured at 5,000 and 7,000. */
const BYTES_PER_NODE = 16e3;
/** What an arena of ONNX Runtime takes for each byte that is alive, as measured: blocks of other lengths lie between. A session too large for one takes what it needs. */
const ALLOCATED_PER_LIVE_BYTE = 1.25;
/** Programs of so many shapes a run has, as measured with rows of one length and of many. */
const NUM_SHAPES: Record<ModelWork, number> = { forward: 6, influences: 2, training: 2.5 };
/** So many of them as large as the largest; they keep their memory within the bound that engine onnx has by default. */
const NUM_LARGE: Record<ModelWork, number> = { forward: 6, influences: 2, training: 1 };
/** Parameters, gradient, two moments, and each of the first two once more on its way to the worker. */
const COPIES_OF_TRAINED = 6;

/** Reads config.json and headers of weight files only: the program is traced with shapes, nothing is computed. */
export async function estimateMemory(modelDir: string, work: ModelWork | undefined, sizes: WorkSizes): Promise<MemoryEstimate> {
  const config = await readModelConfig(modelDir);
  const weights = await readWeightTypes(modelDir, config, sizes.maxLength);
  const weightBytes = Object.values(weights).reduce((sum, weight) => sum + bytesOfInput(weight), 0);
  const programBytes = PROGRAM_BYTES[work ?? 'forward'];
  const base = programBytes + weightBytes;
  const shapes = [...expectedShapes(config)];
  const facts = {
    config,
    programBytes,
    weightBytes,
    numParameters: shapes.reduce((sum, [, shape]) => sum + sizeOf(shape), 0),
    isWide: shapes.some(([name, shape]) => shape.length > 1 && weights[name]!.stored === undefined),
  };
  if (work === undefined) return { ...facts, trainedBytes: 0, sessionBytes: 0, activationBytes: 0, gflopPerStep: 0, totalBytes: base };
  const { program: plain, inputs, numTrained } = programOf(config, work, sizes);
  const program = sizes.recomputes === true ? recomputed(plain) : plain;
  const { peakActivationBytes, matMulFlops, numNodes } = await estimateProgram(work, program, { ...weights, ...inputs });
  const trainedBytes = COPIES_OF_TRAINED * 4 * numTrained;
  const sessionBytes = NUM_SHAPES[work] * numNodes * BYTES_PER_NODE;
  // The largest, and of the others as many as are kept beside it.
  const numAlive = 1 + Math.min(NUM_LARGE[work] - 1, Math.floor(MAX_ARENA_BYTES / peakActivationBytes));
  const hasArena = peakActivationBytes <= MAX_ARENA_BYTES;
  // Rows of many lengths: one too large for an arena leaves what the bound allows to the shorter ones (Gemma 3 270M: 3.0 GB measured, 2.1 without them).
  const ofShorter = hasArena || work !== 'forward' ? 0 : ALLOCATED_PER_LIVE_BYTE * MAX_ARENA_BYTES;
  const activationBytes = (hasArena ? ALLOCATED_PER_LIVE_BYTE : 1) * numAlive * peakActivationBytes + ofShorter;
  return {
    ...facts,
    trainedBytes,
    sessionBytes,
    activationBytes,
    totalBytes: base + trainedBytes + sessionBytes + activationBytes,
    gflopPerStep: matMulFlops / 1e9,
  };
}

const f32 = (shape: Shape): InputType => ({ shape, dtype: 'float32' });
const i32 = (shape: Shape): InputType => ({ shape, dtype: 'int32' });

/** The largest program of some work, its inputs beside the weights, and how many numbers are trained. */
function programOf(
  config: ModelConfig,
  work: ModelWork,
  { batchSize, maxLength, loraRank, stepProgram }: WorkSizes,
): { program: Program; inputs: Record<string, InputType>; numTrained: number } {
  const numTargets = Math.ceil((batchSize * maxLength) / 2);
  const batch = {
    inputIds: i32([batchSize, maxLength]),
    targetPositions: i32([numTargets]),
    targetIds: i32([numTargets]),
    targetWeights: f32([numTargets]),
    targetRows: i32([numTargets]),
    rowWeights: f32([batchSize]),
  };
  if (work === 'forward') return { program: lossProgram(config, 0), inputs: batch, numTrained: 0 };
  const { loraRank: usualRank, loraAlpha: alpha, influences } = bilevelConfig.parse({});
  const adapter = createAdapter(config, { rank: loraRank ?? usualRank, alpha }, 0);
  const factors = [...adapter.factors].flatMap(([module, { a, b }]) => [
    [factorNames(module).a, f32(a.shape)] as const,
    [factorNames(module).b, f32(b.shape)] as const,
  ]);
  const names = factors.map(([name]) => name);
  const numTrained = factors.reduce((sum, [, { shape }]) => sum + sizeOf(shape), 0);
  const inputs = { ...batch, ...Object.fromEntries(factors) };
  const ofDefense = work === 'training' ? stepProgram?.({ config, adapter, batchSize, maxLength }) : undefined;
  if (ofDefense !== undefined)
    return { program: ofDefense.program, inputs: { ...ofDefense.inputs, ...Object.fromEntries(factors) }, numTrained };
  if (work === 'training') return { program: gradientProgram(config, adapter.scale, names), inputs, numTrained };
  const directions = [
    'validation',
    ...(influences.includes('pool') ? ['pool'] : []),
    ...(influences.includes('contrast') ? ['harmful'] : []),
  ];
  const directed = directions.flatMap((direction) => factors.map(([name, type]) => [directionInput(direction, name), type] as const));
  return {
    program: influenceProgram(config, adapter.scale, names, directions),
    inputs: { ...inputs, ...Object.fromEntries(directed) },
    numTrained,
  };
}
