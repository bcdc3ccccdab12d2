import { InternalError } from '@pharmacist/core';
import type { Attributes } from '../../graph/graph.ts';
import type { Shape } from '../../host-tensor.ts';
import type { ElementType, Emitter, Term } from '../emitter.ts';

/** One operation of the graph as an operator sees it: operands as terms, results as types. */
export interface Operation {
  readonly name: string;
  readonly attributes: Attributes;
  /** Left-out optional operands are undefined. Weights may be bfloat16: an operator that does not want them so widens them. */
  readonly operands: readonly (Term | undefined)[];
  /** Elements of an operand that is a constant of the graph: shapes, axes, starts. */
  readonly constant: (index: number) => readonly number[] | undefined;
  readonly results: readonly { readonly shape: Shape; readonly type: ElementType }[];
}

/** Writes one operation of the graph in StableHLO. @returns one term a result, in their order. */
export type Operator = (emitter: Emitter, operation: Operation) => Term | readonly Term[];

export type OperatorTable = Readonly<Record<string, Operator>>;

/** The operand at `index`, widened from bfloat16. */
export function operand(emitter: Emitter, { name, operands }: Operation, index: number): Term {
  const term = operands[index];
  if (term === undefined) throw new InternalError(`${name} has no operand ${index}`);
  return emitter.wide(term);
}

/** The constant elements of the operand at `index`. */
export function constantOperand({ name, constant }: Operation, index: number): readonly number[] {
  const values = constant(index);
  if (values === undefined) throw new InternalError(`operand ${index} of ${name} is not a constant`);
  return values;
}

export function intAttribute({ attributes }: Operation, name: string, fallback: number): number {
  return (attributes[name] as { int: number } | undefined)?.int ?? fallback;
}

export function floatAttribute({ attributes }: Operation, name: string, fallback: number): number {
  return (attributes[name] as { float: number } | undefined)?.float ?? fallback;
}

/** The attribute `axis` as a non-negative number. */
export function axisOf(operation: Operation, rank: number, fallback = -1): number {
  const axis = intAttribute(operation, 'axis', fallback);
  return axis < 0 ? axis + rank : axis;
}
