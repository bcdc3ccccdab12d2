import { createRequire } from 'node:module';
import { arch, cpus, platform } from 'node:os';
import type { Engine } from '@pharmacist/tensor-kernels';

/** Versions that a result may depend on: Node and this project. */
export function versions(): Record<string, string> {
  const { version } = createRequire(import.meta.url)('../package.json') as { version: string };
  return { node: process.versions.node, pharmacist: version };
}

/** What the last bits of a result may depend on beside its inputs, for run.json: versions and, under `machine`, system, processor and cores. */
export function environment(engine: Engine): Record<string, string> {
  const processors = cpus();
  const model = processors[0]?.model.trim() ?? 'unknown processor';
  return { ...versions(), ...engine.versions, machine: `${platform()} ${arch()}, ${model}, ${processors.length} cores` };
}

/** The same with the engine's name, to compare machines that work on one run. */
export function versionsOfWork(engine: Engine): Record<string, string> {
  return { ...environment(engine), engine: engine.name };
}
