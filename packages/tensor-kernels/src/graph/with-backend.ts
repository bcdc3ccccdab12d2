import * as tf from '@tensorflow/tfjs-core';
import { EngineError } from '@pharmacist/core';

// tfjs greets and warns on the console unless this flag is set, which it reads for nothing else; libraries do not print.
tf.env().set('PROD', true);

let queue: Promise<unknown> = Promise.resolve();

/**
 * Runs `body` synchronously with the given tfjs backend current. tfjs has one current backend a process; everything of ours that needs
 * one asks here, and waits its turn.
 */
export function withBackend<T>(name: string, body: () => T): Promise<T> {
  const result = queue.then(async () => {
    if (tf.engine().backendName !== name && !(await tf.setBackend(name)))
      throw new EngineError(`the tfjs backend "${name}" does not start`);
    return body();
  });
  queue = result.catch(() => undefined);
  return result;
}
