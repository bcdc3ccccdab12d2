// Compares the workspace with its arrows and its package.json files with its imports; exit status 1 and one line a violation.
//   node tooling/scripts/check-graph.mjs [root]
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join, relative, resolve } from 'node:path';

const root = resolve(process.argv[2] ?? join(import.meta.dirname, '../..'));
const SCOPE = '@pharmacist/';

/** What each package may stand on; everything below that is allowed too. An app may not stand on another app. */
const ARROWS = {
  bundled: [],
  core: [],
  'data-io': ['core'],
  distributed: ['core'],
  'tensor-kernels': ['core'],
  'language-model': ['data-io', 'tensor-kernels'],
  selector: ['bundled', 'language-model'],
  defenses: ['language-model'],
  metrics: ['bundled', 'language-model'],
  planted: ['metrics'],
  results: ['selector', 'planted'],
  report: ['results'],
  experiment: ['defenses', 'distributed', 'report'],
  cli: ['experiment'],
  bench: ['experiment', 'test-fixtures'],
  pretrain: ['selector', 'metrics', 'test-fixtures'],
  'test-fixtures': ['bundled'],
  tooling: [],
};
/** Never part of a shipped package. */
const DEVELOPMENT = ['test-fixtures', 'tooling'];

const problems = [];
const packages = findPackages();
for (const [name, { folder, manifest }] of packages) {
  checkArrows(name, folder, manifest);
  checkImports(folder, manifest);
}
checkCycles();

if (problems.length > 0) {
  process.stderr.write(`${problems.map((problem) => `${problem}\n`).join('')}graph: ${count(problems.length, 'violation')}\n`);
  process.exitCode = 1;
} else {
  process.stdout.write(`graph: ${count(packages.size, 'package')} follow the arrows and declare what they import\n`);
}

function findPackages() {
  const folders = ['packages', 'apps'].flatMap((parent) =>
    existsSync(join(root, parent)) ? readdirSync(join(root, parent)).map((name) => `${parent}/${name}`) : [],
  );
  const found = new Map();
  for (const folder of [...folders, ...DEVELOPMENT]) {
    const file = join(root, folder, 'package.json');
    if (!existsSync(file)) continue;
    const manifest = JSON.parse(readFileSync(file, 'utf8'));
    const name = manifest.name.startsWith(SCOPE) ? manifest.name.slice(SCOPE.length) : manifest.name;
    found.set(name, { folder, manifest });
  }
  return found;
}

function below(name, seen = new Set()) {
  for (const next of ARROWS[name] ?? []) {
    if (!seen.has(next)) below(next, seen.add(next));
  }
  return seen;
}

function checkArrows(name, folder, manifest) {
  const file = `${folder}/package.json`;
  if (!(name in ARROWS)) {
    problems.push(`${file}: "${name}" has no place among the arrows. Fix: add it to ARROWS in tooling/scripts/check-graph.mjs`);
    return;
  }
  const allowed = below(name);
  for (const edge of workspaceEdges(manifest.dependencies, manifest.optionalDependencies, manifest.peerDependencies)) {
    if (allowed.has(edge)) continue;
    const fix = DEVELOPMENT.includes(edge)
      ? 'Fix: make it a development dependency'
      : `It may depend on: ${[...allowed].join(', ') || 'nothing'}`;
    problems.push(`${file}: ${name} must not depend on ${edge}. ${fix}`);
  }
  for (const edge of workspaceEdges(manifest.devDependencies)) {
    if (allowed.has(edge) || DEVELOPMENT.includes(edge)) continue;
    problems.push(`${file}: ${name} must not depend on ${edge}, not even in its tests`);
  }
}

function workspaceEdges(...groups) {
  return groups.flatMap((group) =>
    Object.keys(group ?? {})
      .filter((name) => name.startsWith(SCOPE))
      .map((name) => name.slice(SCOPE.length)),
  );
}

/** Every import in src names a declared dependency; a file that ships names one that is no development dependency. */
function checkImports(folder, manifest) {
  const shipped = { ...manifest.dependencies, ...manifest.optionalDependencies, ...manifest.peerDependencies };
  const known = { ...shipped, ...manifest.devDependencies };
  const src = join(root, folder, 'src');
  if (!existsSync(src)) return;
  for (const entry of readdirSync(src, { recursive: true })) {
    if (!/\.(ts|mts|mjs|js)$/.test(entry) || /(^|\/)\./.test(entry)) continue;
    const file = join(src, entry);
    const isTest = entry.endsWith('.test.ts');
    for (const { specifier, line, isTypeOnly } of importsOf(readFileSync(file, 'utf8'))) {
      if (specifier.startsWith('.') || isBuiltin(specifier)) continue;
      const name = specifier
        .split('/')
        .slice(0, specifier.startsWith('@') ? 2 : 1)
        .join('/');
      const where = `${relative(root, file)}:${line}`;
      if (name === manifest.name) problems.push(`${where}: imports its own package by name. Fix: use a relative path`);
      else if (!(name in known)) problems.push(`${where}: imports "${name}", which ${folder}/package.json does not declare`);
      else if (!isTest && !isTypeOnly && !(name in shipped) && !isTestSupport(entry)) {
        problems.push(`${where}: imports "${name}", a development dependency of ${folder}. Fix: declare it under dependencies`);
      }
    }
  }
}

/** Helpers of tests, by their folder or name. */
function isTestSupport(entry) {
  return /(^|\/)(testing|test-support)(\/|\.|-)|\.test-support\.ts$/.test(entry);
}

function importsOf(code) {
  // Comments and their examples fall away, line numbers stay.
  const bare = code.replace(/\/\*[^]*?\*\//g, (comment) => comment.replace(/[^\n]/g, ' ')).replace(/(^|\s)\/\/.*$/gm, '$1');
  const pattern = /^\s*(?:import|export)\s+(type\s+)?(?:[\w*{][^'";]*?\s+from\s+)?['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)/gm;
  return [...bare.matchAll(pattern)].map((match) => ({
    specifier: match[2] ?? match[3],
    isTypeOnly: match[1] !== undefined,
    line: bare.slice(0, match.index + match[0].search(/\S/)).split('\n').length,
  }));
}

/** Development edges included: two packages that need each other's tests cannot be ordered either. */
function checkCycles() {
  const state = new Map();
  const visit = (name, path) => {
    if (state.get(name) === 'done' || !packages.has(name)) return;
    if (state.get(name) === 'open') {
      problems.push(`cycle: ${[...path.slice(path.indexOf(name)), name].join(' -> ')}`);
      return;
    }
    state.set(name, 'open');
    const { manifest } = packages.get(name);
    for (const edge of workspaceEdges(manifest.dependencies, manifest.devDependencies)) visit(edge, [...path, name]);
    state.set(name, 'done');
  };
  for (const name of packages.keys()) visit(name, []);
}

function count(n, noun) {
  return `${n} ${noun}${n === 1 ? '' : 's'}`;
}
