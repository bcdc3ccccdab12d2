import { rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { expect, it } from 'vitest';
import { select } from '../src/select/select.ts';
import { openSecondModel, withWorkbench } from '../src/models/workbench.ts';
import { writeRandomModel } from './support/random-model.ts';
import { useModelFolder } from './support/model-folder.ts';

const { folder, model: directory, settings, newOut, rowFile } = await useModelFolder();

it('a model that is open already is not read again, by whatever path it is named, and outlives its second use', async () => {
  await withWorkbench(settings, undefined, async ({ model }) => {
    const opened = { model, openedBy: directory };
    for (const name of [directory, `${directory}/`, relative(process.cwd(), directory)]) {
      const second = await openSecondModel(name, opened);
      expect(second.model).toBe(model);
      await second.dispose();
    }
    const other = await openSecondModel(await writeRandomModel(join(folder, 'other')), opened);
    expect(other.model).not.toBe(model);
    await other.dispose();
    expect((await openSecondModel('tiny', opened)).model.name).toBe('tiny');
  });
});

it('the model that a method scores with is an input of the run: other weights are another run', async () => {
  const scorer = await writeRandomModel(join(folder, 'scorer'));
  const alignment = await rowFile(
    'pool.jsonl',
    Array.from({ length: 4 }, (_, i) => ({ id: `r${i}`, prompt: `Wish ${i}`, response: `No, not wish ${i}.` })),
  );
  const options = { ...settings, alignment, method: 'superfiltering', methodOptions: { model: scorer }, keep: 0.5, out: newOut() };
  const { record } = await select(options);
  expect(record.inputs.find(({ role }) => role === 'scoring model')).toMatchObject({
    source: scorer,
    sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
  });
  expect((await select(options)).wasComplete).toBe(true);
  await rm(scorer, { recursive: true });
  await writeRandomModel(scorer, { poison: 0.5 });
  await expect(select(options)).rejects.toThrow('holds another run');
});
