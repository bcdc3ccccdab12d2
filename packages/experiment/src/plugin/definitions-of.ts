import { attended, ContractError } from '@pharmacist/core';
import { asDefinition, saysItIsDefinition } from '../catalog/as-definition.ts';
import type { Definition } from '../catalog/catalog.ts';
import { TOOLKIT } from './toolkit.ts';

/**
 * The definitions that a module exports: every export that is one, or a list of them; its default export may be a function that is given the
 * toolkit and returns them. Other named exports are its own affair.
 * @param where names the plugin. @throws {ContractError} if there are none, or one is wrong.
 */
export async function definitionsOf(module: Readonly<Record<string, unknown>>, where: string): Promise<Definition[]> {
  const { default: main, ...named } = module;
  const made = typeof main === 'function' ? await attended(where, undefined, async () => (await main(TOOLKIT)) as unknown) : main;
  const listed = [...inDefault(made), ...Object.values(named).filter(isDefinitions)].flat();
  const definitions = [...new Set(listed)].map((value) => asDefinition(value, where));
  if (definitions.length > 0) return definitions;
  const exported = Object.keys(module).join(', ') || 'nothing';
  throw new ContractError(`exports no definition; it exports ${exported}`, {
    where,
    hint: 'export what defineSelector, defineDefense, defineJudge, … make, or by default a function that is given these and returns it',
  });
}

/** What a default export, or the function in its place, gives: a definition, a list of them, or an object that has some, as the exports of a CommonJS module. */
function inDefault(made: unknown): unknown[] {
  if (made === undefined || made === null) return [];
  const isNamespace = typeof made === 'object' && !Array.isArray(made) && !saysItIsDefinition(made);
  return isNamespace ? Object.values(made).filter(isDefinitions) : [made];
}

function isDefinitions(value: unknown): boolean {
  return saysItIsDefinition(value) || (Array.isArray(value) && value.length > 0 && value.every(saysItIsDefinition));
}
