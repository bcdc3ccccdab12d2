import { join, relative } from 'node:path';
import { fixturePath } from '@pharmacist/test-fixtures';
import { expect, it } from 'vitest';
import { openSecondModel, withWorkbench } from '../src/stage/workbench.ts';
import { writeRandomModel } from './support/random-model.ts';
import { useModelFolder } from './support/model-folder.ts';

const { folder, model: directory, settings } = await useModelFolder();
const assetsDir = fixturePath();

it('a model that is open already is not read again, by whatever path it is named, and outlives its second use', async () => {
  await withWorkbench(settings, undefined, async ({ model }) => {
    const opened = { model, openedBy: directory };
    for (const name of [directory, `${directory}/`, relative(process.cwd(), directory)]) {
      const second = await openSecondModel(name, { opened, assetsDir });
      expect(second.model).toBe(model);
      await second.dispose();
    }
    const other = await openSecondModel(await writeRandomModel(join(folder, 'other')), { opened, assetsDir });
    expect(other.model).not.toBe(model);
    await other.dispose();
    expect((await openSecondModel('tiny', { opened, assetsDir })).model.name).toBe('tiny');
  });
});
