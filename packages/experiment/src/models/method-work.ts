import type { ParsedMethod } from '../select/parse-method.ts';
import type { AskedWork } from './check-memory.ts';

export interface MethodWorkOptions {
  /** Rows of a scoring batch. */
  readonly batchSize: number;
  readonly maxLength: number;
  /** Whether the model also reads every row to explain the ranking. */
  readonly explains?: boolean | undefined;
  /** Option that sets the rows of a scoring batch. */
  readonly batchOption?: string;
}

/** What ranking by a method has the model do. */
export function methodWork(
  { selector, config }: ParsedMethod,
  { batchSize, maxLength, explains = false, batchOption = '--batch-size' }: MethodWorkOptions,
): AskedWork[] {
  const batches = { batchSize, maxLength, batchOption };
  const ranking = selector.work(config).map((each): AskedWork => {
    if (each.work === 'forward') return { ...batches, work: 'forward' };
    if (each.work === 'influences') return { ...batches, ...each };
    return { ...each, maxLength, batchOption: `${each.batchOption} of ${selector.name}:` };
  });
  const reads = ranking.some(({ work }) => work === 'forward');
  return explains && !reads ? [...ranking, { ...batches, work: 'forward' }] : ranking;
}
