import { attended, attendedAtOnce, checkDefinition, ContractError, describeValue, held } from '@pharmacist/core';
import { z } from 'zod';
import { type CommonSettings, commonSettings, type Executor, type ExecutorDefinition, type ExecutorMaker } from './executor.ts';
import type { Task } from './task.ts';
import { isOver, type TaskStatus } from './task-status.ts';

const REQUIRED = { create: 'function' } as const;
const OPTIONAL = { summary: 'string', settings: 'object' } as const;
/** What whoever gives tasks asks of the settings; the others may be left out. */
const NEEDED = ['cpus', 'gpus', 'shard', 'retries', 'mixed'] as const satisfies readonly (keyof CommonSettings)[];

/**
 * Holds an executor, and what it makes, to the contract, and forgets its settings' type, so that different ones fit in one registry: its settings
 * have the common ones, and a run gives one last status a task.
 * @throws {ContractError} if the definition itself is wrong.
 */
export function defineExecutor<const N extends string, S extends CommonSettings>(
  definition: ExecutorDefinition<S> & { readonly name: N },
): ExecutorMaker & { readonly name: N } {
  const where = checkDefinition('executor', definition, { required: REQUIRED, optional: OPTIONAL });
  const { name, summary = 'no summary is given', settings = z.strictObject(commonSettings) } = definition;
  return held(
    {
      kind: 'executor' as const,
      name,
      summary,
      settings: settings as z.ZodType<CommonSettings>,
      create: (given, context) => {
        const missing = NEEDED.find((key) => (given as Partial<CommonSettings> | undefined)?.[key] === undefined);
        if (missing !== undefined) {
          throw new ContractError(`has settings without ${missing}`, {
            where,
            hint: 'give them as z.strictObject({ ...commonSettings, … })',
          });
        }
        return checkedExecutor(
          attendedAtOnce(where, () => definition.create(given as S, context)),
          { where, name },
        );
      },
    } satisfies ExecutorMaker,
    definition,
  );
}

function checkedExecutor(made: Omit<Executor, 'name'>, { where, name }: { where: string; name: string }): Executor {
  for (const member of ['run', 'probe'] as const) {
    if (made !== null && typeof made === 'object' && typeof made[member] === 'function') continue;
    const hint = 'return an object with functions run(tasks, run) and probe(argv, run)';
    throw new ContractError(`makes ${describeValue(made)}, which has no ${member}`, { where, hint });
  }
  const { warnings } = made;
  // No signal goes along: what stops on a cluster takes the time that it takes, and is not left behind.
  return {
    name,
    run: async (tasks, run) => checkedStatuses(await attended(where, undefined, async () => await made.run(tasks, run)), tasks, where),
    probe: async (argv, run) => {
      const answers = await attended(where, undefined, async () => await made.probe(argv, run));
      if (Array.isArray(answers)) return answers;
      throw new ContractError(`gives ${describeValue(answers)} for the answers of its machines`, { where, hint: 'return an array' });
    },
    ...(warnings && { warnings: async () => await attended(where, undefined, async () => await warnings.call(made)) }),
  };
}

function checkedStatuses(statuses: TaskStatus[], tasks: readonly Task[], where: string): TaskStatus[] {
  const hint = 'return one status a task, done, failed or skipped';
  if (!Array.isArray(statuses)) throw new ContractError(`gives ${describeValue(statuses)} for statuses`, { where, hint });
  const byId = new Map(statuses.map((status) => [status?.id, status]));
  for (const { id } of tasks) {
    const status = byId.get(id);
    if (status === undefined) throw new ContractError(`gives no status of the task ${id}`, { where, hint });
    if (!isOver(status)) throw new ContractError(`ends with the task ${id} in the state ${describeValue(status.state)}`, { where, hint });
  }
  if (statuses.length === tasks.length) return statuses;
  throw new ContractError(`gives ${statuses.length} statuses for ${tasks.length} tasks`, { where, hint });
}
