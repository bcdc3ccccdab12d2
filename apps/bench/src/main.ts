import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PharmacistError } from '@pharmacist/core';
import yargs from 'yargs';
import { hideBin } from 'yargs/helpers';
import { compareResults, formatComparison } from './compare.ts';
import { SUITES } from './registry.ts';
import { readResult } from './result.ts';
import { runSuite } from './run-suite.ts';

const RESULTS = fileURLToPath(new URL('../results', import.meta.url));

/** Paths are relative to where the person stands, not to the package. */
const fromCaller = (path: string) => resolve(process.env['INIT_CWD'] ?? process.cwd(), path);

/** A bare name is a program of the PATH. */
const programFromCaller = (program: string) => (/[\\/]/.test(program) ? fromCaller(program) : program);

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

const parser = yargs(hideBin(process.argv))
  .scriptName('pnpm bench')
  .command(
    'compare <before> <after>',
    'two result files of one suite side by side',
    (command) =>
      command.positional('before', { type: 'string', demandOption: true }).positional('after', { type: 'string', demandOption: true }),
    async ({ before, after }) =>
      say(formatComparison(compareResults(await readResult(fromCaller(before)), await readResult(fromCaller(after))))),
  )
  .command(
    '$0 [suites..]',
    'measure suites; all of them if none is named',
    (command) =>
      command
        .positional('suites', {
          type: 'string',
          array: true,
          default: [] as string[],
          describe: [...SUITES].map(({ name, summary }) => `${name}: ${summary}`).join('\n'),
        })
        .option('rounds', { type: 'number', describe: 'counted rounds, instead of the default of each suite' })
        .option('quick', { type: 'boolean', default: false, describe: 'small and short, to see that it runs; nothing is written' })
        .option('python', {
          type: 'string',
          default: process.env['PHARMACIST_BENCH_PYTHON'] ?? 'python3',
          describe: 'interpreter with torch, for the peer (PHARMACIST_BENCH_PYTHON)',
        })
        .option('model', { type: 'string', describe: 'model directory for select, selectors, memory and generate' })
        .option('pool', {
          type: 'string',
          describe: 'folder with alignment.jsonl, harmful.jsonl, validation.jsonl for select and selectors',
        })
        .option('methods', {
          type: 'string',
          describe: 'methods for selectors, scale-out or large-pools, separated by commas; all if left out',
        })
        .option('rows', { type: 'number', describe: 'rows of the pools of scale-out and large-pools, instead of their own sizes' })
        .option('out', { type: 'string', default: RESULTS, describe: 'folder for the results' }),
    async ({ suites, out, ...options }) => {
      const chosen = suites.length === 0 ? [...SUITES] : suites.map((name) => SUITES.get(name));
      for (const suite of chosen) {
        const scratch = await mkdtemp(join(tmpdir(), 'pharmacist-bench-'));
        try {
          const context = {
            rounds: options.rounds,
            quick: options.quick,
            python: programFromCaller(options.python),
            model: options.model === undefined ? undefined : fromCaller(options.model),
            pool: options.pool === undefined ? undefined : fromCaller(options.pool),
            methods: options.methods?.split(','),
            rows: options.rows,
            scratch,
            say,
          };
          await runSuite(suite, context, fromCaller(out));
        } catch (error) {
          report(error, suite.name);
        } finally {
          await rm(scratch, { recursive: true, force: true });
        }
      }
    },
  )
  .strict()
  .fail((message, error) => {
    if (error !== undefined && error !== null) throw error;
    process.stderr.write(`${message}\n`);
    process.exitCode = 2;
  });

/** One suite that cannot run does not keep the others from running. */
function report(error: unknown, suite?: string): void {
  if (!(error instanceof PharmacistError)) throw error;
  process.stderr.write(`${suite === undefined ? '' : `suite ${suite}: `}${error.describe()}\n`);
  process.exitCode = error.isUserError ? 2 : 1;
}

try {
  await parser.parseAsync();
} catch (error) {
  report(error);
}
