import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { declaredSubsets } from '../src/source/dataset-card.ts';
import { layoutOf } from '../src/source/dataset-layout.ts';
import { loadPathMatcher } from '../src/source/match-paths.ts';

interface Layout {
  files: string[];
  readme: string | null;
  /** What datasets 5.2.0 takes, see make_layouts.py; absent where it refuses. */
  subsets?: Record<string, Record<string, string[]>>;
  error?: string;
}

const layouts = JSON.parse(await readFile(new URL('hub-layouts/layouts.json', import.meta.url), 'utf8')) as Layout[];
const matchPaths = await loadPathMatcher();

it.each(layouts.map((layout) => [layout.files.join(' '), layout] as const))(
  'takes of %s what datasets takes',
  async (_, { files, readme, subsets }) => {
    const read = async () => layoutOf(files, await declaredSubsets(readme ?? '', 'here'), 'here', matchPaths);
    if (subsets === undefined) await expect(read()).rejects.toMatchObject({ code: 'E_DATA' });
    else {
      const found = [...(await read())].map(([name, splits]) => [name, Object.fromEntries(splits)] as const);
      expect(Object.fromEntries(found)).toEqual(subsets);
    }
  },
);
