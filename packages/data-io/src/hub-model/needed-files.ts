import { FileError } from '@pharmacist/core';

/** Everything that a model is read from beside its weights; only the first must be there. */
const SMALL_FILES = [
  'config.json',
  'generation_config.json',
  'tokenizer.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'chat_template.jinja',
  'chat_template.json',
];

/** Forms of weights, the first that is there is taken: one file, or an index of shards. */
const WEIGHTS = ['', '.bf16', '.fp16'].map((variant) => ({
  single: `model${variant}.safetensors`,
  index: `model.safetensors.index${variant}.json`,
}));

/** Which files of a repository are needed: the small ones, and of the weights the file, or the index that names the others. */
export interface NeededFiles {
  readonly small: readonly string[];
  readonly weights: { readonly single: string } | { readonly index: string };
}

/** The two files of an adapter of PEFT. */
const ADAPTER_CONFIG = 'adapter_config.json';
const ADAPTER_WEIGHTS = 'adapter_model.safetensors';

/** The same of an adapter. @throws {FileError} saying what the repository holds instead. */
export function neededAdapterFiles(paths: readonly string[], where: string): NeededFiles {
  const has = (path: string) => paths.includes(path);
  if (has(ADAPTER_CONFIG) && has(ADAPTER_WEIGHTS)) return { small: [ADAPTER_CONFIG], weights: { single: ADAPTER_WEIGHTS } };
  const [what, hint] = has('adapter_model.bin')
    ? ['holds its adapter as adapter_model.bin only', 'save it with safe_serialization=True in PEFT, and name that folder']
    : has('config.json')
      ? ['holds a model, not an adapter', 'name it with --model']
      : [`holds no adapter: not ${has(ADAPTER_CONFIG) ? ADAPTER_WEIGHTS : ADAPTER_CONFIG}`, 'name an adapter that PEFT saved'];
  throw new FileError(what, { where, hint });
}

/** Files without which a folder of the cache is no whole adapter. */
export const ADAPTER_PARTS: readonly string[] = [ADAPTER_CONFIG, ADAPTER_WEIGHTS];

/** @throws {FileError} saying what the repository holds instead of a model that can be opened. */
export function neededFiles(paths: readonly string[], where: string): NeededFiles {
  const has = (path: string) => paths.includes(path);
  const some = (pattern: RegExp) => paths.find((path) => pattern.test(path));
  for (const { single, index } of WEIGHTS) {
    if (!has(single) && !has(index)) continue;
    if (!has('config.json')) break;
    const small = SMALL_FILES.filter(has);
    return has(single) ? { small, weights: { single } } : { small: [...small, index], weights: { index } };
  }
  const [what, hint] =
    some(/^adapter_model\./) !== undefined
      ? ['holds an adapter, not a model', 'name its base model with --model, and the adapter with --adapter']
      : some(/\.gguf$/) !== undefined
        ? [
            `holds no safetensors, but GGUF files (${some(/\.gguf$/)})`,
            'download one of them, and make a model folder of it: pharmacist import FILE OUT',
          ]
        : has('consolidated.safetensors')
          ? ["holds weights under its maker's own names only (consolidated.safetensors)", 'name a repository with model.safetensors']
          : some(/^pytorch_model.*\.bin/) !== undefined
            ? ['holds its weights as pytorch_model.bin only', 'save it with safe_serialization=True in transformers, and name that folder']
            : ['holds no model: neither model.safetensors, nor an index of shards beside config.json', 'name a language model'];
  throw new FileError(what, { where, hint });
}

/** The shards that an index names, without those that are nowhere. @throws {FileError} if it names none, or one that is not in the repository. */
export function shardsOf(index: unknown, paths: readonly string[], where: string): string[] {
  const map = (index as { weight_map?: unknown } | null)?.weight_map;
  const names = new Set(typeof map === 'object' && map !== null ? Object.values(map) : []);
  const shards = [...names].filter((name) => typeof name === 'string' && paths.includes(name)) as string[];
  if (shards.length > 0 && shards.length === names.size) return shards;
  throw new FileError('has an index that names shards which are not there', { where, hint: 'choose another revision, or tell its maker' });
}
