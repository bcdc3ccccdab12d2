import { expect, it } from 'vitest';
import { oneByOne } from '../examples/executor.ts';

it('the example of an executor runs tasks after those they wait for, and leaves what waits for a failed one', async () => {
  const executor = oneByOne.create(oneByOne.settings.parse({}), { env: process.env });
  const task = (id: string, code: string, after: string[] = []) => ({ id, argv: [process.execPath, '-e', code], cpus: 1, gpus: 0, after });
  const tasks = [task('last', '', ['broken']), task('second', '', ['first']), task('broken', 'process.exit(3)'), task('first', '')];
  const statuses = await executor.run(tasks, { key: 'test', cwd: process.cwd(), dir: process.cwd() });
  expect(Object.fromEntries(statuses.map(({ id, state, exitStatus }) => [id, [state, exitStatus]]))).toEqual({
    first: ['done', 0],
    second: ['done', 0],
    broken: ['failed', 3],
    last: ['skipped', undefined],
  });
});
