import { readFile } from 'node:fs/promises';
import { sha256 } from '@pharmacist/core';
import type { NodeAnswer } from '../executor.ts';
import { logFileOf } from '../log-files.ts';
import type { Task } from '../task.ts';
import { zipFile } from './zip-file.ts';

const DRIVER = new URL('../../assets/ray_driver.py', import.meta.url);

/** What the driver is to do. */
export type DriverSpec =
  | {
      readonly cwd: string;
      readonly tasks: readonly Task[];
      readonly dir: string;
      readonly retries: number;
      readonly parallel: number | undefined;
      readonly poll: number;
    }
  | { readonly cwd: string; readonly probe: readonly string[] };

export interface JobPackage {
  /** By content: what is there under this name is this. */
  readonly name: string;
  readonly uri: string;
  readonly bytes: Buffer;
}

/** The driver and what it is to do, as an archive that Ray unpacks beside the job. */
export async function jobPackage(spec: DriverSpec): Promise<JobPackage> {
  const form =
    'probe' in spec
      ? spec
      : {
          ...spec,
          parallel: spec.parallel ?? null,
          tasks: spec.tasks.map((task) => ({ ...task, log: logFileOf(spec.dir, task.id) })),
        };
  const bytes = zipFile({ 'ray_driver.py': await readFile(DRIVER), 'tasks.json': Buffer.from(JSON.stringify(form)) });
  const name = `_ray_pkg_${sha256(bytes).slice(0, 32)}.zip`;
  return { name, uri: `gcs://${name}`, bytes };
}

/** What the driver says. */
export type DriverEvent =
  | { readonly event: 'begin'; readonly ray: string; readonly python: string }
  | { readonly event: 'started'; readonly task: string; readonly node: string; readonly attempt: number }
  | {
      readonly event: 'ended';
      readonly task: string;
      readonly code: number | null;
      readonly problem: string | null;
      readonly tail: string;
      readonly node: string | null;
      readonly seconds: number | null;
    }
  | ({ readonly event: 'answer'; readonly code: number | null } & Pick<NodeAnswer, 'node' | 'cpus' | 'gpus' | 'output'>)
  | { readonly event: 'end' };

const PREFIX = 'pharmacist ';

/** The events in whole lines of a job's log; what others print there is left out. */
export function eventsIn(lines: readonly string[]): DriverEvent[] {
  return lines.flatMap((line) => {
    if (!line.startsWith(PREFIX)) return [];
    try {
      return [JSON.parse(line.slice(PREFIX.length)) as DriverEvent];
    } catch {
      return [];
    }
  });
}
