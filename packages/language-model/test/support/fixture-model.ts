import type { Engine, HostTensor } from '@pharmacist/tensor-kernels';
import { type ModelForm, bundledPath, modelPath } from '@pharmacist/test-fixtures';
import { visitCheckpoint } from '../../src/checkpoint.ts';
import type { Batch } from '../../src/collate.ts';
import { type ModelConfig, readModelConfig } from '../../src/config.ts';
import { LanguageModel } from '../../src/language-model.ts';
import { Tokenizer } from '../../src/tokenizer.ts';
import { GoldenTensors } from './golden-tensors.ts';

export { loadAdapter } from './golden-tensors.ts';

const IGNORE_INDEX = -100;

/** A tiny checkpoint of one form, with fields of its configuration replaced; it has no tokenizer of its own, and what reads token ids needs none. */
export async function loadModel(form: ModelForm, engine: Engine, fields: Partial<ModelConfig> = {}): Promise<LanguageModel> {
  const config = { ...(await readModelConfig(modelPath(form))), ...fields };
  const tokenizer = await Tokenizer.load(bundledPath('models', 'tiny'));
  return await LanguageModel.fromVisit({ tokenizer, engine, name: form }, async (take) => visitCheckpoint(modelPath(form), config, take));
}

/** What transformers and PEFT compute in float64, by the names of golden/README.md. */
export class Golden extends GoldenTensors {
  static async read(form: ModelForm): Promise<Golden> {
    return new Golden(await GoldenTensors.tensorsOf('language-model', form));
  }

  /** The tensors whose name starts with `prefix`, by the rest of the name. */
  withPrefix(prefix: string): [name: string, tensor: HostTensor][] {
    return [...this.tensors].flatMap(([name, tensor]) => (name.startsWith(prefix) ? [[name.slice(prefix.length), tensor] as const] : []));
  }

  /** The batch of the golden; its labels have a hole, which rows of prompt and answer never have. */
  batch(): Batch {
    const { shape, data: inputIds } = this.tensor('input_ids');
    const [batchSize, sequenceLength] = shape as [number, number];
    const labels = this.tensor('labels').data;
    const positions: number[] = [];
    for (let b = 0; b < batchSize; b++) {
      for (let t = 1; t < sequenceLength; t++)
        if (labels[b * sequenceLength + t] !== IGNORE_INDEX) positions.push(b * sequenceLength + t - 1);
    }
    const rows = positions.map((position) => Math.floor(position / sequenceLength));
    return {
      batchSize,
      sequenceLength,
      inputIds: Int32Array.from(inputIds),
      targetPositions: Int32Array.from(positions),
      targetIds: Int32Array.from(positions, (position) => labels[position + 1]!),
      targetWeights: new Float32Array(positions.length).fill(1),
      targetRows: Int32Array.from(rows),
      rowTargetCounts: Float32Array.from({ length: batchSize }, (_, b) => rows.filter((row) => row === b).length),
      numRows: batchSize,
      numTargets: positions.length,
    };
  }

  /** Prompts of the greedy generations, without padding. */
  prompts(): Int32Array[] {
    const { shape, data } = this.tensor('generation.prompt_ids');
    return Array.from(this.tensor('generation.prompt_lengths').data, (length, b) =>
      Int32Array.from(data.slice(b * shape[1]!, b * shape[1]! + length)),
    );
  }

  /** Ids that greedy decoding appends to each prompt. */
  newIds(kind: 'base' | 'adapter'): number[][] {
    const { shape, data } = this.tensor(`generation.${kind}_new_ids`);
    return Array.from({ length: shape[0]! }, (_, b) => Array.from(data.subarray(b * shape[1]!, (b + 1) * shape[1]!)));
  }
}
