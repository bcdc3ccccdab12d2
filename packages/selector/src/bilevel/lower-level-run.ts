import { InternalError } from '@pharmacist/core';
import { cloneAdapter, createAdapter, type LoraAdapter, type TokenizedRow } from '@pharmacist/language-model';
import type { SelectionContext } from '../selector.ts';
import type { BilevelConfig } from './config.ts';
import { inHashOrder } from '../states/anchor-rows.ts';
import { trainShortRun } from '../gradients/short-run.ts';
import { type Round, takeRound } from './round.ts';
import { toxicModel } from './toxic-model.ts';
import { pseudoValidationRows, type ValidationKind } from './validation-rows.ts';

/**
 * All rounds over `rows`: a lower-level run on them, stopped at each checkpoint for a round of influences. Each finished round is kept in
 * the state, and so is the training between rounds.
 */
export async function takeRounds(
  context: SelectionContext,
  config: BilevelConfig,
  kind: ValidationKind,
  rows: readonly TokenizedRow[],
): Promise<Round[]> {
  const { model, random } = context;
  const toxic = config.toxic === 'none' ? undefined : await toxicModel(context, config);
  const directionModel = toxic?.model ?? model;
  const adapter = createAdapter(
    model.config,
    { rank: config.loraRank, alpha: config.loraAlpha, baseModelName: model.name },
    random.split('adapter').integer(2 ** 31),
  );
  const trained = rows.filter(({ hasTargets }) => hasTargets);
  const rounds: Round[] = [];
  const roundAt = async (numSteps: number) => {
    const number = config.checkpoints.indexOf(numSteps);
    if (number < 0) return;
    const saved = await loadRound(context, number);
    const round =
      saved ??
      (await takeRound(context, config, {
        number,
        numRounds: config.checkpoints.length,
        adapter,
        innerAdapter: await innerAdapter(context, config, { adapter, rows: trained, number }),
        place: { directionModel, influenceModel: config.toxic === 'init' ? directionModel : model },
        rows,
        validation: await validationRows(context, config, kind, adapter, rows),
      }));
    if (saved === undefined) await saveRound(context, number, round);
    rounds[number] = round;
  };
  try {
    // A saved round is read when its step is reached and not before: it would change counts of steps made again.
    const hasRoundsUpTo = async (numSteps: number) => {
      for (const [number, steps] of config.checkpoints.entries()) {
        const saved = steps <= numSteps ? (rounds[number] ?? (await loadRound(context, number))) : undefined;
        if (saved !== undefined) rounds[number] = saved;
        else if (steps <= numSteps) return false;
      }
      return true;
    };
    await roundAt(0);
    await trainShortRun(context, {
      adapter,
      rows: trained,
      numSteps: config.checkpoints.at(-1)!,
      batchSize: config.trainBatchSize,
      learningRate: config.learningRate,
      name: 'lower-level',
      phase: 'Lower level: short run on the pool',
      random: random.split('lower level'),
      afterStep: roundAt,
      canContinue: hasRoundsUpTo,
    });
  } finally {
    await toxic?.dispose();
  }
  if (rounds.filter((round) => round !== undefined).length !== config.checkpoints.length)
    throw new InternalError('a round is missing', { where: 'selector/bilevel' });
  return rounds;
}

async function validationRows(
  context: SelectionContext,
  config: BilevelConfig,
  kind: ValidationKind,
  adapter: LoraAdapter,
  rows: readonly TokenizedRow[],
): Promise<readonly TokenizedRow[]> {
  return kind === 'trusted' ? inHashOrder(context.trusted) : await pseudoValidationRows(context, adapter, config, rows);
}

/** Where K - 1 steps on the pool lead from a checkpoint: the inner problem's lower level, looked through further than one step. */
async function innerAdapter(
  context: SelectionContext,
  { innerSteps, trainBatchSize, learningRate }: BilevelConfig,
  { adapter, rows, number }: { adapter: LoraAdapter; rows: readonly TokenizedRow[]; number: number },
): Promise<LoraAdapter> {
  if (innerSteps === 1) return adapter;
  const ahead = cloneAdapter(adapter);
  await trainShortRun(context, {
    adapter: ahead,
    rows,
    numSteps: innerSteps - 1,
    batchSize: trainBatchSize,
    learningRate,
    name: `round-${number}-inner`,
    phase: 'Inner problem: steps on the pool from the checkpoint',
    random: context.random.split('inner', number),
  });
  return ahead;
}

async function saveRound(context: SelectionContext, number: number, { loss, gradientNorm, influences, score }: Round): Promise<void> {
  const arrays = {
    loss,
    gradientNorm,
    score,
    ...Object.fromEntries(Object.entries(influences).map(([name, values]) => [`influence ${name}`, values])),
  };
  await context.state.save(`round-${number}`, { meta: { influences: Object.keys(influences) }, arrays });
}

async function loadRound(context: SelectionContext, number: number): Promise<Round | undefined> {
  const saved = await context.state.load(`round-${number}`);
  if (saved === undefined) return undefined;
  const array = (name: string) => saved.arrays[name] as Float64Array;
  const names = saved.meta['influences'] as string[];
  return {
    loss: array('loss'),
    gradientNorm: array('gradientNorm'),
    score: array('score'),
    influences: Object.fromEntries(names.map((name) => [name, array(`influence ${name}`)])),
  };
}
