// Compares the workspace with its picture in docs/architecture.md, and its package.json files with its imports; exit status 1 and one line a
// violation. An arrow of the picture is a dependency; what is below an arrow's end may be used too. A new package is a line in the picture.
//   node tooling/scripts/check-graph.mjs [root]
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join, relative, resolve } from 'node:path';

const root = resolve(process.argv[2] ?? join(import.meta.dirname, '../..'));
const SCOPE = '@pharmacist/';

/** Its first picture is the rule: what stands on what. */
const PICTURE = 'docs/architecture.md';
/** Never part of a shipped package. */
const DEVELOPMENT = ['test-fixtures', 'tooling'];

const problems = [];
const packages = findPackages();
const arrows = arrowsOfPicture();
checkPicture();
for (const [name, { folder, manifest }] of packages) {
  checkArrows(name, folder, manifest);
  checkImports(folder, manifest);
}
checkCycles();

if (problems.length > 0) {
  process.stderr.write(`${problems.map((problem) => `${problem}\n`).join('')}graph: ${count(problems.length, 'violation')}\n`);
  process.exitCode = 1;
} else {
  process.stdout.write(`graph: ${count(packages.size, 'package')} stand as ${PICTURE} draws them, and declare what they import\n`);
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

/** `a & b --> c & d`, one such line or several; what else a flowchart has (groups, styles, labels) is not read. */
function arrowsOfPicture() {
  const found = new Map();
  const picture = /^```mermaid\nflowchart[^]*?^```/m.exec(readFileSync(join(root, PICTURE), 'utf8'))?.[0];
  if (picture === undefined) problems.push(`${PICTURE}: has no flowchart. Fix: draw what stands on what in a mermaid block`);
  for (const line of (picture ?? '').split('\n')) {
    if (!/^[\w\s&-]*-->[\w\s&>-]*$/.test(line)) continue;
    const groups = line.split('-->').map((names) => names.split('&').map((name) => name.trim()));
    groups.forEach((names, place) => {
      for (const name of names) found.set(name, [...(found.get(name) ?? []), ...(groups[place + 1] ?? [])]);
    });
  }
  return found;
}

function below(name, seen = new Set()) {
  for (const next of arrows.get(name) ?? []) {
    if (!seen.has(next)) below(next, seen.add(next));
  }
  return seen;
}

/** Every package is drawn, every arrow is a dependency, and none says what a longer way says. */
function checkPicture() {
  for (const [name, nexts] of arrows) {
    if (!packages.has(name)) problems.push(`${PICTURE}: draws "${name}", which is no package`);
    const manifest = packages.get(name)?.manifest;
    for (const next of nexts) {
      if (manifest !== undefined && !(SCOPE + next in { ...manifest.dependencies })) {
        problems.push(`${PICTURE}: draws ${name} --> ${next}, but ${name} does not depend on ${next}. Fix: take the arrow out`);
      }
      if (nexts.some((other) => other !== next && below(other).has(next))) {
        problems.push(`${PICTURE}: draws ${name} --> ${next}, which a longer way says already. Fix: take the arrow out`);
      }
    }
  }
  for (const [name, { folder }] of packages) {
    if (arrows.has(name) || name === 'tooling') continue;
    problems.push(`${folder}/package.json: "${name}" is not in the picture. Fix: draw what it stands on in ${PICTURE}`);
  }
}

function checkArrows(name, folder, manifest) {
  const file = `${folder}/package.json`;
  const allowed = below(name);
  for (const edge of workspaceEdges(manifest.dependencies, manifest.optionalDependencies, manifest.peerDependencies)) {
    if (allowed.has(edge)) continue;
    const fix = DEVELOPMENT.includes(edge)
      ? 'Fix: make it a development dependency'
      : `It may depend on: ${[...allowed].join(', ') || 'nothing'} (${PICTURE})`;
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
