import { ModelError } from '@pharmacist/core';
import type { AdapterConfig } from './adapter-config.ts';
import type { ModelConfig } from './config.ts';
import { moduleName, type Projection, projectionsOf } from './decoder/projections.ts';
import { cut, shown } from './problem-list.ts';
import { timeFor, withinTime } from './within-time.ts';

/** A linear map that an adapter changes: W + scale B A, A of `rank` rows. */
export interface AdaptedModule {
  /** `model.layers.0.self_attn.q_proj`. */
  readonly name: string;
  readonly projection: Projection;
  readonly rank: number;
  readonly scale: number;
}

/** Modules that are no linear maps of a layer; PEFT can adapt them too, this project does not. */
const OUTER_MODULES = ['model.embed_tokens', 'lm_head'];

/**
 * The modules of a model that an adapter's configuration names, by PEFT's rules: a text is a pattern for the whole name, an entry of a list a
 * name or its end after a dot; the first entry of `rank_pattern` and `alpha_pattern` that fits a name's end decides for it.
 * @throws {ModelError} if a pattern cannot be read, nothing is named, or something that this project does not adapt.
 */
export function adaptedModules(config: AdapterConfig, model: ModelConfig, where: string): AdaptedModule[] {
  const isTarget = targetRule(config.target_modules, where);
  const refused = OUTER_MODULES.filter(isTarget);
  if (refused.length > 0 && config.target_modules !== 'all-linear') {
    throw refusal(`target_modules names ${refused.join(' and ')}; supported are the linear maps of the layers`, where);
  }
  const [ranks, alphas] = [config.rank_pattern, config.alpha_pattern].map((patterns) => endRules(patterns ?? {}, where)) as [
    Rule[],
    Rule[],
  ];
  const modules: AdaptedModule[] = [];
  const names = new Set<string>();
  for (let layer = 0; layer < model.numLayers; layer++) {
    for (const projection of projectionsOf(model)) {
      const name = moduleName(layer, projection);
      names.add(projection.name);
      if (!isTarget(name)) continue;
      const rank = valueFor(ranks, name) ?? config.r;
      const alpha = valueFor(alphas, name) ?? config.lora_alpha;
      modules.push({ name, projection, rank, scale: scaleOf(alpha, rank, config.use_rslora === true) });
    }
  }
  if (modules.length > 0) return modules;
  throw refusal(
    `target_modules is ${shown(config.target_modules)}, which is no linear map of this model; it has ${[...names].join(', ')}`,
    where,
  );
}

/** alpha / rank, or alpha / sqrt(rank) in the rank-stabilised form (Kalajdzievski 2023). */
export function scaleOf(alpha: number, rank: number, isRankStabilised: boolean): number {
  return isRankStabilised ? alpha / Math.sqrt(rank) : alpha / rank;
}

interface Rule {
  readonly fits: (name: string) => boolean;
  readonly value: number;
}

function targetRule(targets: AdapterConfig['target_modules'], where: string): (name: string) => boolean {
  if (targets === 'all-linear') return (name) => !OUTER_MODULES.includes(name);
  if (typeof targets === 'string') return wholePattern(targets, targets, where);
  return (name) => targets.some((target) => name === target || name.endsWith(`.${target}`));
}

function endRules(patterns: Readonly<Record<string, number>>, where: string): Rule[] {
  return Object.entries(patterns).map(([pattern, value]) => ({ fits: wholePattern(`(?:.*\\.)?(?:${pattern})`, pattern, where), value }));
}

function valueFor(rules: readonly Rule[], name: string): number | undefined {
  return rules.find(({ fits }) => fits(name))?.value;
}

/** Python's `re.fullmatch`, as far as its patterns are written otherwise in JavaScript. */
function wholePattern(pattern: string, asWritten: string, where: string): (name: string) => boolean {
  const [, flags = '', rest = pattern] = /^\(\?([ims]+)\)(.*)$/s.exec(pattern) ?? [];
  const translated = rest
    .replaceAll('(?P<', '(?<')
    .replace(/\(\?P=(\w+)\)/g, String.raw`\k<$1>`)
    .replaceAll(String.raw`\A`, '^')
    .replaceAll(String.raw`\Z`, '$');
  let regExp: RegExp;
  try {
    regExp = new RegExp(`^(?:${translated})$`, flags);
  } catch (error) {
    throw refusal(`holds the pattern ${shown(asWritten)}, which cannot be read (${cut((error as Error).message)})`, where);
  }
  const tooSlow = () => refusal(`holds the pattern ${shown(asWritten)}, which takes too long on a module's name`, where);
  return (name) => withinTime(timeFor(name.length), () => regExp.test(name), tooSlow);
}

function refusal(what: string, where: string): ModelError {
  return new ModelError(what, { where, hint: 'use a plain LoRA adapter on projections of attention and MLP' });
}
