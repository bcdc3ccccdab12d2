import type { DefinitionKind, Registry, RunInput } from '@pharmacist/core';
import { FORMATS, type RowFormat, withFormats } from '@pharmacist/data-io';
import { type Defense, DEFENSES } from '@pharmacist/defenses';
import { type ExecutorMaker, EXECUTORS } from '@pharmacist/distributed';
import { type JudgeMaker, JUDGES, type Task, TASKS } from '@pharmacist/metrics';
import { type Filter, FILTERS, type Selector, SELECTORS } from '@pharmacist/selector';
import { type EngineMaker, ENGINES } from '@pharmacist/tensor-kernels';

/** What a definition of each kind is, once it is held to its contract. */
export interface DefinitionOf {
  selector: Selector;
  filter: Filter;
  defense: Defense;
  judge: JudgeMaker;
  task: Task;
  format: RowFormat;
  engine: EngineMaker;
  executor: ExecutorMaker;
}

/** A method, filter, defense, judge, task, row format, engine or executor. */
export type Definition = DefinitionOf[DefinitionKind];

/** Where names are looked up: everything that is built in, and what plugins and programs bring. */
export type Catalog = { readonly [Kind in DefinitionKind]: Registry<DefinitionOf[Kind]> } & {
  /** What the further definitions come from: part of what a run is. */
  readonly inputs: readonly RunInput[];
};

/** What is built in. */
export const BUILT_IN: Catalog = {
  selector: SELECTORS,
  filter: FILTERS,
  defense: DEFENSES,
  judge: JUDGES,
  task: TASKS,
  format: FORMATS,
  engine: ENGINES,
  executor: EXECUTORS,
  inputs: [],
};

/**
 * A catalog with further definitions.
 * @param inputs what they come from. @throws {ConfigError} if a name is taken, by one that is built in or by another of them.
 */
export function withDefinitions(catalog: Catalog, definitions: readonly Definition[], inputs: readonly RunInput[]): Catalog {
  const ofKind = <K extends DefinitionKind>(kind: K) => definitions.filter((each): each is DefinitionOf[K] => each.kind === kind);
  return {
    selector: catalog.selector.with(ofKind('selector')),
    filter: catalog.filter.with(ofKind('filter')),
    defense: catalog.defense.with(ofKind('defense')),
    judge: catalog.judge.with(ofKind('judge')),
    task: catalog.task.with(ofKind('task')),
    format: withFormats(catalog.format, ofKind('format')),
    engine: catalog.engine.with(ofKind('engine')),
    executor: catalog.executor.with(ofKind('executor')),
    inputs: [...catalog.inputs, ...inputs],
  };
}
