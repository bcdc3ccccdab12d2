import { ConfigError, type Random } from '@pharmacist/core';
import { hashOfRows, collate, lengthBucketsFor } from '@pharmacist/language-model';
import { floats } from '@pharmacist/tensor-kernels';
import { z } from 'zod';
import type { DefenseContext, DefenseRow } from '../defense.ts';
import { defineDefense } from '../define-defense.ts';
import { usableHarmful } from '../harmful-rows.ts';
import { passInputs, passKey, passOptions, vaccineGradient } from '../vaccine/perturbed-gradient.ts';
import { layerNormProgram, vaccineProgram } from '../vaccine/programs.ts';
import { LayerSchedule } from './layer-schedule.ts';
import { numSubsets, ProgramCache } from './program-cache.ts';
import { trainedFactors } from './trained-factors.ts';

const tVaccineConfig = z.strictObject({
  /** Length of the joint perturbation over the active layers; 3 in the authors' README, .1 the default of their CLI. */
  rho: z.number().min(0).default(3),
  /** Layers active at a time; a quarter of the model's, at least 1, if left out. The authors' scripts: 8 of Llama 2 7B's 32, 5 of Qwen2 7B's 28. */
  numLayers: z.int().min(1).optional(),
  /** Steps between two measurements of the layers' probabilities (K). */
  probabilitySteps: z.int().min(1).default(200),
  /** Steps between two draws of the layers (J). */
  layerSteps: z.int().min(1).default(20),
  /** Harmful rows, from the first, that the probabilities are measured on, one at a time. */
  poolSize: z.int().min(1).default(200),
  /** Whether the MLP factors of inactive layers are frozen as well: the paper. `false` is the authors' code; see trained-factors.ts. */
  freezeMlp: z.boolean().default(true),
});

/**
 * T-Vaccine (Liu et al. 2024, arXiv 2410.09760): Vaccine on a few layers at a time, drawn by how much harmful rows pull at them.
 *   p_l = |dL_harm/da_l| / sum_k |dL_harm/da_k|,   S_t drawn one by one without replacement by p,
 *   min over the factors of S_t, max over sqrt(sum_{l in S_t} |eps_l|^2) <= rho, of L(w; a_l + eps_l)
 * Every K steps p is measured afresh on one harmful row (harmful answer as target); every J steps S_t is drawn. What is not in S_t is frozen:
 * it gets no gradient, so that the optimiser skips it, weight decay included.
 *
 * Cost of a step: 2 forward and 2 backward passes that end at the lowest active layer, below which the forward pass is made once; every K
 * steps 1 and 1 more on one row. A program is compiled for each set of layers; see program-cache.ts.
 * Deviations of the authors' code: it leaves MLP factors trainable (`freezeMlp: false` here), and the loader of its harmful rows would
 * restart at every call once it ran out; here the pool is reshuffled.
 */
export const tVaccine = defineDefense({
  name: 't-vaccine',
  summary: 'Vaccine on layers drawn by their harmful-gradient norm, the others frozen',
  source: 'arXiv 2410.09760, algorithm 1',
  passes: '2F + 2B, part',
  config: tVaccineConfig,
  needsHarmful: true,
  start(context, { rho, probabilitySteps, layerSteps, poolSize, freezeMlp, numLayers: asked }) {
    const { model, adapter, count, note } = context;
    const { numLayers } = model.config;
    const numActive = asked ?? Math.max(1, Math.round(numLayers / 4));
    if (numActive > numLayers) {
      throw new ConfigError(`expected at most the ${numLayers} layers of the model ${model.name}, got ${numActive}`, {
        where: 'defense.numLayers',
        hint: `the default for this model is ${Math.max(1, Math.round(numLayers / 4))}`,
      });
    }
    const pool = usableHarmful(context, 't-vaccine').slice(0, poolSize);
    const random = context.random.split('t-vaccine');
    const schedule = new LayerSchedule({
      numActive,
      probabilitySteps,
      layerSteps,
      random,
      measure: harmfulNorms(context, pool, random, probabilitySteps),
    });
    const programs = new ProgramCache(model, numSubsets(numLayers, numActive));
    return {
      fingerprint: {
        method: 't-vaccine',
        rho,
        numActive,
        probabilitySteps,
        layerSteps,
        freezeMlp,
        seed: random.uint32(),
        harmful: hashOfRows(pool.map(({ tokens }) => tokens)),
      },
      state: schedule,
      gradient: async ({ step, batch }) => {
        const { layers, isNew } = await schedule.at(step);
        if (isNew) note('t-vaccine', { freezeMlp, numActive, ...schedule.save() });
        const options = passOptions({ model, adapter }, { layers, trained: trainedFactors(adapter, layers, { numLayers, freezeMlp }) });
        const program = programs.get(`vaccine ${passKey(options)}`, 't-vaccine', () => vaccineProgram(options));
        count('forward', 2, 2 * batch.numRows);
        count('backward', 2, 2 * batch.numRows);
        const { facts, ...gradient } = await vaccineGradient(program, { model, adapter }, batch, rho);
        return { ...gradient, facts: { ...facts, lowestActiveLayer: layers[0]! } };
      },
    };
  },
});

/** Norms of the loss gradient of one harmful row at all attention outputs: a different row at each measurement until all were used. */
function harmfulNorms(
  { model, adapter, maxLength, count }: DefenseContext,
  pool: readonly DefenseRow[],
  random: Random,
  probabilitySteps: number,
): (step: number) => Promise<number[]> {
  const options = passOptions({ model, adapter }, { trained: [] });
  const program = model.adapterProgram(`layer norms ${passKey(options)}`, 'layer norms', () => layerNormProgram(options), {
    hasGradients: false,
  });
  return async (step) => {
    const measurement = step / probabilitySteps;
    const order = random.split('pool', Math.floor(measurement / pool.length)).permutation(pool.length);
    const { tokens } = pool[order[measurement % pool.length]!]!;
    const batch = collate([tokens], { batchSize: 1, padId: model.tokenizer.padId, lengthBuckets: lengthBucketsFor(maxLength) });
    count('forward', 1, 1);
    count('backward', 1, 1);
    const { outputs } = await program.run(adapter, passInputs({ model }, batch));
    return [...floats(outputs['norms']!)];
  };
}
