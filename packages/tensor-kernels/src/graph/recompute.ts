import type { NamedValue, Node, Value } from './graph.ts';

export interface RecomputeOptions {
  /** Whether the compiler shares equal operations and orders them by itself: then what is made again is tied to the backward pass by Barrier nodes. */
  readonly hasBarriers: boolean;
}

export interface Recomputed {
  readonly results: readonly NamedValue[];
  /** Operations that wait until the backward pass needs them: they follow from what is made again alone, so that they could run before it. */
  readonly late: ReadonlySet<Node>;
}

/**
 * Values of a segment that only a backward pass still reads are made again for it: their operations are copied, once for each backward pass, down to
 * what the segment began with. What anything of a forward pass outside the segment reads stays, as the value is there for that anyway: the
 * residual stream between blocks.
 * @param order the operations that the results need, each after its inputs.
 */
export function recompute(results: readonly NamedValue[], order: readonly Node[], { hasBarriers }: RecomputeOptions): Recomputed {
  if (!order.some(({ origin }) => origin?.segment !== undefined)) return { results, late: new Set() };
  const nodes = order.toSorted((a, b) => a.outputs[0]!.id - b.outputs[0]!.id);
  const kept = keptValues(results, nodes);
  const rewriting = new Rewriting(kept, nodes.at(-1)!.outputs.at(-1)!.id + 1, hasBarriers);
  for (const node of nodes) rewriting.add(node);
  return { results: results.map(({ name, value }) => ({ name, value: rewriting.newOf(value) })), late: rewriting.late };
}

/** Values of segments that are read in a forward pass outside of them, and results. */
function keptValues(results: readonly NamedValue[], nodes: readonly Node[]): Set<Value> {
  const kept = new Set(results.map(({ value }) => value));
  for (const { origin, inputs } of nodes) {
    if (origin?.sweep !== undefined) continue;
    for (const value of inputs) {
      const segment = value?.node.origin?.segment;
      if (segment !== undefined && segment !== origin?.segment) kept.add(value!);
    }
  }
  return kept;
}

/** Copies a graph node by node, in the order in which it was recorded. */
class Rewriting {
  readonly late = new Set<Node>();
  readonly #kept: ReadonlySet<Value>;
  readonly #hasBarriers: boolean;
  readonly #new = new Map<Value, Value>();
  /** By backward pass. */
  readonly #again = new Map<number, Map<Value, Value>>();
  /** Nodes of backward passes that follow from their loss. */
  readonly #upstream = new Set<Node>();
  /** The last of these that was recorded, by backward pass: it exists before what comes next is made again. */
  readonly #latest = new Map<number, Value>();
  readonly #ties = new Map<string, Value | undefined>();
  #numValues: number;

  constructor(kept: ReadonlySet<Value>, numValues: number, hasBarriers: boolean) {
    this.#kept = kept;
    this.#numValues = numValues;
    this.#hasBarriers = hasBarriers;
  }

  newOf(value: Value): Value {
    return this.#new.get(value) ?? value;
  }

  add(node: Node): void {
    const sweep = node.origin?.sweep;
    const inputs = node.inputs.map((value) => {
      if (value === undefined) return undefined;
      return sweep !== undefined && this.#isForgotten(value) ? this.#madeAgain(value, sweep) : this.newOf(value);
    });
    const copy = inputs.every((value, i) => value === node.inputs[i]) ? node : this.#copy(node, inputs);
    node.outputs.forEach((value, i) => copy !== node && this.#new.set(value, copy.outputs[i]!));
    if (sweep !== undefined) this.#place(copy, sweep);
  }

  /** Notes whether a node of a backward pass follows from its loss, or only from what is made again. */
  #place(node: Node, sweep: number): void {
    const given = node.inputs.flatMap((value) => (value?.node.kind === 'operation' ? [value.node] : []));
    const followsFromLoss = given.some((input) => this.#upstream.has(input));
    if (!followsFromLoss && given.some((input) => this.late.has(input))) this.late.add(node);
    else if (given.length > 0) {
      this.#upstream.add(node);
      if (node.outputs[0]!.dtype === 'float32') this.#latest.set(sweep, node.outputs[0]!);
    }
  }

  #isForgotten(value: Value): boolean {
    return value.node.origin?.segment !== undefined && !this.#kept.has(value);
  }

  #madeAgain(value: Value, sweep: number): Value {
    const known = this.#again.get(sweep) ?? new Map<Value, Value>();
    this.#again.set(sweep, known);
    const found = known.get(value);
    if (found !== undefined) return found;
    const { node } = value;
    const inputs = node.inputs.map((input) => {
      if (input === undefined) return undefined;
      return this.#isForgotten(input) ? this.#madeAgain(input, sweep) : this.#entering(this.newOf(input), node.origin!.segment!, sweep);
    });
    const copy = this.#copy({ ...node, origin: { sweep, isRepeat: true } }, inputs);
    this.late.add(copy);
    node.outputs.forEach((output, i) => known.set(output, copy.outputs[i]!));
    return known.get(value)!;
  }

  /** A value that a segment reads when it is made again: behind a barrier, equal operations on it are not the same to a compiler. */
  #entering(value: Value, segment: number, sweep: number): Value {
    if (!this.#hasBarriers || value.node.kind !== 'operation') return value;
    const place = `${sweep} ${segment}`;
    if (!this.#ties.has(place)) this.#ties.set(place, this.#latest.get(sweep));
    const known = this.#again.get(sweep)!;
    const found = known.get(value);
    if (found !== undefined) return found;
    const { shape, dtype } = value;
    const outputs: Value[] = [];
    const inputs = [value, this.#ties.get(place)];
    const node: Node = { kind: 'operation', name: 'Barrier', domain: '', inputs, attributes: {}, constant: undefined, outputs };
    outputs.push({ id: this.#numValues++, node, shape, dtype });
    this.late.add(node);
    known.set(value, outputs[0]!);
    return outputs[0]!;
  }

  #copy(node: Node, inputs: readonly (Value | undefined)[]): Node {
    const outputs: Value[] = [];
    const copy: Node = { ...node, inputs, outputs };
    for (const { shape, dtype } of node.outputs) outputs.push({ id: this.#numValues++, node: copy, shape, dtype });
    return copy;
  }
}
