import { availableParallelism } from 'node:os';
import { costOf } from '../engine/calls.ts';
import type { InputType, Program, ProgramCost } from '../engine/engine.ts';
import type { Target } from './graph-builder.ts';
import { halvesOf, readStored } from './stored-inputs.ts';
import { trace } from './trace.ts';

/**
 * What a program costs on inputs of these shapes, without data, session or engine: it is traced and thrown away.
 * @param inputs with `stored` for those that the engine keeps in sixteen bits.
 */
export async function estimateProgram(
  name: string,
  program: Program,
  inputs: Readonly<Record<string, InputType>>,
  provider: Target = 'cpu',
): Promise<ProgramCost> {
  const traced = await trace(name, program, inputs, provider);
  const stored = { halves: halvesOf(inputs), numThreads: availableParallelism() };
  return costOf(provider === 'cpu' ? readStored(traced, stored) : traced);
}
