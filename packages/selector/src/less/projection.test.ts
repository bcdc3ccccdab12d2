import { Random } from '@pharmacist/core';
import { float32, floats } from '@pharmacist/tensor-kernels';
import type {} from '@pharmacist/tooling/vitest/matchers';
import { describe, expect, it } from 'vitest';
import { useEngine } from '../../test/support/use-engine.ts';
import { createProjection, project, type Projection, projectionInputs } from './projection.ts';

const engine = await useEngine();

const SHAPES = { 'one.a': [4, 30], 'one.b': [50, 4], 'two.a': [4, 200], 'two.b': [33, 4], 'three.a': [7] };
const SIZES = Object.values(SHAPES).map((shape) => shape.reduce((product, dim) => product * dim));
const NUM_PARAMETERS = SIZES.reduce((sum, size) => sum + size, 0);

/** The matrix that a projection stands for, a column of `dim` numbers a parameter. */
function matrixOf({ dim, groups }: Projection): Float64Array[] {
  let start = 0;
  const names = Object.keys(SHAPES);
  const columns = Array.from({ length: NUM_PARAMETERS }, () => new Float64Array(dim));
  for (const { factors, places, signs } of groups) {
    places.data.forEach((entry, place) => (columns[start + entry]![place % dim]! += signs.data[place]!));
    start += factors.reduce((sum, name) => sum + SIZES[names.indexOf(name)]!, 0);
  }
  return columns;
}

function times(columns: readonly Float64Array[], x: ArrayLike<number>): Float64Array {
  const y = new Float64Array(columns[0]!.length);
  for (const [i, column] of columns.entries()) for (let row = 0; row < y.length; row++) y[row]! += column[row]! * x[i]!;
  return y;
}

const inner = (x: ArrayLike<number>, y: ArrayLike<number>) => Array.from(x).reduce((sum, value, i) => sum + value * y[i]!, 0);
const cosine = (x: ArrayLike<number>, y: ArrayLike<number>) => inner(x, y) / Math.sqrt(inner(x, x) * inner(y, y));

describe('createProjection', () => {
  it.each([1, 16, 64, 5000])('gives each parameter one sign, and each of %i rows as many, to one a group', (dim) => {
    const projection = createProjection(SHAPES, dim, 0);
    const columns = matrixOf(projection);
    for (const column of columns) expect(column.filter((value) => value !== 0).map(Math.abs)).toEqual(Float64Array.of(1));
    const filled = Array.from({ length: dim }, (_, row) => columns.filter((column) => column[row] !== 0).length);
    expect(Math.max(...filled) - Math.min(...filled)).toBeLessThanOrEqual(projection.groups.length);
    const positive = columns.filter((column) => column.some((value) => value > 0)).length;
    expect(Math.abs(positive - NUM_PARAMETERS / 2)).toBeLessThan(4 * Math.sqrt(NUM_PARAMETERS / 4));
  });

  it('depends on its seed and on nothing else', () => {
    expect(createProjection(SHAPES, 16, 3)).toEqual(createProjection(SHAPES, 16, 3));
    expect(matrixOf(createProjection(SHAPES, 16, 3))).not.toEqual(matrixOf(createProjection(SHAPES, 16, 4)));
  });
});

describe('a projected cosine', () => {
  const random = new Random('vectors');
  // Entries of very different size, as gradients have them.
  const draw = () => Float64Array.from({ length: NUM_PARAMETERS }, () => random.normal() * Math.exp(1.5 * random.normal()));
  const pairs = [0, 0.3, 0.9].map((mix) => {
    const [x, noise] = [draw(), draw()];
    return [x, noise.map((value, i) => mix * x[i]! + (1 - mix) * value)] as const;
  });
  const SEEDS = 50;

  it.each([16, 64])('is off by what the formula of its variance says, as with a dense matrix of signs, at %i dimensions', (dim) => {
    const sparse = Array.from({ length: SEEDS }, (_, seed) => matrixOf(createProjection(SHAPES, dim, seed)));
    const dense = Array.from({ length: SEEDS }, (_, seed) => {
      const drawn = new Random(seed).split('dense');
      const sign = () => (drawn.uint32() >>> 31 === 0 ? 1 : -1) / Math.sqrt(dim);
      return Array.from({ length: NUM_PARAMETERS }, () => Float64Array.from({ length: dim }, sign));
    });
    for (const [x, y] of pairs) {
      const [xx, yy, xy] = [inner(x, x), inner(y, y), inner(x, y)];
      const both = x.reduce((sum, value, i) => sum + value ** 2 * y[i]! ** 2, 0);
      const predicted = Math.sqrt((1 + (xy ** 2 - 2 * both) / (xx * yy)) / dim);
      for (const matrices of [sparse, dense]) {
        let [ofProduct, ofCosine] = [0, 0];
        for (const matrix of matrices) {
          const [px, py] = [times(matrix, x), times(matrix, y)];
          ofProduct += (inner(px, py) - xy) ** 2 / (xx * yy) / SEEDS;
          ofCosine += (cosine(px, py) - cosine(x, y)) ** 2 / SEEDS;
        }
        // A standard deviation from 50 draws is itself off by a tenth.
        expect(Math.abs(Math.sqrt(ofProduct) / predicted - 1)).toBeLessThan(0.35);
        expect(Math.sqrt(ofCosine)).toBeLessThan(1.35 / Math.sqrt(dim));
      }
    }
  });
});

describe('project', () => {
  it.each([8, 100, 5000])('multiplies each row of a batch by the matrix, to %i dimensions', async (dim) => {
    const projection = createProjection(SHAPES, dim, 1);
    const random = new Random('rows');
    const rows = Array.from({ length: 3 }, () => Float32Array.from({ length: NUM_PARAMETERS }, () => random.normal()));
    let start = 0;
    const gradients = Object.entries(SHAPES).map(([name, shape], f) => {
      const parts = rows.flatMap((row) => [...row.subarray(start, start + SIZES[f]!)]);
      start += SIZES[f]!;
      return [name, float32([rows.length, ...shape], parts)] as const;
    });
    const program = engine.compile('project', (inputs) => ({ projected: project(projection, inputs, inputs) }));
    const outputs = await program.run({ ...Object.fromEntries(gradients), ...projectionInputs(projection) });
    expect(outputs['projected']!.shape).toEqual([3, dim]);
    const matrix = matrixOf(projection);
    expect(floats(outputs['projected']!)).toBeAllclose(
      rows.flatMap((row) => [...times(matrix, row)]),
      { rtol: 1e-4, atol: 1e-4 },
    );
  });
});
