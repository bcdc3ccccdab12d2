// What the graph check hears and what it does not: `node --test scripts`.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

const PICTURE = 'flowchart TD\n  subgraph apps\n    app\n  end\n  app --> upper\n  upper --> left & right\n  left & right --> ground';
const PACKAGES = {
  'apps/app': ['upper', 'ground'],
  'packages/upper': ['left', 'right'],
  'packages/left': ['ground'],
  'packages/right': ['ground'],
  'packages/ground': [],
};

/** Output of the check on a workspace of these packages, and its exit status. */
function check({ picture = PICTURE, packages = PACKAGES, sources = {} } = {}) {
  const root = mkdtempSync(join(tmpdir(), 'pharmacist-graph-'));
  const write = (path, text) => {
    mkdirSync(join(root, path, '..'), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  write('docs/architecture.md', `# House\n\n\`\`\`mermaid\n${picture}\n\`\`\`\n`);
  for (const [folder, names] of Object.entries(packages)) {
    const dependencies = Object.fromEntries(names.map((name) => [`@pharmacist/${name}`, 'workspace:*']));
    write(`${folder}/package.json`, JSON.stringify({ name: `@pharmacist/${folder.split('/')[1]}`, dependencies }));
  }
  for (const [path, text] of Object.entries(sources)) write(path, text);
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(import.meta.dirname, 'check-graph.mjs'), root], {
    encoding: 'utf8',
  });
  rmSync(root, { recursive: true });
  return { status, said: stdout + stderr };
}

await test('a workspace that is as it is drawn', () => {
  assert.deepEqual(check(), {
    status: 0,
    said: 'graph: 5 packages stand as docs/architecture.md draws them, and declare what they import\n',
  });
});

const withPackage = (folder, ...names) => ({ packages: { ...PACKAGES, [folder]: names } });
const CASES = {
  'a dependency between siblings': { workspace: withPackage('packages/left', 'ground', 'right'), message: /left must not depend on right/ },
  'an arrow that no package has': {
    workspace: withPackage('packages/upper', 'left'),
    message: /draws upper --> right, but upper does not/,
  },
  'a package that is not drawn': { workspace: withPackage('packages/shed'), message: /"shed" is not in the picture/ },
  'a drawn package that is none': { workspace: { picture: `${PICTURE}\n  shed --> ground` }, message: /draws "shed", which is no package/ },
  'what a longer way says': { workspace: { picture: `${PICTURE}\n  app --> ground` }, message: /app --> ground, which a longer way says/ },
  'an import without a dependency': {
    workspace: { sources: { 'packages/left/src/a.ts': "import '@pharmacist/right';\n" } },
    message: /a\.ts:1: imports "@pharmacist\/right"/,
  },
  'a page without a picture': { workspace: { picture: 'sequenceDiagram' }, message: /has no flowchart/ },
};
for (const [what, { workspace, message }] of Object.entries(CASES)) {
  await test(`${what} is a violation`, () => {
    const { status, said } = check(workspace);
    assert.match(said, message);
    assert.equal(status, 1);
  });
}
