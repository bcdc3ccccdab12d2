import { ModelError } from '@pharmacist/core';
import { shown } from '../problem-list.ts';
import { familyTitles } from './registry.ts';

/** What this project lacks for models that people do have; the patterns meet `model_type` and `general.architecture` alike. */
const MISSING: readonly [pattern: RegExp, missing: string][] = [
  [/^gpt-?2$|^gpt_?bigcode$|^starcoder$|^opt$/, 'embeddings of positions and an MLP without a gate'],
  [
    /^gpt_?neo(x)?$|^gptneox$|^gptj$|^falcon$|^bloom$|^mpt$|^phi(-?2)?$|^starcoder2$/,
    'an MLP without a gate, and its own fused projections',
  ],
  [/mo[ae]|^mixtral$|^dbrx$|^deepseek_?[23]?(v[23])?$|^gpt[-_]?oss$|^llama4/, 'a mixture of experts'],
  [
    /mamba|^rwkv|^jamba|^qwen3_?next$|^qwen3_?5|^recurrent_?gemma$|^lfm2|falcon_?h1|granite_?hybrid/,
    'layers with a state in place of attention',
  ],
  [/^(m)?t5|^bart$|^ul2|^t5gemma|^umt5$|^marian$|^whisper$|^pegasus$/, 'an encoder'],
  [/bert|^electra$|^deberta/, 'it is an encoder and writes no text'],
  [/^gemma3$|^gemma3n|^gemma4|_vl|vl_|vl$|llava|^mllama$|^paligemma|^mistral3$|^idefics|^smolvlm/, 'images; save its language model alone'],
  [/^gemma-?embedding$|^cohere|^command-?r/, 'norms of its own'],
];

/**
 * The error for a model of no family here: one message with what there is and what this one would need.
 * @param name what the file calls the family. @param where the file.
 */
export function unknownFamily(name: unknown, where: string): ModelError {
  const missing =
    typeof name === 'string' && name.length < 100 ? MISSING.find(([pattern]) => pattern.test(name.toLowerCase()))?.[1] : undefined;
  const reason = missing === undefined ? 'its form is not known here' : `missing here: ${missing}`;
  return new ModelError(`is a model of the family ${shown(name)}, which is not supported (${reason})`, {
    where,
    hint: `use a model of one of these families: ${familyTitles()}`,
  });
}
