import { ShapeError } from '@pharmacist/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { broadcastShapes, fillOf, GraphBuilder } from './graph-builder.ts';

const dims = fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 4 });

describe('broadcastShapes', () => {
  it.each([
    [[2, 3], [], [2, 3]],
    [[3], [2, 1], [2, 3]],
    [
      [1, 1],
      [4, 1],
      [4, 1],
    ],
    [
      [5, 1, 2],
      [3, 1],
      [5, 3, 2],
    ],
  ])('%j and %j to %j', (a, b, expected) => {
    expect(broadcastShapes(a, b)).toEqual(expected);
  });

  it('gives back the shape that both operands are parts of', () => {
    fc.assert(
      fc.property(
        dims,
        fc.array(fc.tuple(fc.boolean(), fc.boolean()), { minLength: 4, maxLength: 4 }),
        fc.nat(4),
        (shape, cuts, dropped) => {
          const a = shape.map((dim, i) => (cuts[i]![0] ? 1 : dim));
          const b = shape.map((dim, i) => (cuts[i]![1] && !cuts[i]![0] ? 1 : dim)).slice(dropped);
          const expected = shape.map((_, i) => (i < dropped ? a[i] : shape[i]));
          expect(broadcastShapes(a, b)).toEqual(expected);
          expect(broadcastShapes(b, a)).toEqual(expected);
        },
      ),
    );
  });

  it('rejects dimensions that differ', () => {
    expect(() => broadcastShapes([2, 3], [2])).toThrow(ShapeError);
    expect(() => broadcastShapes([2, 3], [2])).toThrow('[2, 3] and [2] do not broadcast');
  });
});

describe('GraphBuilder', () => {
  const graph = () => {
    const builder = new GraphBuilder();
    return { builder, x: builder.input('x', [2, 3], 'float32'), y: builder.input('y', [2, 3], 'float32') };
  };

  it('records an operation once, and another order, attribute or dtype as another', () => {
    const { builder, x, y } = graph();
    expect(builder.binary('Sub', x, y)).toBe(builder.binary('Sub', x, y));
    expect(builder.binary('Sub', x, y)).not.toBe(builder.binary('Sub', y, x));
    expect(builder.matMul(x, y, { transposeB: true })).toBe(builder.matMul(x, y, { transposeB: true }));
    expect(builder.matMul(x, y, { transposeB: true })).not.toBe(builder.matMul(x, y, { transposeB: true, alpha: 2 }));
    expect(builder.cast(x, 'int32')).not.toBe(builder.cast(x, 'bool'));
  });

  it('makes a uniform constant a fill, and keeps 0 and -0 apart', () => {
    const { builder } = graph();
    const uniform = builder.constant(new Float32Array(100).fill(3), [10, 10], 'float32');
    expect(uniform).toBe(builder.fill(3, [10, 10], 'float32'));
    expect(uniform.node.constant).toEqual({ fill: 3 });
    expect(fillOf(builder.constant(Float32Array.of(0, -0), [2], 'float32'))).toBeUndefined();
    expect(builder.fill(-0, [], 'float32')).not.toBe(builder.fill(0, [], 'float32'));
    expect(builder.constant([1, 2], [2], 'int32')).toBe(builder.constant([1, 2], [2], 'int32'));
  });

  it('leaves out what computes nothing', () => {
    const { builder, x } = graph();
    expect(builder.binary('Add', x, builder.fill(0, [2, 3], 'float32'))).toBe(x);
    expect(builder.binary('Mul', builder.fill(1, [], 'float32'), x)).toBe(x);
    expect(builder.binary('Sub', x, builder.fill(0, [3], 'float32'))).toBe(x);
    expect(builder.reshape(builder.reshape(x, [6]), [2, 3])).toBe(x);
    expect(builder.transpose(builder.transpose(x, [1, 0]), [1, 0])).toBe(x);
    expect(builder.slice(x, [0, 0], [2, 3])).toBe(x);
    expect(builder.cast(x, 'float32')).toBe(x);
    expect(builder.binary('Sub', builder.fill(0, [], 'float32'), x)).not.toBe(x);
    expect(builder.binary('Div', builder.fill(1, [], 'float32'), x)).not.toBe(x);
  });

  it('lets an operator broadcast by itself instead of expanding', () => {
    const { builder, x } = graph();
    const row = builder.input('row', [1, 3], 'float32');
    const sum = builder.binary('Add', x, builder.expand(row, [2, 3]));
    expect(sum.node.inputs).toEqual([x, row]);
    const both = builder.binary('Add', builder.expand(row, [2, 3]), builder.expand(row, [2, 3]));
    expect(both.shape).toEqual([2, 3]);
  });

  it('knows transposes that move no element', () => {
    const { builder } = graph();
    const column = builder.input('column', [4, 1, 2], 'float32');
    expect(builder.transpose(column, [1, 0, 2]).node.name).toBe('Reshape');
    expect(builder.transpose(column, [2, 1, 0]).node.name).toBe('Transpose');
  });

  it('rejects shapes that do not fit', () => {
    const { builder, x, y } = graph();
    expect(() => builder.matMul(x, y)).toThrow('matMul of [2, 3] and [2, 3]');
    expect(() => builder.reshape(x, [5])).toThrow('cannot reshape [2, 3] to [5]');
  });
});
