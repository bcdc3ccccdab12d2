import { isAbsolute, join, relative, resolve } from 'node:path';
import { hashOfValue, ModelError, pathExists, sha256 } from '@pharmacist/core';
import { writeModelConfig, type ModelConfig } from './config.ts';
import { type HalfTensor, type HostTensor, isHalf, widened } from '@pharmacist/tensor-kernels';
import { expectedShapes } from './decoder/weight-shapes.ts';
import { checkFinite } from './finite.ts';
import { hashOfFiles } from './hash-of-files.ts';
import { isJsonObject, readJsonObject } from './json-file.ts';
import { problemLines, shown } from './problem-list.ts';
import { KnownFiles } from './known-files.ts';
import { SafetensorsFile, writeSafetensors, type WriteSafetensorsOptions } from './safetensors.ts';
import { mayBeHead, settleHead, withStoredHead } from './tied-head.ts';

const SINGLE_FILE = 'model.safetensors';
const INDEX_FILE = 'model.safetensors.index.json';
/** Copies of a model in fewer bits, taken where there is no other. */
const VARIANTS = ['bf16', 'fp16'];
const SAVE_AGAIN = 'save the model with safe_serialization=True in transformers';
const OTHER_FORMS = [
  [
    'consolidated.safetensors',
    "that file has its maker's own names: take model.safetensors, or the shards and their index, of the same model",
  ],
  [
    'consolidated.safetensors.index.json',
    "those files have their maker's own names: take the shards of model.safetensors.index.json of the same model",
  ],
  ['pytorch_model.bin', SAVE_AGAIN],
  ['pytorch_model.bin.index.json', SAVE_AGAIN],
] as const;

/** Gets the weights one by one, under the names of the Hugging Face state dict and as its own; those of sixteen bits as they are stored. */
export type TakeWeight = (name: string, tensor: HostTensor | HalfTensor) => Promise<void>;

/** What weights belong to. */
export interface CheckpointFacts {
  /** SHA-256 over the names and bytes of config.json and every weight file. */
  readonly contentHash: string;
  /** What to compute with: as asked for, but with an output projection of its own where a different one is stored beside tied embeddings. */
  readonly config: ModelConfig;
}

/** A language model's weights as f32; without `lm_head.weight` where embeddings are tied. */
export interface Checkpoint extends CheckpointFacts {
  readonly weights: Map<string, HostTensor>;
}

/** Reads a Hugging Face directory into memory. Weights in f16, bf16 or f64 become f32. Errors as for {@link visitCheckpoint}. */
export async function readCheckpoint(dir: string, config: ModelConfig): Promise<Checkpoint> {
  const weights = new Map<string, HostTensor>();
  const facts = await visitCheckpoint(dir, config, async (name, tensor) => {
    weights.set(name, isHalf(tensor) ? widened(tensor) : tensor);
  });
  return { ...facts, weights };
}

/**
 * Reads the weights of a Hugging Face directory, `model.safetensors` or the shards that `model.safetensors.index.json` names, once, and hands
 * them on one by one.
 * @throws {ModelError} listing every missing, unexpected or misshapen weight, or naming the first weight with a NaN or an infinity.
 */
export async function visitCheckpoint(dir: string, config: ModelConfig, take: TakeWeight): Promise<CheckpointFacts> {
  /** Tied embeddings and a head that is stored all the same: both are there before it is known what they mean. */
  const unsettled = new Map<string, HostTensor | HalfTensor>();
  let hasHead = false;
  const contentHash = await visitWeights(
    dir,
    (files) => {
      const sources = checkNames(dir, config, files);
      const shapes = withStoredHead(config, expectedShapes(config), new Set(sources.keys()));
      hasHead = config.tieWordEmbeddings && [...shapes.keys()].some((name) => mayBeHead(name));
      return new Map([...shapes.keys()].map((name) => [name, sources.get(name)!]));
    },
    async (name, tensor) => {
      if (hasHead && mayBeHead(name)) unsettled.set(name, tensor);
      else await take(name, tensor);
    },
  );
  const settled = settleHead(config, unsettled);
  for (const [name, tensor] of unsettled) await take(name, tensor);
  // Work that was done with the embedding in the head's place is another model's.
  return { config: settled, contentHash: settled === config ? contentHash : sha256(`${contentHash} + its own head`) };
}

/**
 * Reads the weights that `choose` takes from the open files of a directory, each from the file it names, and closes the files.
 * @param knownFiles are neither hashed nor looked through for NaN again.
 * @returns SHA-256 over the names and bytes of config.json and every weight file.
 * @throws {ModelError} if there are no safetensors, an index leads elsewhere, a weight has a NaN or an infinity, or a file changed meanwhile; whatever `choose` and
 * `take` throw.
 */
export async function visitWeights(
  dir: string,
  choose: (files: readonly SafetensorsFile[]) => ReadonlyMap<string, SafetensorsFile>,
  take: TakeWeight,
  knownFiles = new KnownFiles(),
): Promise<string> {
  const files = await weightFiles(dir);
  const opened: SafetensorsFile[] = [];
  try {
    for (const file of files) opened.push(await SafetensorsFile.open(join(dir, file)));
    const chosen = choose(opened);
    const hashes = new Map<string, string>();
    for (const [index, file] of opened.entries()) {
      hashes.set(files[index]!, await readWanted(file, { isWanted: (name) => chosen.get(name) === file, take, knownFiles }));
    }
    return await hashOfFiles(dir, ['config.json', ...files.toSorted()], hashes);
  } finally {
    for (const file of opened) await file.close();
  }
}

/**
 * Hands on what is wanted of a file, and finds its hash: computed, and no NaN looked over, unless this very file was read before.
 * @returns SHA-256 of the file's bytes.
 */
async function readWanted(
  file: SafetensorsFile,
  { isWanted, take, knownFiles }: { isWanted: (name: string) => boolean; take: TakeWeight; knownFiles: KnownFiles },
): Promise<string> {
  const known = await knownFiles.recall(file.identity);
  const finite = hashOfValue([...file.tensors.keys()].filter(isWanted).toSorted());
  const checked = async (name: string, tensor: HostTensor | HalfTensor) => {
    if (known?.finite !== finite) checkFinite(name, tensor, file.path);
    await take(name, tensor);
  };
  const hash = await file.readAll(checked, { knownHash: known?.sha256, isWanted });
  if (known !== undefined) await file.assertUnchanged();
  if (known?.finite !== finite && (await file.isUnchanged())) await knownFiles.remember(file.identity, { sha256: hash, finite });
  return hash;
}

/**
 * Writes `model.safetensors`, then `config.json` and `generation_config.json`, so that transformers opens the directory.
 * @throws {ModelError} if a weight is missing, unexpected or of another shape than `config` says.
 */
export async function writeCheckpoint(
  dir: string,
  config: ModelConfig,
  weights: ReadonlyMap<string, HostTensor>,
  { dtype = 'F32' }: Pick<WriteSafetensorsOptions, 'dtype'> = {},
): Promise<void> {
  const kept = new Map([...weights].filter(([name]) => !isRotaryTable(name)));
  const settled = settleHead(config, kept);
  checkShapes(dir, settled, new Map([...kept].map(([name, { shape }]) => [name, shape])));
  await writeSafetensors(join(dir, SINGLE_FILE), kept, { dtype, metadata: { format: 'pt' } });
  const torchDtype = { F32: 'float32', F16: 'float16', BF16: 'bfloat16' }[dtype];
  await writeModelConfig(dir, { ...settled, raw: { ...config.raw, torch_dtype: torchDtype } });
}

/** @throws {ModelError} if a weight is missing, unexpected or of another shape than `config` says; `where` names the model. */
export function checkShapes(where: string, config: ModelConfig, shapes: ReadonlyMap<string, readonly number[]>): void {
  throwIfAny(where, compareShapes(config, shapes));
}

/**
 * Names of the weight files of a directory, in the order of its index: the one file or the shards, without or with the mark of a variant.
 * @throws {ModelError} naming what is there instead.
 */
export async function weightFiles(dir: string): Promise<string[]> {
  let indexPath: string | undefined;
  for (const [single, index] of [
    [SINGLE_FILE, INDEX_FILE],
    ...VARIANTS.map((name) => [`model.${name}.safetensors`, `model.safetensors.index.${name}.json`]),
  ]) {
    if (await pathExists(join(dir, single!))) return [single!];
    if (indexPath === undefined && (await pathExists(join(dir, index!)))) indexPath = join(dir, index!);
  }
  if (indexPath === undefined) {
    for (const [other, hint] of OTHER_FORMS) {
      if (!(await pathExists(join(dir, other)))) continue;
      throw new ModelError(`has neither ${SINGLE_FILE} nor ${INDEX_FILE}, only ${other}`, { where: dir, hint });
    }
    throw new ModelError(`has neither ${SINGLE_FILE} nor ${INDEX_FILE}`, {
      where: dir,
      hint: 'name a directory with the weights as safetensors',
    });
  }
  const { weight_map: weightMap } = await readJsonObject(indexPath);
  const files = isJsonObject(weightMap) ? [...new Set(Object.values(weightMap))] : [];
  if (files.length === 0) throw new ModelError('has no weight_map', { where: indexPath, hint: 'download the file again' });
  return files.map((file) => {
    if (typeof file !== 'string' || !staysInside(dir, file)) {
      throw new ModelError(`names the shard ${shown(file)} and so does not name shards in its own directory only`, {
        where: indexPath,
        hint: 'do not use this model unless you know who made it',
      });
    }
    return file;
  });
}

function staysInside(dir: string, file: string): boolean {
  if (file === '' || isAbsolute(file) || file.includes('\\')) return false;
  const path = relative(resolve(dir), resolve(dir, file));
  return path !== '' && path !== '..' && !path.startsWith('../') && !path.startsWith('..\\') && !isAbsolute(path);
}

/** Which open file holds each weight. */
function checkNames(dir: string, config: ModelConfig, files: readonly SafetensorsFile[]): Map<string, SafetensorsFile> {
  const sources = new Map<string, SafetensorsFile>();
  const shapes = new Map<string, readonly number[]>();
  const problems: string[] = [];
  for (const file of files) {
    for (const [name, { shape }] of file.tensors) {
      if (isRotaryTable(name)) continue;
      if (sources.has(name)) problems.push(`${name} is in two shards`);
      sources.set(name, file);
      shapes.set(name, shape);
    }
  }
  throwIfAny(dir, [...problems, ...compareShapes(config, shapes)]);
  return sources;
}

function compareShapes(config: ModelConfig, shapes: ReadonlyMap<string, readonly number[]>): string[] {
  const expected = withStoredHead(config, expectedShapes(config), new Set(shapes.keys()));
  const problems: string[] = [];
  for (const [name, shape] of expected) {
    const found = shapes.get(name);
    if (found === undefined) problems.push(`${name} is missing`);
    else if (found.join() !== shape.join()) problems.push(`${name} is [${found.join(', ')}], config.json says [${shape.join(', ')}]`);
  }
  for (const name of shapes.keys()) {
    if (!expected.has(name)) problems.push(`${name} is not expected`);
  }
  return problems;
}

/** Rotary frequencies, which old versions saved and the configuration says anyway. */
function isRotaryTable(name: string): boolean {
  return name.endsWith('.rotary_emb.inv_freq');
}

function throwIfAny(dir: string, problems: readonly string[]): void {
  if (problems.length === 0) return;
  throw new ModelError(`weights do not fit config.json:${problemLines(problems)}`, {
    where: dir,
    hint: 'use the config.json and the weights of one and the same model',
    details: { problems },
  });
}
