import { defineRegistry, isHeld, type Registry } from '@pharmacist/core';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineExecutor } from './define-executor.ts';
import { commonSettings, type Executor, type ExecutorMaker } from './executor.ts';
import { parseExecutor } from './parse-executor.ts';
import { EXECUTORS } from './registry.ts';
import type { TaskStatus } from './task-status.ts';

const built: Registry<ExecutorMaker> = EXECUTORS;
const task = { id: 'a', argv: ['true'], cpus: 1, gpus: 0, after: [] };
const surroundings = { key: 'test', cwd: '.', dir: '.' };
const unknown = { node: undefined, attempts: 1, seconds: undefined, exitStatus: 0, message: undefined, log: 'a.log' };
const statusOf = (id: string, state: TaskStatus['state']): TaskStatus => ({ id, state, ...unknown });
const gives = (statuses: unknown): Partial<Executor> => ({ run: async () => statuses as TaskStatus[], probe: async () => [] });
const made = (executor: unknown) => defineExecutor({ name: 'mine', create: () => executor as Executor });

describe('an executor of one’s own', () => {
  it('is found behind those that are built in, with the common settings', async () => {
    const mine = made({ name: 'another', ...gives([statusOf('a', 'done')]) });
    expect(isHeld(mine)).toBe(true);
    const { executor, settings } = parseExecutor('mine', { cpus: 2 }, { env: {} }, built.with([mine]));
    expect(settings).toMatchObject({ cpus: 2, gpus: 0, shard: 'auto', retries: 5, mixed: false });
    expect(executor.name).toBe('mine');
    expect(await executor.run([task], surroundings)).toHaveLength(1);
    expect(() => parseExecutor('mine', { cpu: 2 }, { env: {} }, built.with([mine]))).toThrow('Did you mean "cpus"?');
  });

  it('has a name that is free', () => {
    const taken = defineExecutor({ name: 'ray', create: () => gives([]) as Executor });
    expect(() => built.with([taken])).toThrow('"ray" cannot be added: there is one of this name already');
    expect(() => defineRegistry<ExecutorMaker>('executor', [made({})]).with([taken, taken])).toThrow('two have this name');
  });

  it.each([
    ['no create', { name: 'mine' }, 'has no create'],
    ['settings that are no schema', { name: 'mine', settings: {}, create: () => gives([]) }, 'has a settings that is no schema'],
  ])('is refused with %s', (_, definition, message) => {
    expect(() => defineExecutor(definition as never)).toThrow(
      expect.objectContaining({ code: 'E_CONTRACT', where: 'executor mine', message }),
    );
  });

  it('is refused if its settings lack the common ones, or it makes none', () => {
    const bare = defineExecutor({
      name: 'mine',
      settings: z.strictObject({ cpus: commonSettings.cpus }) as never,
      create: () => gives([]) as Executor,
    });
    expect(() => parseExecutor('mine', {}, { env: {} }, built.with([bare]))).toThrow('has settings without gpus');
    const create = (executor: unknown) => () => parseExecutor('mine', {}, { env: {} }, built.with([made(executor)]));
    expect(create(undefined)).toThrow('makes undefined, which has no run');
    expect(create({ run: () => [] })).toThrow('makes an object, which has no probe');
  });

  it.each([
    ['no list', undefined, 'gives undefined for statuses'],
    ['a task left out', [], 'gives no status of the task a'],
    ['a task at work', [statusOf('a', 'running')], 'ends with the task a in the state "running"'],
    ['a task too many', [statusOf('a', 'done'), statusOf('b', 'done')], 'gives 2 statuses for 1 tasks'],
  ])('may not end with %s', async (_, statuses, message) => {
    const { executor } = parseExecutor('mine', {}, { env: {} }, built.with([made(gives(statuses))]));
    await expect(executor.run([task], surroundings)).rejects.toMatchObject({ code: 'E_CONTRACT', where: 'executor mine', message });
  });

  it('that throws is named', async () => {
    const throwing = { ...gives([]), run: async () => await Promise.reject(new TypeError('no queue')) };
    const { executor } = parseExecutor('mine', {}, { env: {} }, built.with([made(throwing)]));
    await expect(executor.run([task], surroundings)).rejects.toMatchObject({ code: 'E_CONTRACT', message: 'threw TypeError: no queue' });
  });
});
