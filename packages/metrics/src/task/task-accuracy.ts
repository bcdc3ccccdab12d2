import { NumericError } from '@pharmacist/core';
import { isVisible } from '../judge/judge.ts';
import { percentOf } from '../share-interval.ts';
import type { AnswerScore, Task } from './task.ts';

/** One answer of a task, marked. */
export interface ScoredAnswer extends AnswerScore {
  /** The row's reference as the task writes it: its class (`classOf`), or else its `target`. */
  readonly reference: string;
  /** The answer has no visible character. */
  readonly isEmpty: boolean;
}

/** How one class fares; a share without a denominator is null. */
export interface ClassAccuracy {
  readonly label: string;
  /** Rows of this class. */
  readonly numItems: number;
  /** Answers read as this class. */
  readonly numPredicted: number;
  /** 0 to 1, as are the next two. */
  readonly precision: number | null;
  readonly recall: number | null;
  readonly f1: number | null;
}

/** Fine-tune accuracy: higher is better. */
export interface TaskAccuracy {
  /** Percent of all items answered correctly; empty and unparsable answers are wrong, as in the reference code. */
  readonly value: number;
  /** Wilson's 95 % over items, percent. */
  readonly interval: { readonly low: number; readonly high: number };
  readonly numItems: number;
  readonly numCorrect: number;
  /** Visible answers in which no label, number or text was found. */
  readonly numUnparsable: number;
  readonly numEmpty: number;
  /** In the task's order of labels; empty for tasks without classes. */
  readonly perClass: readonly ClassAccuracy[];
}

/**
 * Marks answers.
 * @throws {ConfigError} if the variant is unknown; {DataError} if a reference is not one of the task.
 */
export function scoreAnswers(
  task: Task,
  items: readonly { readonly answer: string; readonly reference: string }[],
  variant?: string,
): ScoredAnswer[] {
  return items.map(({ answer, reference }) => ({
    ...task.score(answer, reference, variant),
    reference: task.classOf?.(reference) ?? task.target(reference),
    isEmpty: !isVisible(answer),
  }));
}

/**
 * Accuracy with its interval and a table by class.
 * @param labels the task's classes; none: no table.
 * @throws {NumericError} if there is no item.
 */
export function taskAccuracy(
  items: readonly ScoredAnswer[],
  { labels = [] }: { readonly labels?: readonly string[] | undefined } = {},
): TaskAccuracy {
  if (items.length === 0) {
    throw new NumericError('no answer to mark: an accuracy has no value', {
      where: 'metrics/taskAccuracy',
      hint: 'name task rows for evaluation',
    });
  }
  const numCorrect = items.filter(({ isCorrect }) => isCorrect).length;
  return {
    ...percentOf(numCorrect, items.length),
    numItems: items.length,
    numCorrect,
    numUnparsable: items.filter(({ predicted, isEmpty }) => predicted === null && !isEmpty).length,
    numEmpty: items.filter(({ isEmpty }) => isEmpty).length,
    perClass: labels.map((label) => classAccuracy(label, items)),
  };
}

function classAccuracy(label: string, items: readonly ScoredAnswer[]): ClassAccuracy {
  const numItems = items.filter(({ reference }) => reference === label).length;
  const numPredicted = items.filter(({ predicted }) => predicted === label).length;
  const numHits = items.filter(({ reference, predicted }) => reference === label && predicted === label).length;
  const share = (denominator: number, hits: number) => (denominator === 0 ? null : hits / denominator);
  return {
    label,
    numItems,
    numPredicted,
    precision: share(numPredicted, numHits),
    recall: share(numItems, numHits),
    // 2 P R / (P + R), without its division by zero where there is no hit.
    f1: share(numItems + numPredicted, 2 * numHits),
  };
}
