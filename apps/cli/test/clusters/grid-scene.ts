import { access, readdir, readFile } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import { runCli } from '../support/run-cli.ts';
import { createScene, type Scene } from '../support/scene.ts';

/** Three rankings, the default method's among them, and six cells. */
const CONFIG = `
name: grid
model: model
maxLength: 160
data:
  alignment: pool.jsonl
  harmful: harmful.jsonl
  validation: trusted.jsonl
  attackHarmful: small/attack-harmful.jsonl
  task: { train: small/task-train.jsonl, test: small/task-test.jsonl }
  harmfulPrompts: small/harmful-prompts.jsonl
selection: { methods: [random, perplexity, pharmacist], keep: [0.4] }
alignment: { defenses: [sft], length: { steps: 3 }, batchSize: 4, lora: { rank: 2 } }
attack: { poisonRatios: [0.2, 0.1], samples: 10, length: { steps: 3 }, batchSize: 4, lora: { rank: 2 } }
evaluation: { maxNewTokens: 6 }
`;
export const NUM_STEPS = 3 + 3 * 2 + 6 * 2;

/** A ranking whose passes are divided, in parts of two batches. */
export function selectionWords(method: string, out: string): string[] {
  const files = ['--alignment', 'pool.jsonl', '--harmful', 'harmful.jsonl', '--validation', 'trusted.jsonl', '--model', 'model'];
  return ['select', ...files, '--method', method, '--max-length', '160', '--batch-size', '4', '--out', out];
}
export const DIVIDED_METHODS = ['perplexity', 'pharmacist'] as const;

/** What differs between two runs of the same is in records, the report and times: none of these files. */
const isResult = (name: string) =>
  /\/(?:ranking\.parquet|core\.jsonl|adapter_model\.safetensors|steps\.jsonl|generations\.jsonl|scores\.json)$/u.test(name);

export interface GridScene extends Scene {
  /** Every result file of a run with its bytes. */
  results(out: string): Promise<Record<string, string>>;
  exists(name: string): Promise<boolean>;
  /** Waits until a file is there. */
  until(name: string): Promise<void>;
}

/** A folder with the grid's configuration, the run `whole` that one process made of it, and a ranking by one process of each method, `whole-METHOD`. */
export async function createGridScene(): Promise<GridScene> {
  const scene = await createScene();
  await scene.writeSmall({ 'attack-harmful': 20, 'task-train': 30, 'task-test': 6, 'harmful-prompts': 6 });
  await scene.write('grid.yaml', CONFIG);
  const rankings = DIVIDED_METHODS.map((method) => selectionWords(method, `whole-${method}`));
  for (const words of [['run', 'grid.yaml', '--out', 'whole'], ...rankings]) {
    const { status, stderr } = await runCli(words, { cwd: scene.dir });
    if (status !== 0) throw new Error(stderr);
  }
  const exists = async (name: string) =>
    await access(scene.path(name)).then(
      () => true,
      () => false,
    );
  return {
    ...scene,
    exists,
    async results(out) {
      const names = (await readdir(scene.path(out), { recursive: true })).map((name) => `/${name}`).filter(isResult);
      return Object.fromEntries(
        await Promise.all(names.toSorted().map(async (name) => [name, await readFile(scene.path(out + name), 'hex')] as const)),
      );
    },
    async until(name) {
      for (let tries = 0; !(await exists(name)); tries++) {
        if (tries > 12_000) throw new Error(`${name} does not come`);
        await setTimeout(50);
      }
    },
  };
}
