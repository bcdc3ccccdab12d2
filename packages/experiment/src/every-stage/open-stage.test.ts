import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundledPath } from '@pharmacist/test-fixtures';
import { expect, it } from 'vitest';
import { openStage } from './open-stage.ts';
import { withWorkbench } from '../models/workbench.ts';

it('the record of a run with a chat template says which day the template is told', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'open-stage-'));
  const configOf = async (template: string) => {
    const options = {
      model: bundledPath('models', 'tiny'),
      out: join(folder, template),
      seed: 0,
      engine: 'onnx',
    } as const;
    const settings = { template, maxLength: 8, skipInvalid: false };
    return await withWorkbench(options, undefined, async (workbench) => {
      const run = await openStage(options, { command: 'test', config: {}, settings, inputs: [], workbench, resultFiles: [] });
      const { config } = run.record;
      await run.fail(new Error('only opened'));
      return config;
    });
  };
  try {
    expect(await configOf('chat')).toMatchObject({ template: 'chat', chatTemplateDate: '2024-07-26' });
    expect(await configOf('plain')).not.toHaveProperty('chatTemplateDate');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
