import { batchInputs, collate } from '@pharmacist/language-model';
import { loadModel, randomRows } from '@pharmacist/language-model/test-support';
import { float32, floats } from '@pharmacist/tensor-kernels';
import { F32_FORWARD } from '@pharmacist/tooling/vitest/matchers';
import { describe, expect, it } from 'vitest';
import { larf } from '../src/larf/larf.ts';
import { pairedDifference } from '../src/larf/paired-difference.ts';
import { scaledLossProgram } from '../src/larf/scaled-layers.ts';
import { sensitiveLayer } from '../src/larf/sensitive-layer.ts';
import { Attempt, type AttemptOptions } from './support/attempt.ts';
import { useFixtureModel } from './support/fixture-model.ts';
import { poolOf, rowWithoutTargets } from './support/pool-rows.ts';

const model = await useFixtureModel('llama');
const { numLayers } = model.config;

const pool = poolOf(randomRows('larf pool', 12));
const trusted = randomRows('larf trusted', 6);
const harmful = randomRows('larf harmful', 4);

async function fit(config: Record<string, unknown> = {}, options: Partial<AttemptOptions> = {}) {
  const attempt = new Attempt({ model, pool, trusted, harmful, ...options });
  return { ...(await larf.fit(attempt.context, config)), notes: attempt.notes };
}

describe('paired difference', () => {
  it('is taken pair by pair before the largest are averaged', () => {
    const [safe, unsafe] = [Float64Array.of(0.5, 0.2, 0.9), Float64Array.of(0.1, 0.3, 0.2)]; // 0.4, -0.1, 0.7
    expect(pairedDifference(safe, unsafe, 1)).toBeCloseTo(0.7, 12);
    expect(pairedDifference(safe, unsafe, 2)).toBeCloseTo(0.55, 12);
    expect(pairedDifference(safe, unsafe, 100)).toBeCloseTo(1 / 3, 12);
  });
});

describe.each(['llama', 'qwen2', 'llama-bias', 'gemma2', 'gemma3', 'phi3', 'olmo2', 'stablelm', 'stablelm-parallel'] as const)(
  'a scaled layer of %s',
  (form) => {
    it('is the layer with all of its weights scaled', async () => {
      const rows = randomRows('scaled', 3);
      const batch = collate(rows, { batchSize: 3, padId: 0, lengthBuckets: [24] });
      const plain = await loadModel(form, model.engine);
      const program = model.engine.compile('scaled', scaledLossProgram(plain.config));
      for (let layer = 0; layer < plain.config.numLayers; layer++) {
        const { rowLosses } = await program.run({
          ...plain.inputs,
          ...batchInputs(batch, new Float32Array(3)),
          layerScales: float32(
            [plain.config.numLayers],
            Float32Array.from({ length: plain.config.numLayers }, (_, l) => (l === layer ? 1.3 : 1)),
          ),
        });
        const changed = await loadModel(form, model.engine, (name, { data }) => {
          if (name.startsWith(`model.layers.${layer}.`)) data.forEach((value, i) => (data[i] = 1.3 * value));
        });
        const expected = await changed.rowLosses(batch);
        expect(floats(rowLosses!)).toBeAllclose(expected, F32_FORWARD);
        expect(expected).not.toEqual(await plain.rowLosses(batch));
        await changed.dispose();
      }
      await plain.dispose();
    });
  },
);

describe('the sensitive layer', () => {
  it('is that which widens the margin of unsafe over safe losses most', async () => {
    const { context, passes } = new Attempt({ model, pool });
    const [safe, unsafe] = [trusted.slice(0, 4), harmful];
    const { layer, changes } = await sensitiveLayer(context, { safe, unsafe, scale: 1.1 });
    expect(changes).toHaveLength(numLayers);
    expect(changes[layer - 1]).toBe(Math.max(...changes));
    // Batches of 4: 2 of 8 rows, with each layer scaled and with none.
    expect(passes).toEqual({ forward: 2 * (numLayers + 1), forwardRows: 8 * (numLayers + 1) });
    const swapped = await sensitiveLayer(new Attempt({ model, pool }).context, { safe: unsafe, unsafe: safe, scale: 1.1 });
    expect(swapped.changes).toBeAllclose(
      changes.map((change) => -change),
      { rtol: 1e-4, atol: 1e-6 }, // differences of losses of about 4.6 nats
    );
  });

  it('is the first where scaling changes nothing', async () => {
    const { context } = new Attempt({ model, pool });
    expect(await sensitiveLayer(context, { safe: trusted, unsafe: harmful, scale: 1 })).toEqual({
      layer: 1,
      changes: Array.from({ length: numLayers }, () => 0),
    });
  });
});

describe('larf', () => {
  it('takes the layer that the search finds, and notes it', async () => {
    const { scores, columns, notes } = await fit();
    expect(notes['marginChanges']).toHaveLength(numLayers);
    const fixed = await fit({ layer: notes['layer'] });
    expect(fixed.scores).toEqual(scores);
    expect(fixed.columns).toEqual(columns);
    expect(fixed.notes).toEqual({ layer: notes['layer'] });
  });

  it('is higher for trusted rows than for harmful ones', async () => {
    const rows = poolOf([...trusted.slice(0, 4), ...harmful]);
    for (const layer of [1, 'normed', 'search']) {
      const { scores, columns } = await fit({ layer }, { pool: rows, trusted: trusted.slice(0, 4) });
      expect(Math.min(...scores.subarray(0, 4))).toBeGreaterThan(Math.max(...scores.subarray(4)));
      const difference = columns['safe_similarity']!.map((safe, i) => safe - columns['unsafe_similarity']![i]!);
      expect(scores).toBeAllclose(difference, { rtol: 1e-9, atol: 1e-12 }); // fewer pairs than `top`
    }
  });

  it('turns its sign with the lists exchanged, unless fewer pairs are averaged than there are', async () => {
    const equal = { trusted: trusted.slice(0, 4), harmful };
    const exchanged = { trusted: harmful, harmful: trusted.slice(0, 4) };
    const negated = (await fit({ layer: 2 }, exchanged)).scores.map((score) => -score);
    expect((await fit({ layer: 2 }, equal)).scores).toBeAllclose(negated, F32_FORWARD);
    expect((await fit({ layer: 2, top: 1 }, equal)).scores).not.toBeAllclose(
      (await fit({ layer: 2, top: 1 }, exchanged)).scores.map((score) => -score),
      F32_FORWARD,
    );
  });

  it('does not depend on the order of trusted and harmful rows, and leaves out those without an answer', async () => {
    const { scores } = await fit({ top: 2 });
    const shuffled = {
      trusted: [...[4, 1, 0, 5, 3, 2].map((i) => trusted[i]!), rowWithoutTargets('none', 24)],
      harmful: [2, 0, 3, 1].map((i) => harmful[i]!),
    };
    expect((await fit({ top: 2 }, shuffled)).scores).toEqual(scores);
    expect((await fit({ top: 2, numAnchors: 3 })).scores).not.toEqual(scores);
  });

  it('gives every row 0 where trusted and harmful rows are the same, and takes one of each', async () => {
    expect((await fit({}, { harmful: trusted })).scores).toBeAllclose(new Float64Array(12), { rtol: 0, atol: 1e-6 });
    const one = await fit({}, { trusted: trusted.slice(0, 1), harmful: harmful.slice(0, 1) });
    expect(new Set(one.scores).size).toBe(12);
  });

  it('says what is missing', async () => {
    await expect(fit({}, { harmful: [] })).rejects.toMatchObject({ code: 'E_DATA', where: 'method larf' });
    await expect(fit({}, { trusted: [] })).rejects.toThrow('no trusted rows');
    await expect(fit({ layer: 99 })).rejects.toMatchObject({ code: 'E_CONFIG', where: 'layer' });
    await expect(fit({ layer: 'fourth' })).rejects.toThrow('expected a layer, from 1');
  });
});
