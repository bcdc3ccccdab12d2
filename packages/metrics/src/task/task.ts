import { ConfigError, unknownName, type Versioned } from '@pharmacist/core';
import type { Prompt } from '@pharmacist/language-model';

/** What an answer was read as. */
export interface AnswerScore {
  readonly isCorrect: boolean;
  /** The label, number or text that was read; null if the answer holds none. */
  readonly predicted: string | null;
}

/** A user's task, as it is written: how its rows become prompts and training targets, and how an answer is marked. `defineTask` makes a `Task` of it. */
export interface TaskDefinition<V extends string = string> extends Versioned {
  readonly name: string;
  /** One line for `pharmacist methods`. */
  readonly summary?: string;
  /** The data set and the code whose form this is. */
  readonly source?: string;
  /** Forms of the same task in different reference code, the default first; one, `plain`, if left out. */
  readonly variants?: readonly V[];
  /**
   * The classes, in the order of the data set's numbers; undefined where answers are open, and where the rows bring the classes until
   * `withLabels` has been given them.
   */
  readonly labels?: readonly string[] | undefined;
  /** Enough for the answer that the task trains; 64 if left out. */
  readonly maxNewTokens?: number;
  /** The prompt for a row's text. @throws {ConfigError} if the variant is unknown. */
  instruction(text: string, variant?: string): Prompt;
  /**
   * The answer to train on, from a row's reference (a label or its number, a solution, a text), and from its text where the answer speaks of it.
   * @throws {DataError} if the reference is not one of this task.
   */
  target(reference: string, text?: string): string;
  /** A row's class, where the answer to train on says more than its name. @throws {DataError} as `target`. */
  classOf?(reference: string): string;
  /** Marks one answer. @throws {ConfigError} if the variant is unknown; {DataError} if the reference is not one of this task. */
  score(answer: string, reference: string, variant?: string): AnswerScore;
  /** The same task with other classes, or with some where it has none of its own; only where answers are classes. @throws {ConfigError} if they are fewer than two or not distinct. */
  withLabels?(labels: readonly string[]): TaskDefinition<V>;
}

/** A task that is held to its contract: its functions throw {ContractError} naming it where they give values of another form. */
export interface Task extends Required<Omit<TaskDefinition, 'version' | 'labels' | 'classOf' | 'withLabels'>> {
  readonly kind: 'task';
  readonly labels?: readonly string[] | undefined;
  classOf?(reference: string): string;
  withLabels?(labels: readonly string[]): Task;
}

/** The variant asked for, or the default one. @throws {ConfigError} naming what exists. */
export function checkVariant<V extends string>(
  { name, variants }: { readonly name: string; readonly variants: readonly V[] },
  variant?: string,
): V {
  const found = variant === undefined ? variants[0] : variants.find((known) => known === variant);
  if (found === undefined) throw new ConfigError(unknownName(variant!, variants), { where: `variant of the task ${name}` });
  return found;
}
