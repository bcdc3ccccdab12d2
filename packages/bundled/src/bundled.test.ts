import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { BUNDLED_MODELS, bundledPath } from './index.ts';

describe('what is bundled', () => {
  it('has every model that it names, and no other', () => {
    expect(readdirSync(bundledPath('models')).sort()).toEqual([...BUNDLED_MODELS].sort());
    for (const model of BUNDLED_MODELS) expect(readdirSync(bundledPath('models', model))).toContain('model.safetensors');
  });

  it('is all in the package', () => {
    const { files } = JSON.parse(readFileSync(bundledPath('package.json'), 'utf8')) as { files: string[] };
    const folders = readdirSync(bundledPath(), { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !['node_modules', 'src', 'dist', '.turbo'].includes(entry.name))
      .map(({ name }) => name);
    expect([...folders, 'dist'].sort()).toEqual([...files].sort());
  });
});
