import type { GgufImport, MergedCheckpoint } from '@pharmacist/language-model';
import { byteSize, count, counted } from './format.ts';
import { printable } from './printable.ts';

const DTYPE_NAMES = { F32: 'float32', BF16: 'bfloat16', F16: 'float16' } as const;

/** What an import came to, for a person. */
export function importSummary(
  { config, tensorTypes, dtypes, numParameters, weightBytes }: GgufImport,
  { gguf, out }: { gguf: string; out: string },
): string {
  const stored = Object.keys(dtypes).map((name) => DTYPE_NAMES[name as keyof typeof DTYPE_NAMES]);
  const types = Object.entries(tensorTypes).map(([name, number]) => `${count(number)} ${name}`);
  const isWide = dtypes.F32 === numParameters && Object.keys(tensorTypes).some((name) => name !== 'F32');
  return (
    `\nImported ${printable(gguf)}: ${config.modelType}, ${count(numParameters)} parameters in ${counted(config.numLayers, 'layer')}.\n\n` +
    `Model:   ${printable(out)}\n` +
    `Read:    ${types.join(', ')}\n` +
    `Written: ${stored.join(' and ')}, ${byteSize(weightBytes)}\n` +
    (isWide ? 'Every quantised weight is exact in float32; --dtype bfloat16 takes half the room.\n' : '')
  );
}

/** What a merge came to, for a person. */
export function mergeSummary(
  { files, numChanged, numCopied, weightBytes }: MergedCheckpoint,
  { model, adapters, out }: { model: string; adapters: readonly string[]; out: string },
): string {
  return (
    `\nMerged ${adapters.map(printable).join(', then ')} into ${printable(model)}.\n\n` +
    `Model:   ${printable(out)}\n` +
    `Weights: ${count(numChanged)} changed, ${count(numCopied)} as they were, ${byteSize(weightBytes)} in ${counted(files.length, 'file')}\n`
  );
}
