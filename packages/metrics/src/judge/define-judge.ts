import { attended, attendedAtOnce, checkDefinition, ContractError, describeValue, hashOfValue, held } from '@pharmacist/core';
import { z } from 'zod';
import { checkedVerdict } from './checked-verdict.ts';
import type { Judge, JudgeDefinition, JudgedItem, JudgeMaker, JudgeOptions, JudgeParts } from './judge.ts';

const REQUIRED = { create: 'function' } as const;
const OPTIONAL = { summary: 'string', source: 'string', config: 'object', effort: 'object' } as const;

/**
 * Holds a kind of judge, and every judge of it, to the contract, and forgets its configuration type, so that definitions of different judges
 * fit in one registry.
 * @throws {ContractError} if the definition itself is wrong; see `JudgeMaker` for what its judges are checked for.
 */
export function defineJudge<C, const N extends string>(
  definition: JudgeDefinition<C> & { readonly name: N },
): JudgeMaker & { readonly name: N } {
  const where = checkDefinition('judge', definition, { required: REQUIRED, optional: OPTIONAL });
  const { name, summary = 'no summary is given', source = 'none is given', effort } = definition;
  const config = (definition.config ?? z.strictObject({})) as NonNullable<typeof definition.config>;
  return held(
    {
      kind: 'judge' as const,
      name,
      summary,
      source,
      config,
      ...(effort && { effort }),
      create: async (options, context) => {
        const parsed = config.parse(options);
        const parts = await attended(where, undefined, async () => await definition.create(parsed, context));
        return checkedJudge(parts, { where, name, summary, fingerprint: () => hashOfValue({ judge: name, options: parsed }) });
      },
    },
    definition,
  );
}

interface Known {
  readonly where: string;
  readonly name: string;
  readonly summary: string;
  /** Of a judge that says none: the run knows the code it came from. */
  fingerprint(): string;
}

function checkedJudge(parts: JudgeParts, { where, ...known }: Known): Judge {
  if (parts === null || typeof parts !== 'object' || typeof parts.judge !== 'function') {
    const hint = 'return an object with a function judge(items)';
    throw new ContractError(`makes ${describeValue(parts)}, which is no judge`, { where, hint });
  }
  const { name = known.name, isProxy = true, description = known.summary, fingerprint = known.fingerprint(), model, asksSingly } = parts;
  const texts = { name, description, fingerprint };
  for (const [member, value] of Object.entries(texts)) {
    if (typeof value === 'string') continue;
    throw new ContractError(`makes a judge with ${describeValue(value)} for ${member}`, { where, hint: `${member} must be a string` });
  }
  if (typeof isProxy !== 'boolean') throw new ContractError(`makes a judge with ${describeValue(isProxy)} for isProxy`, { where });
  return {
    ...texts,
    isProxy,
    ...(model && { model }),
    ...(asksSingly !== undefined && { asksSingly }),
    ...(parts.cost && { cost: () => attendedAtOnce(where, () => parts.cost!()) }),
    ...(parts.resume && { resume: (earlier) => attendedAtOnce(where, () => parts.resume!(earlier)) }),
    ...(parts.dispose && { dispose: async () => await attended(where, undefined, async () => await parts.dispose!()) }),
    judge: async (items, options = {}) => {
      const verdicts = await attended(where, options.signal, async () => await parts.judge(items, checkingOptions(items, options, where)));
      if (!Array.isArray(verdicts) || verdicts.length !== items.length) {
        const found = Array.isArray(verdicts) ? `${verdicts.length} verdicts` : describeValue(verdicts);
        throw new ContractError(`gives ${found} for ${items.length} ${items.length === 1 ? 'item' : 'items'}`, {
          where,
          hint: "return an array with one verdict an item, in the items' order",
        });
      }
      return items.map((item, i) => checkedVerdict(verdicts[i], item, where));
    },
  };
}

/** Options whose `onVerdict` takes verdicts of items only. */
function checkingOptions(items: readonly JudgedItem[], options: JudgeOptions, where: string): JudgeOptions {
  const { onVerdict } = options;
  if (onVerdict === undefined) return options;
  return {
    ...options,
    onVerdict: async (index, verdict) => {
      const item = items[index];
      if (item === undefined) throw new ContractError(`tells a verdict of item number ${index} of ${items.length}`, { where });
      await onVerdict(index, checkedVerdict(verdict, item, where));
    },
  };
}
