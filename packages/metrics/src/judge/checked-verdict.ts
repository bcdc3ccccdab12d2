import { ContractError, describeValue } from '@pharmacist/core';
import { z } from 'zod';
import type { JudgedItem, Verdict } from './judge.ts';

const share = z.number().min(0).max(1);

const verdictSchema: z.ZodType<Verdict> = z.discriminatedUnion('status', [
  z.object({
    status: z.literal('judged'),
    isHarmful: z.boolean(),
    score: share,
    labels: z.record(z.string(), share).exactOptional(),
  }),
  z.object({ status: z.literal('empty') }),
  z.object({ status: z.literal('unparsable'), reply: z.string() }),
  z.object({ status: z.literal('error'), message: z.string(), isFinal: z.literal(true).exactOptional() }),
]);

/** The verdict itself, if it is one. @param where names the judge. @throws {ContractError} naming judge and item. */
export function checkedVerdict(verdict: Verdict | undefined, { id }: JudgedItem, where: string): Verdict {
  const parsed = verdictSchema.safeParse(verdict);
  if (parsed.success) return verdict!;
  const [issue] = parsed.error.issues;
  const at = issue === undefined || issue.path.length === 0 ? '' : ` ${issue.path.join('.')}`;
  throw new ContractError(`gives item ${id} no verdict: ${describeValue(verdict)},${at} ${issue?.message ?? ''}`, {
    where,
    hint: "a verdict is { status: 'judged', isHarmful, score } with a score from 0 to 1, or has the status empty, unparsable or error",
    details: { item: id },
  });
}
