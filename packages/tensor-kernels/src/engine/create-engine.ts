import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { EngineError } from '@pharmacist/core';
import type { Engine } from './engine.ts';
import { packageVersion } from './calls.ts';
import { OnnxEngine, type OnnxEngineOptions } from './onnx-engine.ts';
import { EagerEngine } from './eager-engine.ts';
import { isOnGpu, startNodeGpu } from './node-gpu.ts';
import { findPlugin, mayHaveAccelerator } from '../pjrt/find-plugin.ts';
import { PjrtEngine, type PjrtEngineOptions } from './pjrt-engine.ts';

export const ENGINE_NAMES = [
  'auto',
  'pjrt',
  'pjrt-bfloat16',
  'pjrt-float32',
  'onnx',
  'onnx-webgpu',
  'onnx-cuda',
  'tfjs-cpu',
  'tfjs-node-gpu',
] as const;
export type EngineName = (typeof ENGINE_NAMES)[number];

/** What the engine asked for does not have, it does without: eager engines keep no sessions, and threads and arenas are ONNX Runtime's. */
export interface CreateEngineOptions extends Omit<OnnxEngineOptions, 'provider'>, Pick<PjrtEngineOptions, 'numDevices'> {
  name?: EngineName;
}

type StartOptions = Omit<CreateEngineOptions, 'name'>;

/** An engine and, for a person, why it is this one. */
export interface EngineChoice {
  readonly engine: Engine;
  readonly reason: string;
}

/**
 * Starts an engine. `auto` takes the fastest that works here: a PJRT plugin where there is an accelerator (or the one that the environment
 * names), then CUDA through ONNX Runtime, then tfjs-node-gpu, then ONNX Runtime on the CPU.
 * (WebGPU is never taken by itself: a software adapter would answer and be slower than the CPU.)
 * `pjrt` multiplies in bfloat16 on an accelerator and in float32 on a CPU; the names with a suffix choose.
 * @throws {EngineError} if the engine named does not work here, with what is missing.
 */
export async function createEngine({ name = 'auto', ...options }: CreateEngineOptions = {}): Promise<EngineChoice> {
  if (name !== 'auto') return { engine: await start(name, options), reason: 'asked for' };
  const reasons: string[] = [];
  for (const candidate of [...(mayHaveAccelerator() ? (['pjrt'] as const) : []), 'onnx-cuda', 'tfjs-node-gpu'] as const) {
    try {
      const engine = await start(candidate, options, { takesCpu: false });
      if (candidate !== 'tfjs-node-gpu' || isOnGpu()) return { engine, reason: 'the fastest that works here' };
      await engine.dispose();
      reasons.push(`${candidate}: it finds no CUDA device`);
    } catch (error) {
      reasons.push(`${candidate}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return { engine: await start('onnx', options), reason: `no GPU engine works here (${reasons.join('; ')})` };
}

async function start(
  name: Exclude<EngineName, 'auto'>,
  { numDevices = 1, ...options }: StartOptions,
  choice?: { takesCpu: boolean },
): Promise<Engine> {
  if (numDevices > 1 && !name.startsWith('pjrt')) {
    throw new EngineError(`${name} runs on one device, and ${numDevices} were asked for`, { where: 'devices', hint: 'use --engine pjrt' });
  }
  const { maxSessions } = options;
  const ofPjrt: PjrtEngineOptions = { numDevices, ...(maxSessions !== undefined && { maxSessions }) };
  switch (name) {
    case 'pjrt':
      return await PjrtEngine.start({ ...ofPjrt, plugin: findPlugin(process.env, choice) });
    case 'pjrt-bfloat16':
      return await PjrtEngine.start({ ...ofPjrt, precision: 'bfloat16' });
    case 'pjrt-float32':
      return await PjrtEngine.start({ ...ofPjrt, precision: 'float32' });
    case 'onnx':
      return new OnnxEngine({ ...options, provider: 'cpu' });
    case 'onnx-webgpu':
      return await probed(
        new OnnxEngine({ ...options, provider: 'webgpu' }),
        'a Vulkan, Metal or Direct3D 12 driver, on Linux with libvulkan1',
      );
    case 'onnx-cuda':
      if (!hasCudaProvider())
        throw new EngineError('the CUDA provider of ONNX Runtime is not installed', {
          where: name,
          hint: "run onnxruntime-node's install script on a machine with CUDA 12, or use --engine onnx",
        });
      return await probed(new OnnxEngine({ ...options, provider: 'cuda' }), 'a CUDA driver and cuDNN');
    case 'tfjs-cpu': {
      await import('@tensorflow/tfjs-backend-cpu');
      return new EagerEngine({
        name,
        backend: 'cpu',
        description: 'tfjs-cpu (reference, slow)',
        versions: { '@tensorflow/tfjs-backend-cpu': packageVersion('@tensorflow/tfjs-backend-cpu') },
      });
    }
    case 'tfjs-node-gpu':
      return startNodeGpu();
  }
}

/** Runs a program of one addition, so that a provider that cannot work says so at the start and not in the middle of a command. */
async function probed(engine: Engine, needs: string): Promise<Engine> {
  try {
    const probe = engine.compile('probe', ({ x }) => ({ y: tf.add(x!, 1) }));
    const { y } = await probe.run({ x: { shape: [2], dtype: 'float32', data: Float32Array.of(1, 2) } });
    if (y!.data[1] !== 3) throw new EngineError(`1 + 2 gave ${y!.data[1]}`);
    return engine;
  } catch (cause) {
    await engine.dispose();
    // ONNX Runtime puts source paths and nested causes before the one sentence that helps.
    const reason = (cause instanceof Error ? cause.message : String(cause))
      .trim()
      .split(/[\n]|was false\. /)
      .at(-1);
    throw new EngineError(`${engine.description} does not work here: ${reason}`, {
      cause,
      hint: `it needs ${needs}; or use --engine onnx`,
    });
  }
}

function hasCudaProvider(): boolean {
  const require = createRequire(import.meta.url);
  const root = dirname(require.resolve('onnxruntime-node/package.json'));
  return existsSync(join(root, 'bin', 'napi-v6', process.platform, process.arch, 'libonnxruntime_providers_cuda.so'));
}
