import type { InputType, Program, ProgramCost } from '../engine/engine.ts';
import type { Target } from './graph-builder.ts';
import { countMatMulFlops, peakActivationBytes } from './passes.ts';
import { trace } from './trace.ts';

/** What a program costs on inputs of these shapes, without data, session or engine: it is traced and thrown away. */
export async function estimateProgram(
  name: string,
  program: Program,
  inputs: Readonly<Record<string, InputType>>,
  provider: Target = 'cpu',
): Promise<ProgramCost> {
  const graph = await trace(name, program, inputs, provider);
  return {
    matMulFlops: countMatMulFlops(graph),
    peakActivationBytes: peakActivationBytes(graph),
    numNodes: graph.nodes.filter(({ node }) => node.kind === 'operation').length,
  };
}
