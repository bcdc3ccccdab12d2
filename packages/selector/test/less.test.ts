import { ConfigError, Random } from '@pharmacist/core';
import {
  adapterParameters,
  adapterTensors,
  batchInputs,
  collate,
  createAdapter,
  rowMeanWeights,
  type TokenizedRow,
} from '@pharmacist/language-model';
import { randomRows } from '@pharmacist/language-model/test-support';
import { floats } from '@pharmacist/tensor-kernels';
import type {} from '@pharmacist/tooling/vitest/matchers';
import { describe, expect, it } from 'vitest';
import { lessConfig } from '../src/less/config.ts';
import { meanCosines } from '../src/less/cosines.ts';
import { less } from '../src/less/less.ts';
import { type GradientSpace, rowProgram, targetPart, targetProgram } from '../src/less/programs.ts';
import { createProjection, type Projection, projectionInputs } from '../src/less/projection.ts';
import { type Epoch, warmUp } from '../src/less/warm-up.ts';
import { Attempt, Disk } from './support/attempt.ts';
import { useFixtureModel } from './support/fixture-model.ts';
import { poolOf, rowWithoutTargets } from './support/pool-rows.ts';

const model = await useFixtureModel('llama');
const { engine } = model;

const rows = randomRows('less rows', 7);
const targets = randomRows('less targets', 3);

/** An adapter and moments as training leaves them. */
function epochOf(): Epoch {
  const adapter = createAdapter(model.config, { rank: 3, alpha: 6 }, 'less');
  const random = new Random('less');
  for (const values of adapterParameters(adapter).values()) values.forEach((value, i) => (values[i] = value + 0.1 * random.normal()));
  const drawn = (draw: () => number) =>
    new Map([...adapterParameters(adapter)].map(([name, { length }]) => [name, Float32Array.from({ length }, draw)]));
  return { adapter, firstMoments: drawn(() => 0.01 * random.normal()), secondMoments: drawn(() => 1e-4 * random.uniform()) };
}

/** The gradient of one row's mean loss as one vector, from a batch of this row alone. */
async function gradientOf(row: TokenizedRow, { adapter }: Epoch): Promise<number[]> {
  const one = collate([row], { padId: 0, lengthBuckets: [24], batchSize: 1 });
  const { gradients } = await model.gradient(one, adapter, rowMeanWeights(one));
  return [...adapterParameters(adapter).keys()].flatMap((name) => [...gradients.get(name)!]);
}

/** f64, by the formulas and the matrix that the projection stands for. */
function projected(x: readonly number[], projection: Projection | undefined, epoch: Epoch): number[] {
  if (projection === undefined) return [...x];
  const y = Array<number>(projection.dim).fill(0);
  const sizes = new Map([...adapterParameters(epoch.adapter)].map(([name, { length }]) => [name, length]));
  let start = 0;
  for (const { factors, places, signs } of projection.groups) {
    places.data.forEach((entry, place) => (y[place % projection.dim]! += signs.data[place]! * x[start + entry]!));
    start += factors.reduce((sum, name) => sum + sizes.get(name)!, 0);
  }
  return y;
}

const inner = (x: readonly number[], y: readonly number[]) => x.reduce((sum, value, i) => sum + value * y[i]!, 0);
const cosine = (x: readonly number[], y: readonly number[]) => inner(x, y) / Math.sqrt(inner(x, x) * inner(y, y));

function shapesOf({ adapter }: Epoch) {
  return Object.fromEntries(Object.entries(adapterTensors(adapter)).map(([name, { shape }]) => [name, shape]));
}

describe('mean cosines', () => {
  it.each([
    ['adam', 0],
    ['adam', 256],
    ['sgd', 0],
    ['sgd', 256],
  ] as const)('are those of one row at a time in float64: %s, projected to %i dimensions', async (type, dim) => {
    const epoch = epochOf();
    const projection = dim === 0 ? undefined : createProjection(shapesOf(epoch), dim, 5);
    const attempt = new Attempt({ model, pool: [] });
    const pool = [rows[0]!, rowWithoutTargets('none', 24), ...rows.slice(1)];
    const cosines = await meanCosines(attempt.context, {
      epoch,
      type,
      projectionDim: dim,
      projectionSeed: 5,
      rows: pool,
      targets,
      name: 'x',
      title: 'x',
    });
    expect(cosines[1]).toBeNaN();
    const names = [...adapterParameters(epoch.adapter).keys()];
    const [first, second] = [epoch.firstMoments, epoch.secondMoments].map((moments) => names.flatMap((name) => [...moments.get(name)!]));
    const step = (g: number[]) =>
      type === 'sgd'
        ? g
        : g.map((value, i) => (0.9 * first![i]! + 0.1 * value) / Math.sqrt(0.999 * second![i]! + 0.001 * value ** 2 + 1e-8));
    const towards = [];
    for (const target of targets) towards.push(projected(await gradientOf(target, epoch), projection, epoch));
    const expected = [];
    for (const row of rows) {
      const x = projected(step(await gradientOf(row, epoch)), projection, epoch);
      expected.push(towards.reduce((sum, t) => sum + cosine(x, t) / towards.length, 0));
    }
    expect(cosines.filter((value) => !Number.isNaN(value))).toBeAllclose(expected, { rtol: 1e-4, atol: 1e-5 });
    expect(new Set(expected.map((value) => value.toFixed(3))).size).toBeGreaterThan(4);
    expect(attempt.passes).toEqual({ forward: 3, forwardRows: 10, backward: 3, backwardRows: 10 });
  });

  it('are off by about 1 / sqrt(dim) behind a projection', async () => {
    const epoch = epochOf();
    const DIM = 512;
    const at = async (projectionDim: number, projectionSeed: number) =>
      await meanCosines(new Attempt({ model, pool: [] }).context, {
        epoch,
        type: 'adam',
        projectionDim,
        projectionSeed,
        rows,
        targets: targets.slice(0, 1),
        name: 'x',
        title: 'x',
      });
    const exact = await at(0, 0);
    let square = 0;
    const SEEDS = 8;
    for (let seed = 0; seed < SEEDS; seed++) {
      const cosines = await at(DIM, seed);
      cosines.forEach((value, i) => (square += (value - exact[i]!) ** 2 / (SEEDS * rows.length)));
    }
    expect(Math.sqrt(square)).toBeLessThan(1.4 / Math.sqrt(DIM));
    expect(Math.sqrt(square)).toBeGreaterThan(0.3 / Math.sqrt(DIM));
  });

  it.each([0, 64])('do not see the scale of a loss, of a row or of a target row: SGD, %i dimensions', async (dim) => {
    const epoch = epochOf();
    const projection = dim === 0 ? undefined : createProjection(shapesOf(epoch), dim, 0);
    const factors = adapterTensors(epoch.adapter);
    const space: GradientSpace = { config: model.config, loraScale: epoch.adapter.scale, factors: Object.keys(factors), projection };
    const [rowsProgram, targetsProgram] = [
      engine.compile('rows', rowProgram(space, 'sgd')),
      engine.compile('targets', targetProgram(space)),
    ];
    const inputsOf = (from: readonly TokenizedRow[], scale: number) => {
      const batch = collate(from, { padId: 0, lengthBuckets: [24], batchSize: from.length });
      const weights = batch.rowTargetCounts.map((count) => scale / count);
      return { ...model.inputs, ...factors, ...(projection && projectionInputs(projection)), ...batchInputs(batch, weights) };
    };
    const at = async (rowScale: number, targetScale: number) => {
      const target = await targetsProgram.run(inputsOf(targets, targetScale));
      expect(Object.keys(target)).toHaveLength(dim === 0 ? Object.keys(factors).length : 1);
      if (dim > 0) expect(target[targetPart(0)]!.shape).toEqual([dim, 1]);
      const outputs = await rowsProgram.run({ ...inputsOf(rows, rowScale), ...target });
      const [dots, squares] = [floats(outputs['dot']!), floats(outputs['squaredNorm']!)];
      return dots.map((dot, b) => dot / targets.length / Math.sqrt(squares[b]!));
    };
    const plain = await at(1, 1);
    expect(Math.max(...plain) - Math.min(...plain)).toBeGreaterThan(0.01); // a hundred times what is allowed to differ
    for (const scale of [1000, 1e-3]) {
      expect(await at(scale, 1)).toBeAllclose(plain, { rtol: 1e-4, atol: 1e-4 });
      expect(await at(1, scale)).toBeAllclose(plain, { rtol: 1e-4, atol: 1e-4 });
    }
  });
});

const SMALL = { epochs: 2, loraRank: 2, loraAlpha: 4, trainBatchSize: 4, learningRate: 1e-2 };

describe('the warm-up', () => {
  const pool = randomRows('warm-up', 90);

  it('takes a share of the rows but four batches at least, and weighs epochs by their mean learning rate', async () => {
    const attempt = new Attempt({ model, pool: [] });
    const { weights } = await warmUp(attempt.context, lessConfig.parse(SMALL), pool);
    // 16 rows in 4 batches, twice: 1 of 8 steps warms up, at rate 0; then 1, 6/7, 5/7 and 4/7 ... 1/7 of the rate.
    const rates = [(0 + 7 + 6 + 5) / 28, (4 + 3 + 2 + 1) / 28];
    expect(weights).toBeAllclose(
      rates.map((rate) => rate / (rates[0]! + rates[1]!)),
      { rtol: 1e-9, atol: 0 },
    );
    expect(attempt.notes['less']).toMatchObject({ warmupRows: 16, stepsPerEpoch: 4 });
    const half = new Attempt({ model, pool: [] });
    await warmUp(half.context, lessConfig.parse({ ...SMALL, epochs: 1, warmupShare: 0.5 }), pool);
    expect(half.notes['less']).toMatchObject({ warmupRows: 45, stepsPerEpoch: 12, checkpointWeights: [1] });
  });

  it('keeps what the optimiser had at the end of each epoch', async () => {
    const disk = new Disk();
    const attempt = new Attempt({ model, pool: [], disk });
    const { epoch } = await warmUp(attempt.context, lessConfig.parse(SMALL), pool);
    const training = disk.files.get('less-warm-up')!.state.arrays;
    const [early, last] = [await epoch(0), await epoch(1)];
    for (const [name, values] of adapterParameters(last.adapter)) {
      expect(values).toEqual(training[`p:${name}`]);
      expect(last.firstMoments.get(name)).toEqual(training[`m:${name}`]);
      expect(last.secondMoments.get(name)).toEqual(training[`v:${name}`]);
      expect(adapterParameters(early.adapter).get(name)).not.toEqual(values);
      expect(early.secondMoments.get(name)).not.toEqual(last.secondMoments.get(name));
    }
  });
});

describe('less', () => {
  it.each([0, 8192])('gives 1 to the only target row itself: SGD, one checkpoint, %i dimensions', async (projectionDim) => {
    const { context } = new Attempt({ model, pool: poolOf(rows), trusted: [rows[2]!] });
    const { scores } = await less.fit(context, { ...SMALL, epochs: 1, type: 'sgd', projectionDim });
    expect(scores[2]).toBeCloseTo(1, 5);
    expect(scores.every((score) => Math.abs(score) <= 1)).toBe(true);
    expect(Math.max(...scores.filter((_, i) => i !== 2))).toBeLessThan(0.99);
  });

  it('adds up its columns by the weights of the checkpoints, negated against harmful rows', async () => {
    const attempt = new Attempt({ model, pool: poolOf(rows), trusted: targets, harmful: targets });
    const towards = await less.fit(attempt.context, SMALL);
    const { checkpointWeights } = attempt.notes['less'] as { checkpointWeights: number[] };
    expect(Object.keys(towards.columns)).toEqual(['cosine_1', 'cosine_2']);
    const sum = towards.columns['cosine_1']!.map(
      (value, i) => checkpointWeights[0]! * value + checkpointWeights[1]! * towards.columns['cosine_2']![i]!,
    );
    expect(towards.scores).toBeAllclose(sum, { rtol: 1e-12, atol: 1e-15 });
    const against = await less.fit(new Attempt({ model, pool: poolOf(rows), harmful: targets }).context, {
      ...SMALL,
      target: 'against-harmful',
    });
    expect(against.scores).toEqual(towards.scores.map((score) => -score));
    expect(against.columns).toEqual(towards.columns);
  });

  it.each([
    [{ target: 'validation' }, 'trusted'],
    [{ target: 'against-harmful' }, 'harmful'],
  ] as const)('cannot do without the rows of its target: %o', async (config, role) => {
    const { context } = new Attempt({ model, pool: poolOf(rows), trusted: [rowWithoutTargets('none', 24)] });
    const error = await less.fit(context, config).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ConfigError);
    expect(String(error)).toContain(`needs ${role} rows`);
  });

  it.each(['adam', 'sgd'])('ranks rows that answer as the trusted ones do above others: %s', async (type) => {
    const [low, high] = [[5, 7] as const, [80, 82] as const];
    const good = randomRows('good', 12, { length: 20, answerIds: low });
    const bad = randomRows('bad', 12, { length: 20, answerIds: high });
    const trusted = randomRows('trusted', 6, { length: 20, answerIds: low });
    const pool = poolOf(good.flatMap((row, i) => [row, bad[i]!])); // even places are good
    const { scores } = await less.fit(new Attempt({ model, pool, trusted }).context, { ...SMALL, type });
    const pairs = good.flatMap((_, i) => bad.map((__, j): number => (scores[2 * i]! > scores[2 * j + 1]! ? 1 : 0)));
    expect(pairs.reduce((sum, won) => sum + won, 0) / pairs.length).toBeGreaterThan(0.9);
  });
});
