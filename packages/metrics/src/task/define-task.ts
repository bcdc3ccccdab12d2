import { attendedAtOnce, checkDefinition, ContractError, describeValue, held } from '@pharmacist/core';
import { checkVariant, type Task, type TaskDefinition } from './task.ts';

const REQUIRED = { instruction: 'function', target: 'function', score: 'function' } as const;
const OPTIONAL = {
  summary: 'string',
  source: 'string',
  variants: 'object',
  labels: 'object',
  maxNewTokens: 'number',
  classOf: 'function',
  withLabels: 'function',
} as const;

/**
 * Holds a task to its contract and forgets the names of its variants, so that definitions of different tasks fit in one registry.
 * @throws {ContractError} if the definition itself is wrong.
 */
export function defineTask<V extends string, const N extends string>(
  definition: TaskDefinition<V> & { readonly name: N },
): Task & { readonly name: N } {
  const where = checkDefinition('task', definition, { required: REQUIRED, optional: OPTIONAL });
  const { name, summary = 'no summary is given', source = 'none is given', labels, maxNewTokens = 64 } = definition;
  const variants: readonly string[] = definition.variants ?? ['plain'];
  if (!isListOfTexts(variants) || variants.length === 0) throw new ContractError('has variants that are no list of names', { where });
  if (labels !== undefined && !isListOfTexts(labels)) throw new ContractError('has labels that are no list of texts', { where });
  if (!Number.isSafeInteger(maxNewTokens) || maxNewTokens < 1) {
    throw new ContractError(`has ${maxNewTokens} for maxNewTokens`, { where, hint: 'give a whole number from 1 on' });
  }
  const text = (what: string, make: () => string): string => {
    const value = attendedAtOnce(where, make);
    if (typeof value === 'string') return value;
    throw new ContractError(`gives ${describeValue(value)} for ${what}`, { where, hint: 'return a text' });
  };
  return held(
    {
      kind: 'task' as const,
      name,
      summary,
      source,
      variants,
      labels,
      maxNewTokens,
      instruction(of, variant) {
        checkVariant({ name, variants }, variant);
        const prompt = attendedAtOnce(where, () => definition.instruction(of, variant));
        if (typeof prompt?.prompt === 'string') return prompt;
        throw new ContractError(`gives ${describeValue(prompt)} for a prompt`, {
          where,
          hint: 'return { prompt }, with an input if you like',
        });
      },
      target: (reference, of) => text('an answer to train on', () => definition.target(reference, of)),
      ...(definition.classOf && { classOf: (reference: string) => text('a class', () => definition.classOf!(reference)) }),
      score(answer, reference, variant) {
        checkVariant({ name, variants }, variant);
        const mark = attendedAtOnce(where, () => definition.score(answer, reference, variant));
        if (typeof mark?.isCorrect === 'boolean' && (mark.predicted === null || typeof mark.predicted === 'string')) return mark;
        throw new ContractError(`marks an answer to the reference ${describeValue(reference)} with ${describeValue(mark)}`, {
          where,
          hint: 'return { isCorrect, predicted }: true or false, and the text that was read, or null',
          details: { reference },
        });
      },
      ...(definition.withLabels && {
        withLabels: (others: readonly string[]) => defineTask({ ...attendedAtOnce(where, () => definition.withLabels!(others)), name }),
      }),
    },
    definition,
  );
}

function isListOfTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((text) => typeof text === 'string');
}
