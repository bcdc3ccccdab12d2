import { ContractError } from '@pharmacist/core';
import { z } from 'zod';
import type { FitWork } from '../selector.ts';

const count = z.int().min(1);
const workSchema = z.array(
  z.discriminatedUnion('work', [
    z.strictObject({ work: z.literal('forward') }),
    z.strictObject({ work: z.literal('influences'), loraRank: count }),
    z.strictObject({ work: z.literal('training'), loraRank: count, batchSize: count, batchOption: z.string() }),
  ]),
) satisfies z.ZodType<readonly FitWork[]>;

/** What a definition says it has the model do. @throws {ContractError} if that is no list of such work. */
export function checkedWork(value: unknown, where: string): readonly FitWork[] {
  const parsed = workSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const place = issue!.path.length === 0 ? '' : ` (${issue!.path.join('.')}: ${issue!.message})`;
  throw new ContractError(`gives for work what is no list of work with a model${place}`, {
    where,
    hint: "return a list of { work: 'forward' }, { work: 'influences', loraRank } and { work: 'training', loraRank, batchSize, batchOption }",
  });
}
