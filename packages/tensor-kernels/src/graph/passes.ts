import { sizeOf } from '../host-tensor.ts';
import { type Attributes, MICROSOFT_DOMAIN, type NamedValue, type Node, type Value } from './graph.ts';
import { fillOf } from './graph-builder.ts';
import { recompute, type RecomputeOptions } from './recompute.ts';

/** One operation to emit: a node with its inputs as they are after rewriting. */
export interface ScheduledNode {
  readonly node: Node;
  readonly name: string;
  readonly domain: string;
  readonly attributes: Attributes;
  readonly inputs: readonly (Value | undefined)[];
  readonly outputs: readonly Value[];
}

export interface Schedule {
  /** In an order in which every input is computed before it is used; nothing that no result needs is in it. */
  readonly nodes: readonly ScheduledNode[];
  readonly results: readonly NamedValue[];
}

/** Orders the nodes that the results need (dead code is left out), makes segments again where that was asked for, and folds scalar factors into matrix products. */
export function schedule(given: readonly NamedValue[], options: RecomputeOptions = { hasBarriers: false }): Schedule {
  const order = liveNodes(given);
  const { results, late } = recompute(given, order, options);
  return foldScale(late.size === 0 ? order : liveNodes(results, late), results);
}

/**
 * Depth-first post-order without recursion: graphs of deep models are long chains. The last result comes first, and of several inputs the one that
 * was recorded first: gradients are listed, and summed up, from the first layer to the last and made the other way, each as soon as it can be, so
 * that what it needs is given up.
 * @param late of several inputs those that come after the others.
 */
function liveNodes(results: readonly NamedValue[], late: ReadonlySet<Node> = new Set()): Node[] {
  const order: Node[] = [];
  const seen = new Set<Node>();
  for (const { value } of results.toReversed()) {
    if (seen.has(value.node)) continue;
    seen.add(value.node);
    const stack = [{ node: value.node, inputs: inputNodes(value.node, late), next: 0 }];
    while (stack.length > 0) {
      const top = stack.at(-1)!;
      if (top.next === top.inputs.length) {
        order.push(top.node);
        stack.pop();
        continue;
      }
      const node = top.inputs[top.next++]!;
      if (seen.has(node)) continue;
      seen.add(node);
      stack.push({ node, inputs: inputNodes(node, late), next: 0 });
    }
  }
  return order;
}

function inputNodes({ inputs }: Node, late: ReadonlySet<Node>): Node[] {
  const nodes = inputs.flatMap((value) => (value === undefined ? [] : [value.node]));
  nodes.sort((a, b) => a.outputs[0]!.id - b.outputs[0]!.id);
  return late.size === 0 ? nodes : [...nodes.filter((node) => !late.has(node)), ...nodes.filter((node) => late.has(node))];
}

/** c * (A B) -> FusedMatMul with alpha = c, where the product has no other use: one pass over the result less. */
function foldScale(order: readonly Node[], results: readonly NamedValue[]): Schedule {
  const numUses = new Map<Value, number>();
  const use = (value: Value | undefined) => value !== undefined && numUses.set(value, (numUses.get(value) ?? 0) + 1);
  for (const node of order) node.inputs.forEach(use);
  for (const { value } of results) use(value);

  const replaced = new Map<Value, Value>();
  const resolve = (value: Value | undefined): Value | undefined => (value === undefined ? undefined : (replaced.get(value) ?? value));
  const scaleOf = new Map<Node, number>();
  for (const node of order) {
    const folded = scaledProduct(node, resolve);
    if (folded === undefined || numUses.get(folded.product) !== 1) continue;
    const productNode = folded.product.node;
    scaleOf.set(productNode, (scaleOf.get(productNode) ?? 1) * folded.factor);
    replaced.set(node.outputs[0]!, folded.product);
    numUses.set(folded.product, numUses.get(node.outputs[0]!) ?? 0);
  }
  const nodes = order
    .filter((node) => !node.outputs.some((value) => replaced.has(value)))
    .map((node): ScheduledNode => {
      const inputs = node.inputs.map(resolve);
      const { name, domain, attributes, outputs } = node;
      const scale = scaleOf.get(node);
      if (scale === undefined) return { node, name, domain, attributes, inputs, outputs };
      const previous = (attributes['alpha'] as { float: number } | undefined)?.float ?? 1;
      return {
        node,
        name: 'FusedMatMul',
        domain: MICROSOFT_DOMAIN,
        attributes: { transA: { int: 0 }, transB: { int: 0 }, ...attributes, alpha: { float: previous * scale } },
        inputs,
        outputs,
      };
    });
  const resolved = results.map(({ name, value }) => ({ name, value: resolve(value)! }));
  // Folded factors have no use left.
  const used = new Set([...nodes.flatMap(({ inputs }) => inputs), ...resolved.map(({ value }) => value)]);
  return { nodes: nodes.filter(({ node }) => node.kind !== 'constant' || used.has(node.outputs[0])), results: resolved };
}

function scaledProduct(
  node: Node,
  resolve: (value: Value | undefined) => Value | undefined,
): { product: Value; factor: number } | undefined {
  if (node.name !== 'Mul' || node.kind !== 'operation') return undefined;
  const [a, b] = node.inputs.map(resolve) as [Value, Value];
  for (const [product, scalar] of [
    [a, b],
    [b, a],
  ] as const) {
    const factor = scalar.shape.length === 0 ? fillOf(scalar) : undefined;
    const isProduct = product.node.name === 'MatMul' || product.node.name === 'FusedMatMul';
    if (factor !== undefined && isProduct) return { product, factor };
  }
  return undefined;
}

/** Operators that are a matrix product, or a product and a sum. */
const PRODUCTS = new Set(['MatMul', 'FusedMatMul', 'Gemm']);

/** Floating-point operations of the matrix products: 2 m n k each. */
export function countMatMulFlops({ nodes }: Schedule): number {
  let flops = 0;
  for (const { name, attributes, inputs, outputs } of nodes) {
    if (!PRODUCTS.has(name)) continue;
    const transposed = (attributes['transA'] as { int: number } | undefined)?.int === 1;
    const inner = inputs[0]!.shape.at(transposed ? -2 : -1)!;
    flops += 2 * sizeOf(outputs[0]!.shape) * inner;
  }
  return flops;
}
