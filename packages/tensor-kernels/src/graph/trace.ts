import * as tf from '@tensorflow/tfjs-core';
import '../kernels/index.ts';
import { type InputType, type Program, programError } from '../engine/engine.ts';
import { GraphBuilder, type Target } from './graph-builder.ts';
import { type Schedule, schedule } from './passes.ts';
import { traceBackend } from './trace-backend.ts';
import { withBackend } from './with-backend.ts';

/**
 * Runs a program once on the tracing backend and orders what it recorded.
 * @param inputs only shapes and dtypes are read.
 * @throws {ShapeError} naming the program when its ops reject the shapes.
 */
export async function trace(
  name: string,
  program: Program,
  inputs: Readonly<Record<string, InputType>>,
  provider: Target,
): Promise<Schedule> {
  return await withBackend(traceBackend.name, () => {
    const graph = new GraphBuilder(provider);
    try {
      return traceBackend.record(graph, () => {
        const results: Schedule['results'][number][] = [];
        tf.tidy(() => {
          const tensors = Object.fromEntries(
            Object.entries(inputs).map(([key, { shape, dtype }]) => [
              key,
              tf.engine().makeTensorFromTensorInfo(traceBackend.infoOf(graph.input(key, shape, dtype))),
            ]),
          );
          for (const [key, tensor] of Object.entries(program(tensors)))
            results.push({ name: key, value: traceBackend.graphValueOf(tensor) });
        });
        return schedule(results, { hasBarriers: provider === 'pjrt' });
      });
    } catch (error) {
      throw programError(error, name, inputs);
    }
  });
}
