import { attended, attendedAtOnce, checkDefinition, ContractError, describeValue, held } from '@pharmacist/core';
import { adapterParameters, type StepGradient } from '@pharmacist/language-model';
import { z } from 'zod';
import type { Defense, DefenseDefinition } from './defense.ts';

const REQUIRED = { start: 'function' } as const;
const OPTIONAL = {
  summary: 'string',
  source: 'string',
  config: 'object',
  needsHarmful: 'boolean',
  passes: 'string',
  largestProgram: 'function',
} as const;

/**
 * Holds a defense to its contract, and forgets its configuration type, so that definitions of different methods fit in one registry.
 * @throws {ContractError} if the definition itself is wrong; see `Defense` for what its steps are checked for.
 */
export function defineDefense<C, const N extends string>(
  definition: DefenseDefinition<C> & { readonly name: N },
): Defense & { readonly name: N } {
  const where = checkDefinition('defense', definition, { required: REQUIRED, optional: OPTIONAL });
  const { name, summary = 'no summary is given', source = 'none is given', needsHarmful = false, passes = 'not said' } = definition;
  const config = (definition.config ?? z.strictObject({})) as NonNullable<typeof definition.config>;
  return held(
    {
      kind: 'defense' as const,
      name,
      summary,
      source,
      config,
      needsHarmful,
      passes,
      ...(definition.largestProgram && { largestProgram: (sizes, options) => definition.largestProgram!(sizes, config.parse(options)) }),
      start: (context, options) => {
        const parsed = config.parse(options);
        const method = attendedAtOnce(where, () => definition.start(context, parsed));
        if (method === null || typeof method !== 'object' || typeof method.gradient !== 'function') {
          throw new ContractError(`starts ${describeValue(method)}, which has no gradient`, {
            where,
            hint: 'start returns, and not in a promise, an object with a function gradient(step)',
          });
        }
        const { fingerprint = { defense: name, options: parsed }, state } = method;
        // A run that is asked to stop keeps the step at work: the loop writes a checkpoint after it.
        const { signal } = context;
        return {
          fingerprint,
          ...(state && { state }),
          gradient: async (step) => {
            const given = await attended(where, signal, async () => await method.gradient(step), { keepsResult: true });
            return checkedGradient(given, adapterParameters(context.adapter), where);
          },
        };
      },
    },
    definition,
  );
}

function checkedGradient(given: StepGradient, parameters: ReadonlyMap<string, Float32Array>, where: string): StepGradient {
  if (given === null || typeof given !== 'object' || typeof given.loss !== 'number' || !(given.gradients instanceof Map)) {
    throw new ContractError(`gives ${describeValue(given)} for a step`, {
      where,
      hint: 'return { loss, gradients }: a number, and a Map with a Float32Array for each trained tensor, as model.gradient gives it',
    });
  }
  for (const [name, values] of given.gradients) {
    const expected = parameters.get(name)?.length;
    if (expected !== undefined && values instanceof Float32Array && values.length === expected) continue;
    const found = values instanceof Float32Array ? `${values.length} values` : describeValue(values);
    throw new ContractError(`gives ${found} for the gradient of ${name}`, {
      where,
      hint: expected === undefined ? 'no trained tensor has this name' : `give a Float32Array of ${expected}`,
    });
  }
  for (const [name, fact] of Object.entries(given.facts ?? {})) {
    if (typeof fact !== 'number')
      throw new ContractError(`notes ${describeValue(fact)} as ${name} of a step`, { where, hint: 'note numbers' });
  }
  return given;
}
