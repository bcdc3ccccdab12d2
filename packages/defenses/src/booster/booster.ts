import { adapterTensors, batchSequence, gradientSum, hashOfRows } from '@pharmacist/language-model';
import { float32 } from '@pharmacist/tensor-kernels';
import { z } from 'zod';
import { defineDefense } from '../define-defense.ts';
import { usableHarmful } from '../harmful-rows.ts';
import { sft } from '../sft.ts';
import { passInputs, scalar } from '../vaccine/perturbed-gradient.ts';
import { vaccine } from '../vaccine/vaccine.ts';
import { harmfulStepProgram } from './harmful-step.ts';

const boosterConfig = z.strictObject({
  /** Weight of the drop of the harmful loss; the CLI of the authors' code says .001, their scripts 5, and 25 for GSM8K at batch 10. */
  lambda: z.number().min(0).default(5),
  /** Length of the simulated harmful step. */
  alpha: z.number().min(0).default(0.1),
  /** Rows of a harmful batch; the authors' code has 10 written in. */
  harmfulBatchSize: z.int().min(1).default(10),
  /** "Vaccine+Booster": the alignment gradient is Vaccine's, with a perturbation of this length (5 in the authors' scripts); plain if left out. */
  perturbAwareRho: z.number().min(0).optional(),
});

/** h(w) and h(w') in nats a token, and |grad h(w)| over all factors. */
const FACTS = ['harmfulLoss', 'harmfulLossAfter', 'harmfulGradientNorm'] as const;

/**
 * Booster (Huang et al. 2024, arXiv 2409.01586): keep the harmful loss from dropping when the model takes a harmful step.
 *   min f(w) + lambda (h(w) - h(w - alpha grad h(w) / |grad h(w)|))
 * f and h are token means over an alignment and a harmful batch (harmful answers), w the LoRA factors. See harmful-step.ts.
 *
 * Cost of a step: 3 forward and 3 backward passes (4 and 4 with `perturbAwareRho`), two of them on the harmful batch as one compiled program.
 * The authors' code moves the weights and adds the step back, in bf16 not to the same bits; here they are never changed, the moved ones are
 * a copy. The same harmful batch serves both harmful gradients, which leave out the same where LoRA has dropout (the authors' scripts have none). Harmful rows are reshuffled each time all have been used.
 * The authors train one LoRA through alignment and attack (single-LoRA mode) and their baselines two.
 */
export const booster = defineDefense({
  name: 'booster',
  summary: 'lowers how much one normalised harmful step would lower the harmful loss',
  source: 'arXiv 2409.01586, eq. 3 and algorithm 1',
  passes: '3F + 3B',
  config: boosterConfig,
  needsHarmful: true,
  start(context, { lambda, alpha, harmfulBatchSize, perturbAwareRho }) {
    const { model, adapter, maxLength, count } = context;
    const harmful = usableHarmful(context, 'booster').map(({ tokens }) => tokens);
    const seed = context.random.split('booster', 'harmful batches').uint32();
    const batchSize = Math.min(harmfulBatchSize, harmful.length);
    const harmfulBatch = batchSequence(harmful, { batchSize, seed, maxLength, padId: model.tokenizer.padId });
    const alignment = perturbAwareRho === undefined ? sft.start(context, {}) : vaccine.start(context, { rho: perturbAwareRho });
    const names = Object.keys(adapterTensors(adapter));
    const program = model.adapterProgram(`booster ${adapter.scale} ${names.join()}`, 'booster', () =>
      harmfulStepProgram(model.config, adapter.scale, names),
    );
    const sum = gradientSum(model);
    const strengths = { lambda: float32([], [lambda]), alpha: float32([], [alpha]) };
    return {
      fingerprint: {
        method: 'booster',
        lambda,
        alpha,
        harmfulBatchSize,
        seed,
        harmful: hashOfRows(harmful),
        alignment: alignment.fingerprint,
      },
      gradient: async (step) => {
        const { batch } = harmfulBatch(step.step);
        count('forward', 2, 2 * batch.numRows);
        count('backward', 2, 2 * batch.numRows);
        const inputs = { ...passInputs({ model }, batch), ...strengths };
        const { outputs, ...regulariser } = await program.run(adapter, inputs, 'regulariser');
        const { loss, facts, ...gradients } = await alignment.gradient(step);
        const combined = await sum(gradients, regulariser);
        const harmfulFacts = FACTS.map((name) => [name, scalar(outputs[name]!)] as const);
        return { loss, ...combined, facts: { ...facts, ...Object.fromEntries(harmfulFacts) } };
      },
    };
  },
});
