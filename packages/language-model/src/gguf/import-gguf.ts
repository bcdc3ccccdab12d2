import { join } from 'node:path';
import { type Reporter, silentReporter, writeFolderAtomic, writeJsonAtomic } from '@pharmacist/core';
import { checkShapes } from '../checkpoint.ts';
import { type ModelConfig, writeModelConfig } from '../config.ts';
import { bytesOf, type FloatDtype, writeStreamedWeights } from '../streamed-weights.ts';
import { exactDtypes } from './exact-dtypes.ts';
import { GgufFile } from './gguf-file.ts';
import { configFromGguf } from './model-config.ts';
import { type GgufWeight, stateDictFromGguf } from './state-dict.ts';
import { tokenizerFromGguf } from './tokenizer-files.ts';

export interface GgufImport {
  readonly config: ModelConfig;
  /** Tensors of each type in the file, for instance { Q4_1: 210, F32: 61 }. */
  readonly tensorTypes: Readonly<Record<string, number>>;
  /** Weights of each type in what was written, the most first. */
  readonly dtypes: Readonly<Partial<Record<FloatDtype, number>>>;
  readonly numParameters: number;
  readonly weightBytes: number;
}

export interface ImportGgufOptions {
  /** `exact`, the default: 16 bits where the file has 16 bits, f32 for quantised weights. F16 and BF16 round. */
  readonly dtype?: FloatDtype | 'exact';
  readonly reporter?: Reporter;
  readonly signal?: AbortSignal | undefined;
}

const TORCH_DTYPES = { F32: 'float32', F16: 'float16', BF16: 'bfloat16' } as const;

/**
 * Imports a GGUF file into a Hugging Face directory: model.safetensors, tokenizer.json, tokenizer_config.json, generation_config.json and
 * config.json. Weights are dequantised exactly, one in memory at a time. The directory appears whole or not at all.
 * @throws {ConfigError} if `outDir` exists and is not empty.
 * @throws {ModelError} if the file is damaged or of an unsupported form. @throws {InterruptedError}
 */
export async function importGguf(path: string, outDir: string, options: ImportGgufOptions = {}): Promise<GgufImport> {
  const { dtype = 'exact', reporter = silentReporter, signal } = options;
  const file = await GgufFile.open(path);
  try {
    return await writeFolderAtomic(outDir, async (folder) => {
      const config = await configFromGguf(file);
      const { tokenizer, tokenizerConfig } = tokenizerFromGguf(file);
      const weights = stateDictFromGguf(file, config);
      checkShapes(path, config, new Map([...weights].map(([name, { shape }]) => [name, shape])));
      const dtypes = dtype === 'exact' ? await exactDtypes(weights) : new Map([...weights.keys()].map((name) => [name, dtype]));
      await writeJsonAtomic(join(folder, 'tokenizer.json'), tokenizer);
      await writeJsonAtomic(join(folder, 'tokenizer_config.json'), { ...tokenizerConfig, model_max_length: config.maxPositionEmbeddings });
      const streamed = new Map([...weights].map(([name, weight]) => [name, { ...weight, dtype: dtypes.get(name)! }]));
      await writeStreamedWeights(join(folder, 'model.safetensors'), streamed, { source: path, phase: 'Writing weights', reporter, signal });
      const sizes = sizesOf(weights, dtypes);
      const [main] = Object.keys(sizes) as FloatDtype[];
      await writeModelConfig(folder, { ...config, raw: { ...config.raw, torch_dtype: TORCH_DTYPES[main!] } });
      const tensorTypes: Record<string, number> = {};
      for (const { format } of file.tensors.values()) tensorTypes[format.name] = (tensorTypes[format.name] ?? 0) + 1;
      const total = (of: (dtype: FloatDtype) => number) =>
        Object.entries(sizes).reduce((sum, [name, size]) => sum + size * of(name as FloatDtype), 0);
      return { config, tensorTypes, dtypes: sizes, numParameters: total(() => 1), weightBytes: total(bytesOf) };
    });
  } finally {
    await file.close();
  }
}

/** Parameters stored in each type, the type of most first. */
function sizesOf(weights: ReadonlyMap<string, GgufWeight>, dtypes: ReadonlyMap<string, FloatDtype>): Partial<Record<FloatDtype, number>> {
  const sizes = new Map<FloatDtype, number>();
  for (const [name, { shape }] of weights) {
    const dtype = dtypes.get(name)!;
    sizes.set(dtype, (sizes.get(dtype) ?? 0) + shape.reduce((product, size) => product * size, 1));
  }
  return Object.fromEntries([...sizes].sort(([, a], [, b]) => b - a));
}
