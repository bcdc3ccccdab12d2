import * as tf from '@tensorflow/tfjs-core';
import { isDeepStrictEqual } from 'node:util';
import { afterEach, beforeEach } from 'vitest';
import { createEngine, type CreateEngineOptions, type Engine } from '@pharmacist/tensor-kernels';

/** Handles by which Node keeps a worker thread. */
const numPorts = () => process.getActiveResourcesInfo().filter((name) => name === 'MessagePort').length;

/**
 * Engines of one test file: each is disposed of after its test, and the test fails if anything outlives it (a tensor of tfjs, a
 * session, a resident tensor, a worker).
 */
export function trackedEngines(): (options: CreateEngineOptions) => Promise<Engine> {
  const engines: Engine[] = [];
  let numTensors = 0;
  let numPortsBefore = 0;
  beforeEach(() => {
    ({ numTensors } = tf.engine().state);
    numPortsBefore = numPorts();
  });
  afterEach(async () => {
    for (const engine of engines.splice(0)) {
      await engine.dispose();
      const usage = engine.usage();
      if (!isDeepStrictEqual(usage, { sessions: 0, arenaBytes: 0, residentTensors: 0, residentBytes: 0 }))
        throw new Error(`${engine.name} holds ${JSON.stringify(usage)} after dispose`);
    }
    const left = { tensors: tf.engine().state.numTensors - numTensors, ports: numPorts() - numPortsBefore };
    if (left.tensors !== 0 || left.ports !== 0) throw new Error(`left after the test: ${JSON.stringify(left)}`);
  });
  return async (options) => {
    const { engine } = await createEngine({ numThreads: 1, ...options });
    engines.push(engine);
    return engine;
  };
}
