import { parseDefense } from '../align/parse-defense.ts';
import type { Catalog } from '../catalog/catalog.ts';
import { type AskedWork, trainingWork } from '../models/check-memory.ts';
import { methodWork } from '../models/method-work.ts';
import { stepProgramOf } from '../models/step-program.ts';
import { CONFIG_NAMES } from '../doctor/what-would-fit.ts';
import type { WorkbenchOptions } from '../models/workbench.ts';
import type { ParsedMethod } from '../select/parse-method.ts';
import { loraSchema } from '../train/settings.ts';
import type { RunConfig } from './config-schema.ts';

/** How the model of a run is opened. */
export function workbenchOf(config: RunConfig, selectors: readonly ParsedMethod[], catalog: Pick<Catalog, 'defense'>): WorkbenchOptions {
  const { model, engine, threads: numThreads, devices: numDevices, recompute, allowLittleMemory } = config;
  const asked = askedWork(config, selectors, catalog);
  return { model, engine, numThreads, numDevices, recompute, allowLittleMemory, asked, memoryNames: CONFIG_NAMES };
}

/** What the steps of a run do with its model at their dearest: every kind of ranking, alignment and attack. */
function askedWork(
  {
    maxLength,
    selection: { batchSize, explain: explains },
    alignment,
    attack,
  }: Pick<RunConfig, 'maxLength' | 'selection' | 'alignment' | 'attack'>,
  selectors: readonly ParsedMethod[],
  catalog: Pick<Catalog, 'defense'>,
): AskedWork[] {
  const sizes = { batchSize, maxLength, explains, batchOption: 'selection.batchSize:' };
  const ofMethods = selectors.flatMap((method) => methodWork(method, sizes));
  // Methods that do the same are asked about once.
  const ranking = new Map(ofMethods.map((asked) => [`${asked.work} ${asked.batchSize} ${asked.loraRank}`, asked]));
  const programs = new Set(
    (alignment?.defenses ?? []).map(({ name, options }) => {
      const { defense, config } = parseDefense(name, options, catalog);
      return stepProgramOf(defense, config);
    }),
  );
  const aligning = [...programs].map((stepProgram) =>
    trainingWork(alignment!, maxLength, { batchOption: 'alignment.batchSize:', stepProgram }),
  );
  const lora = attack?.lora ?? alignment?.lora ?? loraSchema.parse({});
  const attacking = attack === undefined ? [] : [trainingWork({ ...attack, lora }, maxLength, { batchOption: 'attack.batchSize:' })];
  return [...ranking.values(), ...aligning, ...attacking];
}
