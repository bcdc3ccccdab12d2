import { attended, attendedAtOnce, checkDefinition, ContractError, held } from '@pharmacist/core';
import { z } from 'zod';
import { checkedBytes } from './contract/checked-bytes.ts';
import { checkedRanking } from './contract/checked-ranking.ts';
import { checkedWork } from './contract/checked-work.ts';
import { inIdOrder } from './id-order.ts';
import type { FitSizes, FitWork, Needed, PoolRow, SelectionContext, SelectionCost, Selector, SelectorDefinition } from './selector.ts';
import { withoutKinds } from './without-kinds.ts';

const REQUIRED = { fit: 'function' } as const;
const OPTIONAL = {
  summary: 'string',
  source: 'string',
  config: 'object',
  movedOptions: 'object',
  explains: 'boolean',
  cost: 'string',
  passes: 'string',
  needs: 'function',
  uses: 'function',
  models: 'function',
  work: 'function',
  rowBytes: 'function',
} as const;

const NEEDED: readonly Needed[] = ['harmful', 'trusted', 'kinds'];
/** Numbers of a row, and for gradients the list of rows that train. */
const ROW_BYTES: Readonly<Record<SelectionCost, number>> = { none: 16, text: 64, forward: 128, gradients: 400 };
const WORK: Readonly<Record<SelectionCost, readonly FitWork[]>> = {
  none: [],
  text: [],
  forward: [{ work: 'forward' }],
  gradients: [{ work: 'influences', loraRank: 8 }],
};
const COST_WORDS: Readonly<Record<SelectionCost, string>> = {
  none: 'none',
  text: 'none: reads the texts',
  forward: 'forward passes',
  gradients: 'forward and backward passes',
};

/**
 * Holds a method to its contract, and forgets its configuration type, so that definitions of different methods fit in one registry. `fit` is
 * given the pool in the order of ids, so that its scores go with the ids and not with places in a file.
 * @throws {ContractError} if the definition itself is wrong; see `Selector` for what its ranking is checked for.
 */
export function defineSelector<C, const N extends string>(
  definition: SelectorDefinition<C> & { readonly name: N },
): Selector & { readonly name: N } {
  const where = checkDefinition('selector', definition, { required: REQUIRED, optional: OPTIONAL });
  const { name, summary = 'no summary is given', source = 'none is given', cost = 'forward', movedOptions, explains } = definition;
  if (!(cost in COST_WORDS))
    throw new ContractError(`has the cost "${cost}"`, { where, hint: `say one of ${Object.keys(COST_WORDS).join(', ')}` });
  const config = (definition.config ?? z.strictObject({})) as NonNullable<typeof definition.config>;
  const rowsOf = (member: 'needs' | 'uses', options: unknown): readonly Needed[] =>
    listed(
      attendedAtOnce(where, () => definition[member]?.(config.parse(options)) ?? []),
      member,
      NEEDED,
      where,
    );
  return held(
    {
      kind: 'selector' as const,
      name,
      summary,
      source,
      cost,
      passes: definition.passes ?? COST_WORDS[cost],
      config,
      ...(movedOptions && { movedOptions }),
      ...(explains && { explains }),
      ...(definition.needs && { needs: (options: unknown) => rowsOf('needs', options) }),
      uses: (options: unknown) => [...new Set([...rowsOf('needs', options), ...rowsOf('uses', options)])],
      ...(definition.models && {
        models: (options: unknown) =>
          listed(
            attendedAtOnce(where, () => definition.models!(config.parse(options))),
            'models',
            undefined,
            where,
          ),
      }),
      work: (options: unknown) =>
        definition.work === undefined
          ? WORK[cost]
          : checkedWork(
              attendedAtOnce(where, () => definition.work!(config.parse(options))),
              where,
            ),
      rowBytes: (options: unknown, sizes: FitSizes) =>
        definition.rowBytes === undefined
          ? ROW_BYTES[cost]
          : checkedBytes(
              attendedAtOnce(where, () => definition.rowBytes!(config.parse(options), sizes)),
              where,
            ),
      fit: async (context, options) => {
        const parsed = config.parse(options);
        const readsKinds = [...rowsOf('needs', options), ...rowsOf('uses', options)].includes('kinds');
        const lentRows = (rows: readonly PoolRow[]) => (readsKinds ? rows : withoutKinds(rows));
        return await inIdOrder(context, async (ordered) => {
          const fitted = await attended(where, context.signal, async ({ assertWanted }) => {
            return await definition.fit(lent({ ...ordered, pool: lentRows(ordered.pool) }, assertWanted), parsed);
          });
          return checkedRanking(fitted, { where, pool: ordered.pool, signal: context.signal, lentRows });
        });
      },
    },
    definition,
  );
}

/** The context of a fit that may be given up: afterwards it changes nothing of the run. */
function lent(context: SelectionContext, assertWanted: () => void): SelectionContext {
  return {
    ...context,
    state: {
      load: async (name) => await context.state.load(name),
      save: async (name, state) => {
        assertWanted();
        await context.state.save(name, state);
      },
    },
    count: (kind, batches, rows) => {
      assertWanted();
      context.count(kind, batches, rows);
    },
    note: (key, value) => {
      assertWanted();
      context.note(key, value);
    },
  };
}

function listed<T extends string>(words: readonly T[], member: string, known: readonly T[] | undefined, where: string): readonly T[] {
  if (Array.isArray(words) && words.every((word: T) => typeof word === 'string' && (known === undefined || known.includes(word))))
    return words;
  throw new ContractError(`gives for ${member} what is no list of ${known === undefined ? 'names' : known.join(', ')}`, {
    where,
    hint: `return an array${known === undefined ? ' of bundled names or folders' : ''}`,
  });
}
