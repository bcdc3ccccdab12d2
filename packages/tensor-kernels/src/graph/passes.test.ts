import { describe, expect, it } from 'vitest';
import type { Value } from './graph.ts';
import { GraphBuilder } from './graph-builder.ts';
import { countMatMulFlops, schedule } from './passes.ts';

const builder = () => {
  const graph = new GraphBuilder();
  return { graph, a: graph.input('a', [4, 8], 'float32'), b: graph.input('b', [8, 2], 'float32') };
};
const scheduleOf = (values: Record<string, Value>) => schedule(Object.entries(values).map(([name, value]) => ({ name, value })));
const operations = (values: Record<string, Value>) =>
  scheduleOf(values)
    .nodes.filter(({ node }) => node.kind === 'operation')
    .map(({ name }) => name);
const scaled = (graph: GraphBuilder, factor: number, value: Value) => graph.binary('Mul', value, graph.fill(factor, [], 'float32'));

describe('schedule', () => {
  it('leaves out what no result needs, inputs too, and computes inputs first', () => {
    const { graph, a, b } = builder();
    graph.unary('Exp', b);
    const result = graph.unary('Tanh', graph.unary('Exp', a));
    const { nodes } = scheduleOf({ result });
    expect(nodes.map(({ name }) => name)).toEqual(['a', 'Exp', 'Tanh']);
  });

  it('is not bounded by the depth of the graph', () => {
    const { graph, a } = builder();
    let value = a;
    for (let i = 0; i < 20_000; i++) value = graph.unary('Exp', value);
    expect(operations({ value })).toHaveLength(20_000);
  });

  it('folds scalar factors into the product, one after another', () => {
    const { graph, a, b } = builder();
    const result = scaled(graph, 3, scaled(graph, 0.5, graph.matMul(a, b)));
    const { nodes, results } = scheduleOf({ result });
    const [product] = nodes.filter(({ node }) => node.kind === 'operation');
    expect(operations({ result })).toEqual(['FusedMatMul']);
    expect(product!.attributes).toMatchObject({ alpha: { float: 1.5 }, transA: { int: 0 }, transB: { int: 0 } });
    expect(results[0]!.value).toBe(product!.outputs[0]);
  });

  it('multiplies the factor with the one that a product has', () => {
    const { graph, a } = builder();
    const result = scaled(graph, 3, graph.matMul(a, a, { transposeB: true, alpha: 0.25 }));
    const { nodes } = scheduleOf({ result });
    // The factor itself is gone.
    expect(nodes.map(({ name }) => name)).toEqual(['a', 'FusedMatMul']);
    expect(nodes[1]!.attributes).toMatchObject({ alpha: { float: 0.75 }, transB: { int: 1 } });
  });

  it('keeps the product apart where it is used again or is a result', () => {
    const { graph, a, b } = builder();
    const product = graph.matMul(a, b);
    const result = scaled(graph, 3, product);
    expect(operations({ result, product })).toEqual(['MatMul', 'Mul']);
    expect(operations({ result: graph.binary('Add', result, product) })).toEqual(['MatMul', 'Mul', 'Add']);
  });

  it('does not fold a factor that is no constant or no scalar', () => {
    const { graph, a, b } = builder();
    const product = graph.matMul(a, b);
    expect(operations({ r: graph.binary('Mul', product, graph.input('c', [], 'float32')) })).toEqual(['MatMul', 'Mul']);
    expect(operations({ r: graph.binary('Mul', product, graph.constant([1, 2], [2], 'float32')) })).toEqual(['MatMul', 'Mul']);
  });
});

it('counts 2mnk for each product, transposed or batched', () => {
  const { graph, a, b } = builder();
  const batched = graph.input('c', [3, 8, 4], 'float32');
  expect(countMatMulFlops(scheduleOf({ r: graph.matMul(a, b) }))).toBe(2 * 4 * 8 * 2);
  expect(countMatMulFlops(scheduleOf({ r: graph.matMul(a, a, { transposeA: true }) }))).toBe(2 * 8 * 4 * 8);
  expect(countMatMulFlops(scheduleOf({ r: graph.matMul(batched, b, { transposeA: true }) }))).toBe(3 * 2 * 4 * 8 * 2);
});
