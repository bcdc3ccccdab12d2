import { readFileSync } from 'node:fs';
import { goldenPath, modelPath } from '@pharmacist/test-fixtures';
import { describe, expect, it } from 'vitest';
import { adapterConfigSchema } from './adapter-config.ts';
import { adaptedModules } from './adapter-modules.ts';
import { readModelConfig } from './config.ts';

interface Case {
  config: object;
  modules: Record<string, { rank: number; scale: number }>;
}

const cases = JSON.parse(readFileSync(goldenPath('adapters', 'modules.json'), 'utf8')) as Case[];
const model = await readModelConfig(modelPath('llama'));
const modulesOf = (config: object) => adaptedModules(adapterConfigSchema.parse({ peft_type: 'LORA', r: 4, lora_alpha: 8, ...config }), model, 'adapter'); // prettier-ignore

describe('adaptedModules', () => {
  it.each(cases)('names what PEFT adapts for $config', ({ config, modules }) => {
    const found = modulesOf(config).map(({ name, rank, scale }) => [name, { rank, scale }] as const);
    expect(Object.fromEntries(found)).toEqual(modules);
  });

  it.each([
    [['q_proj', 'embed_tokens'], 'target_modules names model.embed_tokens; supported are the linear maps of the layers'],
    ['.*', 'target_modules names model.embed_tokens and lm_head'],
    [['W_pack'], 'which is no linear map of this model; it has q_proj, k_proj, v_proj, o_proj, gate_proj, up_proj, down_proj'],
    ['(q_proj', 'holds the pattern "(q_proj", which cannot be read'],
  ])('refuses %s', (target_modules, message) => {
    expect(() => modulesOf({ target_modules })).toThrow(
      expect.objectContaining({ code: 'E_MODEL', message: expect.stringContaining(message) }),
    );
  });
});
