import { createRequire } from 'node:module';
import { EngineError, InternalError } from '@pharmacist/core';
import type { GraphDType } from '../graph/graph.ts';
import { countMatMulFlops, type Schedule } from '../graph/passes.ts';
import { peakActivationBytes } from '../graph/peak-bytes.ts';
import type { DType, HostTensor } from '../host-tensor.ts';
import { describeInputs, type EngineInput, type ProgramCost } from './engine.ts';

// What engines that compile in a worker share beside their sessions and resident tensors.

/** Names a call in errors: "step (inputIds int32 [4, 128], 210 resident)". */
export function callOf(name: string, inputs: Readonly<Record<string, EngineInput>>): string {
  return `${name} (${describeInputs(inputs)})`;
}

/** Static facts of a traced program. */
export function costOf(graph: Schedule): ProgramCost {
  return {
    matMulFlops: countMatMulFlops(graph),
    peakActivationBytes: peakActivationBytes(graph),
    numNodes: graph.nodes.filter(({ node }) => node.kind === 'operation').length,
  };
}

/** @throws {InternalError} if an output is of a type that does not cross the border of an engine. */
export function outputType(output: string, dtype: GraphDType, program: string): DType {
  if (dtype !== 'float32' && dtype !== 'int32') throw new InternalError(`output "${output}" is ${dtype}`, { where: program });
  return dtype;
}

/** A message to the worker carries the whole buffer below an array: a view of a larger one is copied out first. */
export function ownBuffer(data: HostTensor['data']): HostTensor['data'] {
  return data.byteLength === data.buffer.byteLength ? data : data.slice();
}

/** @throws {EngineError} if the package is not installed. */
export function packageVersion(name: string): string {
  try {
    const manifest = createRequire(import.meta.url)(`${name}/package.json`) as { version: string };
    return manifest.version;
  } catch (cause) {
    throw new EngineError(`the package ${name} is not installed`, { cause, hint: 'install the dependencies again' });
  }
}
