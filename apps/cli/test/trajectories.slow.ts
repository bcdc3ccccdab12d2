import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeJsonAtomic } from '@pharmacist/core';
import { bundledPath, goldenPath } from '@pharmacist/test-fixtures';
import type {} from '@pharmacist/tooling/vitest/matchers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from './support/run-cli.ts';

const NUM_STEPS = 50;
/** Rounding of another machine grows along a trajectory: loose at the end, and still far below what a changed formula does. */
const TOLERANCE = { rtol: 2e-2, atol: 2e-3 };
/** Set to write the stored trajectories anew, after a change that was meant. */
const isUpdating = process.env['UPDATE_TRAJECTORIES'] === '1';

interface Trajectory {
  readonly loss: readonly number[];
  readonly gradientNorm: readonly number[];
}

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pharmacist-trajectories-'));
});
afterAll(async () => await rm(folder, { recursive: true, force: true }));

async function trajectoryOf(defense: string, options: readonly string[]): Promise<Trajectory> {
  const demo = (name: string) => bundledPath('data', 'demo', name);
  const data = ['--data', demo('alignment.jsonl'), '--harmful', demo('harmful.jsonl')];
  const training = ['--steps', String(NUM_STEPS), '--train-batch-size', '4', '--lora-alpha', '16', '--max-length', '128'];
  const args = ['align', ...data, '--defense', defense, ...options, ...training, '--seed', '7', '--out', defense];
  const { status, stderr } = await runCli(args, { cwd: folder });
  if (status !== 0) throw new Error(stderr);
  const lines = (await readFile(join(folder, defense, 'steps.jsonl'), 'utf8')).trim().split('\n');
  const steps = lines.map((line) => JSON.parse(line) as { loss: number; gradientNorm: number });
  return { loss: steps.map(({ loss }) => loss), gradientNorm: steps.map(({ gradientNorm }) => gradientNorm) };
}

describe('50 steps on the bundled model', () => {
  it.each([
    ['sft', []],
    ['vaccine', []],
    ['t-vaccine', ['--set', 'layerSteps=10', '--set', 'probabilitySteps=25']],
    ['booster', ['--set', 'harmfulBatchSize=4']],
    ['repnoise', ['--set', 'pairing=sampled', '--set', 'alpha=0.1']],
  ] as const)('of %s follow the stored trajectory', async (defense, options) => {
    const path = goldenPath('trajectories', `${defense}.json`);
    const found = await trajectoryOf(defense, options);
    expect(found.loss).toHaveLength(NUM_STEPS);
    if (isUpdating) await writeJsonAtomic(path, found);
    const stored = JSON.parse(await readFile(path, 'utf8')) as Trajectory;
    expect(found.loss).toBeAllclose(stored.loss, TOLERANCE);
    expect(found.gradientNorm).toBeAllclose(stored.gradientNorm, TOLERANCE);
    // Learning has to show: the mean of the last ten steps is below that of the first ten. RepNoise's loss holds an ascent term.
    const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    const learns = mean(found.loss.slice(-10)) < mean(found.loss.slice(0, 10));
    expect(learns || defense === 'repnoise').toBe(true);
  });
});
