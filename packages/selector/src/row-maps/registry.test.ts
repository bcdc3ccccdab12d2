import { createAdapter } from '@pharmacist/language-model';
import { describe, expect, it } from 'vitest';
import { useFixtureModel } from '../../test/support/fixture-model.ts';
import { adapterState } from './adapter-state.ts';
import { ROW_MAPS } from './registry.ts';

const { config } = await useFixtureModel('llama');

describe.each([...ROW_MAPS])('the map $name', ({ passes, loraRank }) => {
  it('says by a LoRA of which rank it takes gradients, if it takes some', () => {
    const { meta, arrays } = adapterState(createAdapter(config, { rank: 3, alpha: 6 }, 0));
    expect(loraRank?.({ meta: { adapter: meta }, arrays })).toBe(passes.includes('backward') ? 3 : undefined);
  });
});
