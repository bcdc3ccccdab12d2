import { homedir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { cacheFolder } from './cache-folder.ts';

it('is below XDG_CACHE_HOME if that is an absolute path, else below the home', () => {
  expect(cacheFolder('answers', { XDG_CACHE_HOME: '/var/cache' })).toBe('/var/cache/pharmacist/answers');
  const atHome = join(homedir(), '.cache', 'pharmacist', 'answers');
  for (const env of [{}, { XDG_CACHE_HOME: '' }, { XDG_CACHE_HOME: 'cache' }]) expect(cacheFolder('answers', env)).toBe(atHome);
});
