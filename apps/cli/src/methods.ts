import { ConfigError, unknownName } from '@pharmacist/core';
import type { Catalog } from '@pharmacist/experiment';
import type { Task } from '@pharmacist/metrics';
import type { Needed, Selector } from '@pharmacist/selector';
import { z, type ZodType } from 'zod';

export type MethodKind = 'method' | 'filter' | 'defense' | 'judge' | 'task';

/** One option, as `--set` and a run's configuration take it. */
export interface MethodOption {
  readonly name: string;
  /** True if it must be given. */
  readonly isRequired: boolean;
  /** Left out where there is none. */
  readonly default?: unknown;
  /** What it takes: the words there are, or the kind of value. */
  readonly takes: string;
}

/** What a registry knows of one of its entries. */
export interface MethodEntry {
  readonly kind: MethodKind;
  readonly name: string;
  readonly summary: string;
  readonly source: string;
  /** What it has no meaning without, with its default options. */
  readonly needs: readonly Needed[];
  readonly options: readonly MethodOption[];
}

/** Every entry of every registry, registry by registry. */
export function allMethods(catalog: Catalog): MethodEntry[] {
  return [
    ...[...catalog.selector].map((entry) => describe('method', entry, needsOf(entry))),
    ...[...catalog.filter].map((entry) => describe('filter', entry)),
    ...[...catalog.defense].map((entry) => describe('defense', entry, entry.needsHarmful ? ['harmful'] : [])),
    ...[...catalog.judge].map((entry) => describe('judge', entry)),
    ...[...catalog.task].map(describeTask),
  ];
}

/** The entries of this name, one a registry that has it. @throws {ConfigError} with the nearest name and all there are. */
export function methodsNamed(name: string, methods: readonly MethodEntry[]): MethodEntry[] {
  const found = methods.filter((method) => method.name === name);
  if (found.length > 0) return found;
  throw new ConfigError(unknownName(name, [...new Set(methods.map((method) => method.name))]), { where: 'methods' });
}

type Definition = Pick<MethodEntry, 'name' | 'summary' | 'source'> & { readonly config: ZodType };

function describe(kind: MethodKind, { name, summary, source, config }: Definition, needs: readonly Needed[] = []): MethodEntry {
  return { kind, name, summary, source, needs, options: optionsOf(config) };
}

function needsOf({ config, needs }: Selector): readonly Needed[] {
  const defaults = config.safeParse({});
  return defaults.success ? (needs?.(defaults.data) ?? []) : [];
}

/** A task's options are those of the command line and of a run's configuration; it has no schema. */
function describeTask({ name, summary, source, variants, labels, withLabels }: Task): MethodEntry {
  const variant = { name: 'variant', isRequired: false, default: variants[0], takes: variants.join(', ') };
  const ownLabels = { name: 'labels', isRequired: false, default: labels, takes: 'list of texts' };
  return { kind: 'task', name, summary, source, needs: [], options: withLabels === undefined ? [variant] : [variant, ownLabels] };
}

function optionsOf(config: ZodType): MethodOption[] {
  const { properties = {}, required = [] } = z.toJSONSchema(config, { io: 'input', unrepresentable: 'any' });
  return Object.entries(properties).map(([name, schema]) => {
    const hasDefault = typeof schema === 'object' && 'default' in schema;
    return { name, isRequired: required.includes(name), ...(hasDefault && { default: schema.default }), takes: takesOf(schema) };
  });
}

const TYPE_WORDS: Readonly<Record<string, string>> = { string: 'text', integer: 'whole number', boolean: 'true or false' };

function takesOf(schema: z.core.JSONSchema._JSONSchema): string {
  if (typeof schema === 'boolean') return 'any value';
  if (schema.anyOf !== undefined) return schema.anyOf.map(takesOf).join(' or ');
  if (typeof schema.const === 'string') return schema.const;
  const { enum: words, type, items } = schema;
  if (typeof type !== 'string') return 'any value';
  if (words !== undefined) return words.join(', ');
  if (type !== 'array' || typeof items !== 'object' || Array.isArray(items)) return TYPE_WORDS[type] ?? type;
  return `list of ${takesOf(items)}${items.enum === undefined ? 's' : ''}`;
}
