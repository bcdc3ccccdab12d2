import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { EngineError } from '@pharmacist/core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { float32 } from '../host-tensor.ts';
import { valueAndGradients } from '../value-and-gradients.ts';
import { createEngine } from './create-engine.ts';
import type { Engine } from './engine.ts';
import { NODE_GPU_VARIABLE, startNodeGpu } from './node-gpu.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pharmacist-node-gpu-'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

/** A package in `folder` whose code is `code`; `tf` there is the tfjs-core of this process. */
async function writePackage(code: string, { hasNativePart }: { hasNativePart: boolean }): Promise<void> {
  const core = createRequire(import.meta.url).resolve('@tensorflow/tfjs-core');
  await writeFile(join(folder, 'package.json'), JSON.stringify({ name: '@tensorflow/tfjs-node-gpu', version: '4.22.0', main: 'index.js' }));
  await writeFile(join(folder, 'index.js'), `const tf = require(${JSON.stringify(core)});\n${code}`);
  if (!hasNativePart) return;
  await mkdir(join(folder, 'lib', 'napi-v8'), { recursive: true });
  await writeFile(join(folder, 'lib', 'napi-v8', 'tfjs_binding.node'), '');
}

/** What `@tensorflow/tfjs` does to the process when it is loaded, in small: a gradient and a kernel in the place of ours. */
const OVERWRITE = `
tf.registerGradient({ kernelName: 'Square', inputsToSave: ['x'], gradFunc: (dy) => ({ x: () => tf.zerosLike(dy) }) });
tf.unregisterKernel('RmsNorm', 'tensorflow');
tf.registerKernel({ kernelName: 'RmsNorm', backendName: 'tensorflow', kernelFunc: () => { throw new Error('theirs'); } });
`;

async function gradientOfSquare(engine: Engine): Promise<number[]> {
  const program = engine.compile('square', (inputs) => {
    const { gradients } = valueAndGradients({ x: inputs['x']! }, ({ x }) => ({ loss: tf.sum(tf.square(x!)) }));
    return gradients;
  });
  return [...(await program.run({ x: float32([2], [1, -3]) }))['x']!.data];
}

const faultOf = (environment: NodeJS.ProcessEnv) => {
  try {
    startNodeGpu(environment);
  } catch (error) {
    return error as EngineError;
  }
  return expect.fail('no error');
};

describe('startNodeGpu', () => {
  it('loads nothing of a package without its native part', async () => {
    await writePackage(`globalThis.wasLoaded = true;`, { hasNativePart: false });
    const fault = faultOf({ [NODE_GPU_VARIABLE]: folder });
    expect(fault).toBeInstanceOf(EngineError);
    expect(fault.message).toContain('without its native part');
    expect(fault.hint).toContain(NODE_GPU_VARIABLE);
    expect(globalThis).not.toHaveProperty('wasLoaded');
  });

  it('says that there is no package in the folder named', () => {
    expect(faultOf({ [NODE_GPU_VARIABLE]: folder }).message).toContain(`there is no @tensorflow/tfjs-node-gpu in ${folder}`);
  });

  it('puts gradients and kernels back when the native part does not load', async () => {
    const ours = tf.getKernel('RmsNorm', 'tensorflow');
    await writePackage(`${OVERWRITE}\nthrow new Error('no libtensorflow');`, { hasNativePart: true });
    const fault = faultOf({ [NODE_GPU_VARIABLE]: folder });
    expect(fault.message).toContain('its native part does not load');
    expect((fault.cause as Error).message).toBe('no libtensorflow');
    expect(tf.getKernel('RmsNorm', 'tensorflow')).toBe(ours);
  });

  it('leaves auto with an engine that differentiates as ours do', async () => {
    await writePackage(`${OVERWRITE}\nthrow new Error('no libtensorflow');`, { hasNativePart: true });
    vi.stubEnv(NODE_GPU_VARIABLE, folder);
    const { engine, reason } = await createEngine({ numThreads: 1 });
    expect(reason).toContain('tfjs-node-gpu: @tensorflow/tfjs-node-gpu is installed, but its native part does not load');
    expect(await gradientOfSquare(engine)).toEqual([2, -6]);
    await engine.dispose();
    const { engine: eager } = await createEngine({ name: 'tfjs-cpu' });
    expect(await gradientOfSquare(eager)).toEqual([2, -6]);
    await eager.dispose();
  });

  it('puts them back after a package that loads', async () => {
    await writePackage(`${OVERWRITE}\ntf.registerBackend('tensorflow', () => ({ isUsingGpuDevice: true, dispose() {} }));`, {
      hasNativePart: true,
    });
    const engine = startNodeGpu({ [NODE_GPU_VARIABLE]: folder });
    expect([engine.description, Object.values(engine.versions)]).toEqual(['tfjs-node-gpu (eager, CUDA)', ['4.22.0']]);
    const { engine: eager } = await createEngine({ name: 'tfjs-cpu' });
    expect(await gradientOfSquare(eager)).toEqual([2, -6]);
    await eager.dispose();
    tf.removeBackend('tensorflow');
  });
});
