import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { EngineError } from '@pharmacist/core';
import {
  type Batch,
  factorNames,
  type ModelConfig,
  type LoraAdapter,
  projectionsOf,
  moduleName,
  writeSafetensors,
} from '@pharmacist/language-model';
import { type HostTensor, int32 } from '@pharmacist/tensor-kernels';

const SCRIPT = fileURLToPath(new URL('../../../tooling/peers/torch_step.py', import.meta.url));

/** Without these PyTorch loses a factor of two to three on a small machine, to spinning threads and to memory handed back after every step. */
export const TUNED_ENVIRONMENT = {
  OMP_WAIT_POLICY: 'PASSIVE',
  MALLOC_TRIM_THRESHOLD_: '4294967296',
  MALLOC_MMAP_THRESHOLD_: '4294967296',
  MALLOC_TOP_PAD_: '268435456',
};

/** True if this interpreter exists and can load torch and safetensors. */
export function hasTorch(python: string): boolean {
  return spawnSync(python, ['-c', 'import torch, safetensors'], { stdio: 'ignore' }).status === 0;
}

/** Writes one model, adapter and batch under the names that the peer reads. */
export async function writePeerFile(
  path: string,
  {
    config,
    weights,
    adapter,
    batch,
  }: { config: ModelConfig; weights: ReadonlyMap<string, HostTensor>; adapter: LoraAdapter; batch: Batch },
): Promise<void> {
  const tensors = new Map<string, HostTensor>([
    ['emb', weights.get('model.embed_tokens.weight')!],
    ['norm', weights.get('model.norm.weight')!],
    ['input_ids', int32([batch.batchSize, batch.sequenceLength], batch.inputIds)],
    ['target_positions', int32([batch.numTargets], batch.targetPositions.slice(0, batch.numTargets))],
    ['target_ids', int32([batch.numTargets], batch.targetIds.slice(0, batch.numTargets))],
  ]);
  for (let layer = 0; layer < config.numLayers; layer++) {
    tensors.set(`layers.${layer}.norm1`, weights.get(`model.layers.${layer}.input_layernorm.weight`)!);
    tensors.set(`layers.${layer}.norm2`, weights.get(`model.layers.${layer}.post_attention_layernorm.weight`)!);
    for (const projection of projectionsOf(config)) {
      const module = moduleName(layer, projection);
      const { a, b } = adapter.factors.get(module)!;
      const short = `layers.${layer}.${projection.name.replace('_proj', '')}`;
      tensors.set(`${short}.weight`, weights.get(`${module}.weight`)!);
      tensors.set(`${short}.a`, a);
      tensors.set(`${short}.b`, b);
    }
  }
  await writeSafetensors(path, tensors);
}

/** One step as the process that makes it measures it. */
export interface StepReport {
  readonly ms: number;
  /** Of all threads. */
  readonly cpuMs: number;
  /** Peak so far. */
  readonly rssBytes: number;
}

/** The peer as a server: one JSON line a question, one an answer. */
export class TorchPeer {
  /** Versions and settings as the peer found them. */
  readonly about: Readonly<Record<string, unknown>>;
  readonly #process: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  private constructor(process: ChildProcess, lines: AsyncIterator<string>, about: Record<string, unknown>) {
    this.#process = process;
    this.#lines = lines;
    this.about = about;
  }

  /** @throws {EngineError} if the peer ends before it says what it is. */
  static async start(
    python: string,
    weights: string,
    { config, adapter }: { config: ModelConfig; adapter: LoraAdapter },
  ): Promise<TorchPeer> {
    const shape = [
      config.vocabSize,
      config.hiddenSize,
      config.numLayers,
      config.numAttentionHeads,
      config.intermediateSize,
      adapter.rank,
      adapter.alpha,
      config.numKeyValueHeads,
    ].join();
    const child = spawn(python, [SCRIPT, '--weights', weights, '--shape', shape], {
      env: { ...process.env, ...TUNED_ENVIRONMENT },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
    return new TorchPeer(child, lines, await nextLine(lines));
  }

  /** Loss in nats and L2 norm of the gradient over all factors. */
  async loss(): Promise<{ loss: number; gradientNorm: number }> {
    const { loss, gradientNorm } = await this.#ask('loss');
    return { loss: loss as number, gradientNorm: gradientNorm as number };
  }

  /** One timed step: wall time as the peer measures it, without the messages. */
  async step(): Promise<StepReport> {
    const { ms, cpuMs, rssBytes } = await this.#ask('step');
    return { ms: ms as number, cpuMs: cpuMs as number, rssBytes: rssBytes as number };
  }

  close(): void {
    this.#process.stdin!.end('{"cmd": "quit"}\n');
  }

  async #ask(cmd: string): Promise<Record<string, unknown>> {
    this.#process.stdin!.write(`${JSON.stringify({ cmd })}\n`);
    const answer = await nextLine(this.#lines);
    if ('error' in answer) throw new EngineError(String(answer['error']), { where: 'PyTorch peer' });
    return answer;
  }
}

async function nextLine(lines: AsyncIterator<string>): Promise<Record<string, unknown>> {
  const { value, done } = await lines.next();
  if (done === true) throw new EngineError('ended early', { where: 'PyTorch peer', hint: 'its own message is above' });
  return JSON.parse(value as string) as Record<string, unknown>;
}

/** The names of an adapter's trained tensors. */
export function trainedNames(adapter: LoraAdapter): string[] {
  return [...adapter.factors.keys()].flatMap((module) => Object.values(factorNames(module)));
}
