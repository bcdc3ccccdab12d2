import { describe, expect, it } from 'vitest';
import type { HalfDType } from '../host-tensor.ts';
import type { Value } from './graph.ts';
import { GraphBuilder } from './graph-builder.ts';
import { countMatMulFlops, schedule } from './passes.ts';
import { readStored } from './stored-inputs.ts';

const kept = (stored: HalfDType, exponent = 0) => new Map([['weight', { stored, exponent }]]);
const halves = kept('bfloat16');
const read = (graph: Record<string, Value>, stored = halves) =>
  readStored(schedule(Object.entries(graph).map(([name, value]) => ({ name, value }))), { halves: stored, numThreads: 1 });
const operations = ({ nodes }: ReturnType<typeof read>) => nodes.filter(({ node }) => node.kind === 'operation').map(({ name }) => name);
const inputs = ({ nodes }: ReturnType<typeof read>) =>
  nodes.flatMap(({ node, outputs: [value] }) =>
    node.kind === 'input' ? [{ name: node.name, shape: value!.shape, stored: value!.stored, rows: node.rows }] : [],
  );

describe('a weight of sixteen bits', () => {
  it('is widened for each use, right before it', () => {
    const graph = new GraphBuilder();
    const [x, weight] = [graph.input('x', [2, 4], 'float32'), graph.input('weight', [4, 4], 'float32')];
    const forward = graph.unary('Tanh', graph.matMul(x, weight, { transposeB: true }));
    const lowered = read({ back: graph.matMul(forward, weight) });
    expect(operations(lowered)).toEqual(['BitCast', 'Cast', 'FusedMatMul', 'Tanh', 'BitCast', 'Cast', 'MatMul']);
    expect(inputs(lowered)).toContainEqual({ name: 'weight', shape: [4, 4], stored: 'bfloat16', rows: undefined });
  });

  it('needs no BitCast in f16, whose patterns ONNX Runtime takes', () => {
    const graph = new GraphBuilder();
    const weight = graph.input('weight', [4, 4], 'float32');
    expect(operations(read({ y: graph.unary('Exp', weight) }, kept('float16')))).toEqual(['Cast', 'Exp']);
  });

  it('times a power of two is divided by it in products, and elsewhere once it is widened', () => {
    const graph = new GraphBuilder();
    const [ids, x, weight] = [
      graph.input('ids', [3], 'int32'),
      graph.input('x', [2, 4], 'float32'),
      graph.input('weight', [4, 4], 'float32'),
    ];
    const rows = graph.one('Gather', [weight, ids], { axis: { int: 0 } }, [3, 4], 'float32');
    const [y, dx] = [graph.matMul(x, weight, { transposeB: true, alpha: 3 }), graph.matMul(x, weight)];
    const lowered = read({ y, dx, rows }, kept('float16', 13));
    expect(operations(lowered)).toEqual(['Gather', 'Cast', 'Mul', 'Mul', 'Cast', 'MatMul', 'Cast', 'FusedMatMul']);
    expect(lowered.nodes.find((scheduled) => scheduled.name === 'FusedMatMul')!.attributes['alpha']).toEqual({ float: 3 * 2 ** -13 });
    expect(operations(read({ dx }, kept('float16', 60)))).toEqual(['Cast', 'Mul', 'MatMul']);
    const row = graph.input('row', [1, 4], 'float32');
    const ofRow = read({ y: graph.matMul(row, weight, { transposeB: true }) }, kept('float16', 13));
    expect(operations(ofRow)).toEqual(['Mul', 'Cast', 'FusedMatMul']);
    expect(ofRow.nodes.find((scheduled) => scheduled.name === 'FusedMatMul')!.attributes['alpha']).toEqual({ float: 1 });
  });

  it('gives rows that are gathered before they are widened', () => {
    const graph = new GraphBuilder();
    const [ids, weight] = [graph.input('ids', [3], 'int32'), graph.input('weight', [400, 4], 'float32')];
    const rows = graph.one('Gather', [weight, ids], { axis: { int: 0 } }, [3, 4], 'float32');
    const lowered = read({ y: graph.unary('Exp', rows) });
    expect(operations(lowered)).toEqual(['Gather', 'BitCast', 'Cast', 'Exp']);
  });

  it('multiplies in pieces of its rows that are views, and back in a sum over such pieces', () => {
    const graph = new GraphBuilder();
    const [x, weight] = [graph.input('x', [2, 1024], 'float32'), graph.input('weight', [10_000, 1024], 'float32')];
    const forward = read({ y: graph.matMul(x, weight, { transposeB: true }) });
    const rows = inputs(forward).flatMap((input) => (input.rows === undefined ? [] : [input.rows]));
    expect(rows.length).toBe(10);
    expect(rows.every(({ start, count }) => count === 1000 && start % 1000 === 0)).toBe(true);
    expect(operations(forward).filter((name) => name === 'FusedMatMul')).toHaveLength(10);
    expect(inputs(forward).map(({ name, shape }) => `${name} ${shape[0]}`)).not.toContain('weight 10000');

    const dy = graph.input('dy', [100, 10_000], 'float32');
    const back = read({ dx: graph.matMul(dy, weight) });
    expect(inputs(back).flatMap((input) => (input.name === 'weight' ? [input.rows] : []))).toEqual([
      { start: 0, count: 2048 },
      { start: 2048, count: 2048 },
      { start: 4096, count: 2048 },
      { start: 6144, count: 2048 },
      { start: 8192, count: 1808 },
    ]);
    const products = operations(back).filter((name) => !['BitCast', 'Cast', 'Slice'].includes(name));
    expect(products).toEqual(['MatMul', 'Gemm', 'Gemm', 'Gemm', 'Gemm']);
    expect(operations(back).filter((name) => name === 'Slice')).toHaveLength(5);
    expect(countMatMulFlops(back)).toBe(2 * 100 * 10_000 * 1024);
  });

  it('is widened where it is a result itself', () => {
    const graph = new GraphBuilder();
    const lowered = read({ y: graph.input('weight', [4, 4], 'float32') });
    expect(operations(lowered)).toEqual(['BitCast', 'Cast']);
    expect(lowered.results[0]!.value.stored).toBeUndefined();
  });
});

describe('rows cut from an input', () => {
  it('are an input of their own where they are many, whatever its type', () => {
    const graph = new GraphBuilder();
    const [long, short] = [graph.input('long', [1000, 512], 'float32'), graph.input('short', [1000, 2], 'float32')];
    const lowered = read({ y: graph.slice(long, [10, 0], [500, 512]), z: graph.slice(short, [10, 0], [500, 2]) });
    expect(operations(lowered)).toEqual(['Slice']);
    expect(inputs(lowered)).toContainEqual({ name: 'long', shape: [500, 512], stored: undefined, rows: { start: 10, count: 500 } });
  });

  it('are cut by a Slice where columns are cut too', () => {
    const graph = new GraphBuilder();
    const long = graph.input('long', [1000, 512], 'float32');
    expect(operations(read({ y: graph.slice(long, [10, 0], [500, 500]) }))).toEqual(['Slice']);
  });
});
