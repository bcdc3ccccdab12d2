import type { RunInput } from '@pharmacist/core';
import { isRemoteSource, mixAttackRows, type RowSource } from '@pharmacist/data-io';
import { dataSource } from '../bundled.ts';
import { type EvaluateInputs, readEvaluateInputs } from '../evaluate/read-inputs.ts';
import type { DrawnPools } from './pool-files.ts';
import { checkNeeds, haveKinds, type ParsedMethod } from '../select/parse-method.ts';
import { InputFiles, type ReadAs } from '../inputs/input-files.ts';
import type { StageOptions } from '../every-stage/options.ts';
import { readTask } from '../inputs/task-file.ts';
import type { RunConfig } from './config-schema.ts';
import { downstreamOf } from './downstream.ts';

export interface RowsToCheck extends Pick<StageOptions, 'catalog' | 'reporter' | 'signal'> {
  readonly selectors: readonly ParsedMethod[];
  /** Drawn from the alignment rows; none if they are ranked as they are. */
  readonly pools: DrawnPools;
}

export interface CheckedRows {
  /** What evaluations read; undefined if nothing is evaluated, or on files on the Hub alone. */
  readonly evaluated: EvaluateInputs | undefined;
  /** What was read, by the run's names of its files. */
  readonly records: readonly RunInput[];
}

/**
 * Reads every row file of a configuration and checks what its last step would otherwise stumble over: bad rows, a task's form, variant and
 * labels, rows for every attack and every limit, attack rows among the alignment rows. What is on the Hub or behind an address is left to the step that reads it.
 * @throws {ConfigError} for settings that do not go with the rows. @throws {DataError} for bad rows, too few of them, and overlap.
 */
export async function checkRows(config: RunConfig, { selectors, pools, ...rest }: RowsToCheck): Promise<CheckedRows> {
  const { split, subset } = config.data;
  const reading = { ...rest, split, subset };
  const local = async (source: RowSource | undefined) => {
    if (source === undefined) return undefined;
    const files = dataSource(source);
    return (await isRemoteSource(files, { formats: rest.catalog?.format })) ? undefined : files;
  };
  const files = new InputFiles([], reading);
  const read = async (role: string, source: RowSource | undefined, as?: ReadAs) => {
    const path = await local(source);
    return path === undefined ? undefined : (await files.read(role, path, as)).rows;
  };
  let isEveryKindKnown = true;
  const alignment = await read('alignment', config.data.alignment, {
    isPacked: true,
    onRow: ({ fields: { kind } }) => void (isEveryKindKnown &&= haveKinds([kind])),
  });
  await read('harmful', config.data.harmful);
  await read('validation', config.data.validation);
  // Rows of drawn pools have kinds.
  if (pools.size === 0 && alignment !== undefined) for (const method of selectors) checkNeeds(method, { kinds: isEveryKindKnown });
  const downstream = downstreamOf(config);
  if (downstream === undefined) return { evaluated: undefined, records: files.records };
  const { data, attack, evaluation } = downstream;
  const train = await local(data.task.train);
  const task = train === undefined ? undefined : await readTask(files, 'taskTrain', train, data.task, rest.catalog);
  const harmful = await read('attackHarmful', data.attackHarmful);
  const excluded = pools.size === 0 ? (alignment ?? []) : [...pools.values()].flatMap(({ rows }) => rows);
  if (task !== undefined && harmful !== undefined) {
    // Which rows are drawn is the seed's; whether they can be is not.
    const mix = { task: task.rows, harmful, excluded, numSamples: attack.samples, seed: 0, allowOverlap: data.allowOverlap };
    for (const poisonRatio of attack.poisonRatios) mixAttackRows({ ...mix, poisonRatio });
  }
  const sources = {
    harmfulPrompts: await local(data.harmfulPrompts),
    task: await local(data.task.test),
    overRefusalPrompts: await local(data.overRefusalPrompts),
    pairs: await local(data.pairs),
    plainText: await local(data.plainText),
  };
  if (Object.values(sources).every((source) => source === undefined)) return { evaluated: undefined, records: files.records };
  const evaluated = await readEvaluateInputs({ ...reading, ...sources, taskOptions: data.task, limit: evaluation.limit });
  const later = evaluated.records.map((record) => (record.role === 'task' ? { ...record, role: 'taskTest' } : record));
  return { evaluated, records: [...files.records, ...later] };
}
