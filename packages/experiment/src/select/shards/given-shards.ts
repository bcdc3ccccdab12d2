import { randomUUID } from 'node:crypto';
import { ConfigError, silentReporter } from '@pharmacist/core';
import { type ExecutorChoice, parseChoice } from '../../executor/executor-choice.ts';
import { versionsOfWork } from '../../versions.ts';
import type { SelectOptions } from '../options.ts';
import { giveShards } from './give-shards.ts';
import { findSelectFile, writeSelectFile } from './select-file.ts';
import type { SelectionPart } from './selection-part.ts';

/**
 * The part of the process that was called: it gives passes away and puts them together.
 * @throws {ConfigError} for wrong settings of the executor, and for rows that other processes cannot read.
 */
export function givenShards(options: SelectOptions, choice: ExecutorChoice): SelectionPart {
  const { out, env = {}, reporter = silentReporter, signal, catalog } = options;
  const executor = parseChoice(choice, env, catalog);
  const sources = [options.alignment, options.harmful, options.validation].flat();
  if (sources.includes('-') || (options.inMemory?.size ?? 0) > 0) {
    throw new ConfigError('rows of standard input, or in memory, cannot be read by other processes', {
      where: '--executor',
      hint: 'write them to a file that every machine sees',
    });
  }
  return {
    isJoined: false,
    async begin(run, workbench) {
      const versions = versionsOfWork(workbench.choice.engine);
      const key = (await findSelectFile(out))?.key ?? randomUUID();
      const plugins = (catalog?.inputs ?? []).map(({ source }) => source);
      await writeSelectFile(out, {
        formatVersion: 1,
        key,
        options: plainOptions(options),
        plugins,
        versions,
        mixed: executor.settings.mixed,
      });
      const count = (kind: 'forward' | 'backward', batches: number, rows: number) => {
        run.count(kind, batches);
        run.count(`${kind}Rows`, rows);
      };
      const giver = { executor, program: choice.program, run, key, versions, count, reporter, signal };
      return { elsewhere: async (steps) => await giveShards(steps, giver) };
    },
  };
}

/** What another process can be told. */
function plainOptions(options: SelectOptions): SelectOptions {
  const { executor: _e, env: _v, reporter: _r, signal: _s, stdin: _i, inMemory: _m, catalog: _c, owner: _o, why: _w, ...plain } = options;
  return plain;
}
