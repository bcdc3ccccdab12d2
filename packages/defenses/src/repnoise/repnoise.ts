import { hashOfRows, adapterTensors } from '@pharmacist/language-model';
import { floats } from '@pharmacist/tensor-kernels';
import { z } from 'zod';
import { defineDefense } from '../define-defense.ts';
import { usableHarmful } from '../harmful-rows.ts';
import { maskedPairs } from './masked-pairs.ts';
import { maskedNoise } from './noise.ts';
import { choosePairing } from './pairing.ts';
import { repNoiseInputs, repNoiseInputTypes, repNoiseProgram } from './repnoise-program.ts';

const repNoiseConfig = z.strictObject({
  /** Weight of the ascent on harmful rows; .1 in Booster's port of the method, .02 in Panacea's. */
  alpha: z.number().min(0).default(1),
  /** Weight of the noise term. */
  beta: z.number().min(0).default(0.001),
  /** Harmful rows by the prompt of each alignment row (the paper), drawn at random (the port in T-Vaccine), or by prompt if all have one. */
  pairing: z.enum(['auto', 'prompt', 'sampled']).default('auto'),
  /** Leave targets of token id 0 out of the loss, as the authors' code does because 0 marks what it masked. */
  ignoreZeroId: z.boolean().default(true),
});

/**
 * RepNoise (Rosati et al. 2024, arXiv 2405.14577): make the representations of harmful answers look like noise at every layer.
 *   L = L_harmless + beta L_noise - alpha log(1 + L_adv)
 * A row of the harmful batch stands beside a row of the alignment batch; m[b,t] = 1 where their tokens differ (masked-pairs.ts).
 * - L_harmless = CE_m of the logits on the alignment batch. The prompt is not masked as such, and padding that faces a token counts.
 * - L_adv = (CE_m of the logits + sum over l = 0..L of CE_m of LMhead(norm(H_l))) / (L + 1) on the harmful batch; H_L is normed twice.
 * - L_noise = mean over layers of MMD(m Z_l, m g), Z_l the output of the MLP, g ~ N(0,1) fresh each step and layer (mmd.ts).
 * A pair that does not differ adds nothing; a step in which no token differs has loss 0 and gradient 0.
 *
 * Cost of a step: 2 forward passes and one backward pass through both, L + 1 evaluations of the output embedding more than that (one
 * without a backward pass), L MMDs. Positions with zeroed logits are counted, not computed.
 * The authors train all weights on unshuffled batches; here LoRA factors on the one loop's shuffled batches. With LoRA dropout one mask by row and
 * position of the batch serves both sides.
 */
export const repnoise = defineDefense({
  name: 'repnoise',
  summary: 'turns the representations of harmful answers into noise, raises their loss at every layer',
  source: "arXiv 2405.14577, eq. 3 and its authors' code",
  passes: '2F + 2B, heads',
  config: repNoiseConfig,
  needsHarmful: true,
  largestProgram({ config, adapter, ...sizes }, weights) {
    return {
      program: repNoiseProgram(config, adapter.scale, Object.keys(adapterTensors(adapter)), weights),
      inputs: repNoiseInputTypes(config, sizes, weights),
    };
  },
  start(context, { alpha, beta, pairing: wanted, ignoreZeroId }) {
    const { model, adapter, batchSize, maxLength, count } = context;
    const harmful = usableHarmful(context, 'repnoise');
    const pairing = choosePairing(context, harmful, wanted);
    context.note('repnoise.pairing', pairing.kind);
    const random = context.random.split('repnoise', 'noise');
    const weights = { alpha, beta };
    const numSides = alpha === 0 && beta === 0 ? 1 : 2;
    const trained = Object.keys(adapterTensors(adapter));
    const program = model.adapterProgram(`repnoise ${alpha} ${beta} ${adapter.scale} ${trained.join()}`, 'repnoise', () =>
      repNoiseProgram(model.config, adapter.scale, trained, weights),
    );
    const collateOptions = { batchSize, padId: model.tokenizer.padId, maxLength, hasCommonLength: pairing.kind === 'prompt', ignoreZeroId };
    return {
      fingerprint: {
        method: 'repnoise',
        alpha,
        beta,
        pairing: pairing.kind,
        ignoreZeroId,
        seed: context.random.split('repnoise').uint32(),
        harmful: hashOfRows(harmful.map(({ tokens }) => tokens)),
      },
      gradient: async (step) => {
        const harmless = step.indices.map((index) => context.rows[index]!.tokens);
        const pairs = maskedPairs(pairing.partners(step), harmless, collateOptions);
        const layers = Array.from({ length: beta === 0 ? 0 : model.config.numLayers }, (_, layer) => layer);
        const noise = layers.map((layer) => maskedNoise(pairs.harmful.mask, model.config.hiddenSize, random.split(step.step, layer)));
        count('forward', numSides, numSides * pairs.numRows);
        count('backward', numSides, numSides * pairs.numRows);
        const inputs = repNoiseInputs(pairs, noise, model.config, weights);
        const { outputs, ...gradients } = await program.run(adapter, { ...model.inputs, ...inputs });
        const facts = ['harmlessLoss', 'adversarialLoss', 'noiseLoss'].flatMap((name) =>
          outputs[name] === undefined ? [] : [[name, floats(outputs[name])[0]!] as const],
        );
        return { loss: floats(outputs['loss']!)[0]!, ...gradients, facts: Object.fromEntries(facts) };
      },
    };
  },
});
