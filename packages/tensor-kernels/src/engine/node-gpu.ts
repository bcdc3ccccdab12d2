import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { EngineError } from '@pharmacist/core';
import { registerKernels } from '../kernels/kernel.ts';
import { EagerEngine } from './eager-engine.ts';

const PACKAGE = '@tensorflow/tfjs-node-gpu';
/** Names a folder with the package, its native part included, in place of the one that is installed. */
export const NODE_GPU_VARIABLE = 'PHARMACIST_TFJS_NODE_GPU';

/** What is asked of the backend that the package registers. */
interface NodeBackend {
  readonly isUsingGpuDevice: boolean;
}

/**
 * The eager engine on tfjs-node-gpu. Loading the package loads `@tensorflow/tfjs`, whose gradients take the place of ours in the whole
 * process; ours are registered again afterwards, and when loading fails half-way too.
 * @throws {EngineError} if the package is not installed, has no native part, or that does not load.
 */
export function startNodeGpu(environment: NodeJS.ProcessEnv = process.env): EagerEngine {
  const require = createRequire(import.meta.url);
  const manifest = manifestPath(require, environment[NODE_GPU_VARIABLE]);
  if (!hasNativePart(dirname(manifest)))
    throw new EngineError(`${PACKAGE} is installed, but without its native part`, {
      where: 'tfjs-node-gpu',
      hint: `let its install script download it (npm rebuild ${PACKAGE}), or name a folder with a built one in ${NODE_GPU_VARIABLE}`,
    });
  try {
    // TensorFlow writes what it found of the machine to stderr; its errors stay.
    process.env['TF_CPP_MIN_LOG_LEVEL'] ??= '2';
    require(dirname(manifest));
  } catch (cause) {
    throw new EngineError(`${PACKAGE} is installed, but its native part does not load`, {
      where: 'tfjs-node-gpu',
      cause,
      hint: 'it needs libtensorflow (downloaded by its install script), CUDA 11.2 and cuDNN 8.1',
    });
  } finally {
    registerKernels();
  }
  const backend = tf.findBackend('tensorflow') as unknown as NodeBackend;
  const { version } = require(manifest) as { version: string };
  return new EagerEngine({
    name: 'tfjs-node-gpu',
    backend: 'tensorflow',
    description: `tfjs-node-gpu (eager, ${backend.isUsingGpuDevice ? 'CUDA' : 'on the CPU'})`,
    versions: { [PACKAGE]: version },
  });
}

/** Whether an engine of `startNodeGpu` computes on a graphics card. */
export function isOnGpu(): boolean {
  return (tf.findBackend('tensorflow') as unknown as NodeBackend | null)?.isUsingGpuDevice === true;
}

function manifestPath(require: NodeJS.Require, folder: string | undefined): string {
  const request = folder === undefined || folder === '' ? `${PACKAGE}/package.json` : join(folder, 'package.json');
  try {
    return require.resolve(request);
  } catch (cause) {
    throw new EngineError(folder ? `there is no ${PACKAGE} in ${folder}` : `the optional package ${PACKAGE} is not installed`, {
      where: 'tfjs-node-gpu',
      cause,
      hint: `install ${PACKAGE} 4.22 beside this program, with its build script allowed`,
    });
  }
}

/** Asked before anything is loaded: `lib/napi-v8/tfjs_binding.node`, for one version or another of Node's interface. */
function hasNativePart(folder: string): boolean {
  const lib = join(folder, 'lib');
  return existsSync(lib) && readdirSync(lib).some((name) => existsSync(join(lib, name, 'tfjs_binding.node')));
}
