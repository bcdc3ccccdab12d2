import { describe, expect, it } from 'vitest';
import type { Value } from './graph.ts';
import { GraphBuilder } from './graph-builder.ts';
import { schedule } from './passes.ts';
import { peakActivationBytes } from './peak-bytes.ts';
import { readStored } from './stored-inputs.ts';

const scheduleOf = (values: Record<string, Value>) => schedule(Object.entries(values).map(([name, value]) => ({ name, value })));

describe('the most bytes alive at once', () => {
  it('are those of results from the start, and of values until their last use; reshapes are views', () => {
    const graph = new GraphBuilder();
    const a = graph.input('a', [4, 8], 'float32');
    const transposed = graph.transpose(a, [1, 0]);
    const again = graph.transpose(graph.unary('Sin', transposed), [1, 0]);
    const sum = graph.reduce('ReduceSum', graph.reshape(again, [32]), [0], false);
    // Two tensors of 128 bytes at a time, and the result.
    expect(peakActivationBytes(scheduleOf({ sum }))).toBe(2 * 128 + 4);
  });

  it('do not grow by an element-wise operator over a value that nothing else reads', () => {
    const graph = new GraphBuilder();
    const a = graph.input('a', [4, 8], 'float32');
    const first = graph.unary('Exp', a);
    const second = graph.unary('Tanh', first);
    const sum = graph.reduce('ReduceSum', second, [0, 1], false);
    expect(peakActivationBytes(scheduleOf({ sum }))).toBe(128 + 4);
    // Exp is a result itself, which nothing is written over; tanh is, by the sum.
    const last = graph.unary('Sin', graph.binary('Add', second, sum));
    expect(peakActivationBytes(scheduleOf({ last, first }))).toBe(3 * 128 + 4);
  });

  it('count a weight of sixteen bits as f32 only while it is used', () => {
    const graph = new GraphBuilder();
    const [x, first, second] = ['x', 'first', 'second'].map((name) => graph.input(name, [64, 64], 'float32'));
    const y = graph.matMul(graph.matMul(x!, first!), second!);
    const halves = new Map([
      ['first', { stored: 'float16' as const, exponent: 0 }],
      ['second', { stored: 'float16' as const, exponent: 0 }],
    ]);
    const stored = readStored(scheduleOf({ y }), { halves, numThreads: 1 });
    // The result, the product before it and one weight.
    expect(peakActivationBytes(stored)).toBe(3 * 4 * 64 * 64);
  });
});
