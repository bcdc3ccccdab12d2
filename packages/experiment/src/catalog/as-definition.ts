import { ContractError, describeValue, type DefinitionKind, isHeld, KIND_WORDS } from '@pharmacist/core';
import { defineRowFormat, type RowFormatDefinition } from '@pharmacist/data-io';
import { defineDefense, type DefenseDefinition } from '@pharmacist/defenses';
import { defineJudge, defineTask, type JudgeDefinition, type TaskDefinition } from '@pharmacist/metrics';
import { defineExecutor, type ExecutorDefinition } from '@pharmacist/distributed';
import { defineFilter, defineSelector, type FilterDefinition, type SelectorDefinition } from '@pharmacist/selector';
import { defineEngine, type EngineDefinition } from '@pharmacist/tensor-kernels';
import type { Definition, DefinitionOf } from './catalog.ts';

/** A definition as it may be written: what a `define…` function made, or the plain object that it would be given. */
export interface WrittenDefinition {
  selector: SelectorDefinition;
  filter: FilterDefinition;
  defense: DefenseDefinition;
  judge: JudgeDefinition;
  task: TaskDefinition;
  format: RowFormatDefinition;
  engine: EngineDefinition;
  executor: ExecutorDefinition;
}

const DEFINE: { readonly [Kind in DefinitionKind]: (written: WrittenDefinition[Kind]) => DefinitionOf[Kind] } = {
  selector: defineSelector,
  filter: defineFilter,
  defense: defineDefense,
  judge: defineJudge,
  task: defineTask,
  format: defineRowFormat,
  engine: defineEngine,
  executor: defineExecutor,
};

export const DEFINITION_KINDS = Object.keys(DEFINE) as readonly DefinitionKind[];

/** Whether a value says of itself that it is a definition: an object with a `kind`. */
export function saysItIsDefinition(value: unknown): boolean {
  return value !== null && typeof value === 'object' && 'kind' in value;
}

/** A definition of a known kind, held to its contract. @throws {ContractError} if it is none, or wrong. */
export function asDefinitionOf<K extends DefinitionKind>(kind: K, written: WrittenDefinition[K] | DefinitionOf[K]): DefinitionOf[K] {
  if (written !== null && typeof written === 'object' && 'kind' in written) {
    if (written.kind !== kind) {
      throw new ContractError(`is of the kind ${describeValue(written.kind)}`, {
        where: KIND_WORDS[kind],
        hint: `pass a ${KIND_WORDS[kind]}`,
      });
    }
    if (isHeld(written)) return written as DefinitionOf[K];
  }
  return DEFINE[kind](written as WrittenDefinition[K]);
}

/** A definition by its `kind`. @param where names its place. @throws {ContractError} if it is none, or wrong. */
export function asDefinition(value: unknown, where: string): Definition {
  const { kind } = (value ?? {}) as { readonly kind?: unknown };
  const known = DEFINITION_KINDS.find((each) => each === kind);
  if (known === undefined) {
    throw new ContractError(`${describeValue(value)} is no definition${kind === undefined ? '' : `: its kind is ${describeValue(kind)}`}`, {
      where,
      hint: `make it with defineSelector, defineFilter, defineDefense, defineJudge, defineTask, defineRowFormat, defineEngine or defineExecutor, or give it a kind: ${DEFINITION_KINDS.join(', ')}`,
    });
  }
  return asDefinitionOf(known, value as never);
}
