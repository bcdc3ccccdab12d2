import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { inspectRows, readRows, type ReadOptions, type RowSource } from '../src/index.ts';
import { loopbackHub } from './loopback-hub.ts';
import { temporaryFolder } from './temporary-folder.ts';

const at = temporaryFolder();
const COMMIT = '0123456789abcdef0123456789abcdef01234567';
const row = (prompt: string) => `${JSON.stringify({ prompt, response: 'r' })}\n`;
const CARD =
  '---\nconfigs:\n- config_name: en\n  data_files:\n  - split: train\n    path: en/train.jsonl\n  - split: test\n    path: en/test.jsonl\n- config_name: de\n  data_files: de/*\n---\n# Rows\n';

const hub = loopbackHub({
  commit: COMMIT,
  private: { names: ['me/secret'], token: 'hf_right' },
  datasets: {
    'owner/flat': { 'README.md': '# Rows', 'b.jsonl': row('b'), 'a.jsonl': row('a'), 'notes.txt': 'x' },
    'owner/splits': { 'data/train-00000-of-00001.jsonl': row('train'), 'data/test-00000-of-00001.jsonl': row('test') },
    'owner/subsets': {
      'README.md': CARD,
      'en/train.jsonl': row('en train'),
      'en/test.jsonl': row('en test'),
      'de/x.jsonl.gz': gzipSync(row('de')),
    },
    'owner/odd': { 'a folder/ro#ws 100%.jsonl': row('odd') },
    'owner/pictures': { 'a.png': 'x', 'b.png': 'y' },
    'me/secret': { 'rows.jsonl': row('secret') },
  },
  web: ({ url, headers }, response) => {
    const { pathname } = new URL(url!, 'http://127.0.0.1');
    const text = Buffer.from(row('web'));
    if (pathname === '/rows.jsonl') response.writeHead(200, { 'content-length': text.length }).end(text);
    else if (pathname === '/moved') response.writeHead(302, { location: '/rows.jsonl' }).end();
    else if (pathname === '/api/rows') response.writeHead(200).end(row('api'));
    else if (pathname === '/rows.jsonl.gz') response.writeHead(200).end(gzipSync(row('gz')));
    else if (pathname === '/packed.jsonl.gz') response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(row('packed')));
    else if (pathname === '/short.jsonl') response.writeHead(200, { 'content-length': 1000 }).write(text, () => response.destroy());
    else if (pathname === '/page.jsonl') response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><html></html>');
    else if (pathname === '/locked.jsonl') {
      const isUser = headers.authorization === `Basic ${Buffer.from('me:p@ss').toString('base64')}`;
      response.writeHead(isUser ? 200 : 401).end(isUser ? row('locked') : '');
    } else response.writeHead(404).end();
  },
});

const env = (more: Record<string, string> = {}) => ({ HF_ENDPOINT: hub.url(), HF_HOME: at('hf'), ...more });
const read = async (source: RowSource, options: ReadOptions = {}) => await readRows(source, { env: env(), ...options });
const promptsOf = async (source: RowSource, options: ReadOptions = {}) => (await read(source, options)).rows.map(({ prompt }) => prompt);
const messageOf = async (source: RowSource, options: ReadOptions = {}) =>
  await read(source, options).then(
    () => 'was read',
    (error: { describe?(): string; stack?: string }) =>
      (error.describe?.() ?? error.stack!).replaceAll(at('x').slice(0, -1), '').replaceAll(hub.url(), 'HUB'),
  );

async function write(files: Record<string, string | Uint8Array>) {
  for (const [name, contents] of Object.entries(files)) {
    await mkdir(dirname(at(name)), { recursive: true });
    await writeFile(at(name), contents);
  }
}

beforeAll(async () => {
  await write({
    'flat/b.jsonl': row('b'),
    'flat/a.jsonl': row('a'),
    'flat/LICENSE': 'x',
    'flat/.git/c.jsonl': row('c'),
    'split/train.jsonl': row('train'),
    'split/test.jsonl': row('test'),
    'deep/x/1.jsonl': row('x1'),
    'deep/2.csv': 'prompt,response\n2,r\n',
    'deep/[odd] *.jsonl': row('odd'),
    'ids/1.jsonl': '{"id":"1","prompt":"p","response":"r"}\n',
    'ids/2.jsonl': '{"id":"2","prompt":"p","response":"r"}\n{"id":"1","prompt":"q","response":"r"}\n{"prompt":"p"}\n',
    'empty/.keep': '',
    'text/a.txt': 'x',
  });
});

describe('on the disk', () => {
  it.each<[string | string[], string[], ReadOptions?]>([
    ['flat', ['a', 'b']],
    ['flat/', ['a', 'b']],
    ['split', ['test'], { split: 'test' }],
    ['split', ['train'], { split: 'train' }],
    ['flat/*.jsonl', ['a', 'b']],
    ['flat/?.jsonl', ['a', 'b']],
    ['deep/**/*.jsonl', ['odd', 'x1']],
    ['deep/*', ['2', 'odd']],
    ['deep/[odd] *.jsonl', ['odd']],
    [
      ['split/train.jsonl', 'deep/2.csv'],
      ['train', '2'],
    ],
    [['flat', 'split'], ['a', 'b', 'train'], { split: 'train' }],
  ])('%j', async (source, prompts, options) => {
    const places = typeof source === 'string' ? at(source) : source.map(at);
    expect(await promptsOf(places, options)).toEqual(prompts);
  });

  it('links to files are files, as in a cache of the Hub, and links to folders are not followed', async () => {
    await mkdir(at('links'));
    await symlink(at('flat/a.jsonl'), at('links/rows.jsonl'));
    await symlink(at('links'), at('links/again'));
    expect(await promptsOf(at('links'))).toEqual(['a']);
  });

  it('names the file of every row, problem and repetition, and hashes what was read', async () => {
    const { rows, report } = await read([at('ids/1.jsonl'), at('ids/2.jsonl')], { skipInvalid: true });
    expect(rows.map(({ position }) => [position.source, position.line])).toEqual([
      [at('ids/1.jsonl'), 1],
      [at('ids/2.jsonl'), 1],
    ]);
    expect(report).toMatchObject({
      source: `${at('ids/1.jsonl')}, ${at('ids/2.jsonl')}`,
      numRead: 4,
      numSkipped: 2,
      bytes: 39 + 39 + 39 + 15,
    });
    expect(report.files.map(({ source, bytes }) => [source, bytes])).toEqual([
      [at('ids/1.jsonl'), 39],
      [at('ids/2.jsonl'), 93],
    ]);
    expect(await messageOf([at('ids/1.jsonl'), at('ids/2.jsonl')])).toBe(
      'E_DATA ids/1.jsonl, ids/2.jsonl: 2 problems\n' +
        '  ids/2.jsonl:2 field "id" is "1", the id of ids/1.jsonl:1 too\n' +
        '  ids/2.jsonl:3 field "response" is missing, and so are its other names (output, answer, refusal, completion, chosen). Fields here: prompt\n' +
        'Fix: correct the file, or leave such rows out with --skip-invalid (they are counted)',
    );
    const inspection = await inspectRows([at('ids/1.jsonl'), at('ids/2.jsonl')]);
    expect(inspection.duplicateRows.first).toEqual([{ line: 1, firstLine: 1, source: at('ids/2.jsonl'), firstSource: at('ids/1.jsonl') }]);
    expect(inspection.problems.first[0]).toMatchObject({ source: at('ids/2.jsonl'), line: 2 });
  });

  it('reads what save_to_disk of datasets leaves', async () => {
    const saved = (name: string) => fileURLToPath(new URL(`saved/${name}`, import.meta.url));
    expect(await promptsOf(saved('sharded'))).toEqual(['one 0?', 'one 1?', 'one 2?', 'one 3?', 'one 4?']);
    expect(await promptsOf(saved('selected'))).toEqual(['one 4?', 'one 0?']);
    expect(await promptsOf(saved('dict'), { split: 'train' })).toEqual(['train 0?', 'train 1?']);
    expect(await promptsOf(saved('dict/test'))).toEqual(['test 0?']);
    expect(await messageOf(saved('dict'))).toContain('saved/dict: has the splits train, test. Fix: choose one: --split train');
    expect(await messageOf(saved('dict'), { split: 'dev' })).toContain(
      'has no split "dev"; it has train, test. Fix: choose one of these with --split',
    );
  });

  it.each<[string, Record<string, string>, string]>([
    ['state-bad', { 'state.json': '{' }, 'E_DATA state-bad/state.json: is not valid JSON'],
    [
      'state-out',
      { 'state.json': '{"_data_files":[{"filename":"../flat/a.jsonl"}]}' },
      'E_DATA state-out/state.json: names files that are not in its folder',
    ],
    [
      'state-gone',
      { 'state.json': '{"_data_files":[{"filename":"data-0.arrow"}]}' },
      'E_FILE state-gone/data-0.arrow: cannot be read: does not exist',
    ],
    [
      'state-index',
      { 'state.json': '{"_data_files":[{"filename":"a"}],"_indices_data_files":[{"filename":"b"}]}' },
      'flatten_indices() before save_to_disk',
    ],
    ['dict-bad', { 'dataset_dict.json': '[]' }, 'E_DATA dict-bad/dataset_dict.json: is no description of a data set'],
    ['dict-gone', { 'dataset_dict.json': '{"splits":["train"]}' }, 'E_DATA dict-gone/train: has no state.json'],
    [
      'card-bad',
      { 'README.md': '---\nconfigs: [\n---\n', 'a.jsonl': row('a') },
      'E_DATA card-bad: its README begins with YAML that is damaged',
    ],
    ['card-odd', { 'README.md': '---\nconfigs: x\n---\n', 'a.jsonl': row('a') }, 'E_DATA card-odd: `configs` in its README is no list'],
  ])('a damaged %s', async (name, files, expected) => {
    await write(Object.fromEntries(Object.entries(files).map(([file, text]) => [`${name}/${file}`, text])));
    expect(await messageOf(at(name))).toContain(expected);
  });

  it.each<[string | string[], string]>([
    ['split', 'E_CONFIG split: has the splits train, test. Fix: choose one: --split train'],
    ['empty', 'E_DATA empty: holds no files of rows. Fix: name a place that has'],
    ['text', 'E_DATA text: holds files of plain text, not rows. Fix: name a data set'],
    ['absent/*.jsonl', 'E_FILE absent/*.jsonl: matches no file: the folder it begins with does not exist'],
    ['flat/*.parquet', 'E_FILE flat/*.parquet: matches no file. Fix: check the pattern'],
    ['absent.jsonl', 'E_FILE absent.jsonl: cannot be read: does not exist'],
    ['absent', 'E_FILE absent: cannot be read: does not exist'],
    ['', 'E_CONFIG "": is not a name of rows'],
    ['a\0.jsonl', 'is not a name of rows'],
    [['flat/a.jsonl', 'flat'], 'E_CONFIG flat/a.jsonl: is named twice. Fix: name every file once'],
  ])('refuses %j', async (source, expected) => {
    expect(await messageOf(typeof source !== 'string' ? source.map(at) : source === '' ? source : at(source))).toContain(expected);
  });
});

describe('behind an address', () => {
  it.each([
    ['/rows.jsonl', 'web'],
    ['/rows.jsonl?signature=secret', 'web'],
    ['/moved', 'web'],
    ['/api/rows', 'api'],
    ['/rows.jsonl.gz', 'gz'],
    ['/packed.jsonl.gz', 'packed'],
  ])('%s', async (path, prompt) => {
    const { rows, report } = await read(`${hub.url()}${path}`);
    expect(rows.map((each) => each.prompt)).toEqual([prompt]);
    // What stands beside the path may be a secret.
    expect(JSON.stringify(report)).not.toContain('secret');
    expect(rows[0]!.position.source).toBe(`${hub.url()}${path.split('?')[0]}`);
  });

  it('sends a name and a password that stand in the address, and repeats them nowhere', async () => {
    const { rows, report } = await read(`${hub.url().replace('//', '//me:p%40ss@')}/locked.jsonl`);
    expect([rows[0]!.prompt, report.source]).toEqual(['locked', `${hub.url()}/locked.jsonl`]);
    expect(await messageOf(`${hub.url().replace('//', '//me:wrong@')}/locked.jsonl`)).toBe(
      'E_FILE HUB/locked.jsonl: cannot be downloaded: the server answered 401 Unauthorized. Fix: the file needs a login: download it, and name the file',
    );
  });

  it.each([
    ['/absent.jsonl', 'E_FILE HUB/absent.jsonl: cannot be downloaded: the server answered 404 Not Found. Fix: check the address'],
    ['/short.jsonl', 'E_FILE HUB/short.jsonl: cannot be downloaded'],
    ['/page.jsonl', 'E_DATA HUB/page.jsonl: is a web page or XML, not rows'],
  ])('refuses %s', async (path, expected) => {
    expect(await messageOf(`${hub.url()}${path}`)).toContain(expected);
  });

  it('names other places that it does not know', async () => {
    expect(await messageOf('gs://bucket/rows.jsonl')).toContain(
      'E_CONFIG gs://bucket/rows.jsonl: "gs://" is not a place that rows are read from',
    );
    expect(await messageOf('http://127.0.0.1:1/rows.jsonl')).toMatch(
      /^E_FILE .*cannot be downloaded \(.*\)\. Fix: check the address and the network/,
    );
  });

  it('stops at once when it is told to', async () => {
    const controller = new AbortController();
    controller.abort();
    expect(await messageOf(`${hub.url()}/rows.jsonl`, { signal: controller.signal })).toContain('E_INTERRUPTED');
    expect(await messageOf('hf://datasets/owner/flat', { signal: controller.signal })).toContain('E_INTERRUPTED');
  });
});

describe('on the Hub', () => {
  it.each<[string, string[], ReadOptions?]>([
    ['hf://datasets/owner/flat', ['a', 'b']],
    ['owner/flat', ['a', 'b']],
    ['hf://datasets/owner/flat@main', ['a', 'b']],
    [`hf://datasets/owner/flat@${COMMIT}/b.jsonl`, ['b']],
    ['hf://datasets/owner/flat/b.jsonl', ['b']],
    ['hf://datasets/owner/flat/*.jsonl', ['a', 'b']],
    ['hf://datasets/owner/splits', ['test'], { split: 'test' }],
    ['hf://datasets/owner/splits/data/train-*', ['train']],
    ['hf://datasets/owner/subsets', ['en test'], { subset: 'en', split: 'test' }],
    ['hf://datasets/owner/subsets', ['de'], { subset: 'de' }],
    ['hf://datasets/owner/subsets/de', ['de']],
    ['hf://datasets/owner/odd/a folder/ro#ws 100%.jsonl', ['odd']],
    ['owner/odd', ['odd']],
    ['HUB/datasets/owner/flat', ['a', 'b']],
    ['HUB/datasets/owner/flat/blob/main/b.jsonl', ['b']],
    ['HUB/datasets/owner/flat/resolve/main/b.jsonl?download=true', ['b']],
    ['HUB/datasets/owner/subsets/tree/main/de', ['de']],
  ])('%s', async (source, prompts, options) => {
    expect(await promptsOf(source.replace('HUB', hub.url()), options)).toEqual(prompts);
  });

  it('reads all files of one commit, and says which', async () => {
    const { report } = await read('owner/flat');
    expect(report.files.map(({ source }) => source)).toEqual(['a', 'b'].map((name) => `hf://datasets/owner/flat@${COMMIT}/${name}.jsonl`));
  });

  it.each<[string, string, ReadOptions?]>([
    [
      'owner/absent',
      'E_FILE owner/absent: is no file or folder here, and as a data set on the Hub it does not exist on the Hub, or may not be read without a token',
    ],
    ['hf://datasets/owner/absent', 'E_FILE hf://datasets/owner/absent: does not exist on the Hub, or may not be read without a token'],
    ['hf://datasets/owner/flat/c.jsonl', 'E_FILE hf://datasets/owner/flat/c.jsonl: does not exist on the Hub'],
    ['hf://datasets/owner/flat/c', 'E_FILE hf://datasets/owner/flat/c: is no file of rows and no folder of the data set'],
    ['hf://datasets/owner/flat/*.csv', 'E_FILE hf://datasets/owner/flat/*.csv: matches no file of the data set'],
    ['hf://datasets/owner/flat@dev', 'E_FILE hf://datasets/owner/flat@dev: does not exist on the Hub'],
    ['hf://datasets/owner/splits', 'E_CONFIG hf://datasets/owner/splits: has the splits train, test. Fix: choose one: --split train'],
    ['hf://datasets/owner/subsets', 'E_CONFIG hf://datasets/owner/subsets: has the subsets en, de. Fix: choose one: --subset en'],
    ['hf://datasets/owner/subsets', 'E_CONFIG hf://datasets/owner/subsets subset "en": has the splits train, test', { subset: 'en' }],
    ['hf://datasets/owner/pictures', 'E_DATA hf://datasets/owner/pictures: holds files of images, not rows'],
    ['hf://owner/flat', 'E_CONFIG hf://owner/flat: is not a data set on the Hub. Fix: write hf://datasets/'],
  ])('refuses %s', async (source, expected, options) => {
    expect(await messageOf(source, options)).toContain(expected);
  });
});

describe('the settings of huggingface_hub', () => {
  it('HF_TOKEN, else the token file, opens a private data set', async () => {
    await write({ 'home/token': 'hf_right\n', 'tokens/mine': 'hf_right' });
    for (const settings of [
      { HF_TOKEN: 'hf_right' },
      { HF_HOME: at('home') },
      { HF_TOKEN_PATH: at('tokens/mine') },
      { HUGGING_FACE_HUB_TOKEN: ' hf_right ' },
    ])
      expect(await promptsOf('me/secret', { env: env(settings) })).toEqual(['secret']);
    expect(hub.asked.some((line) => line.endsWith('/rows.jsonl Bearer hf_right'))).toBe(true);
  });

  it('without it says what to do, and never repeats a token', async () => {
    await write({ 'home/token': 'hf_right\n' });
    expect(await messageOf('hf://datasets/me/secret')).toContain('set HF_TOKEN, or log in with `hf auth login`');
    const implicit = env({ HF_HOME: at('home'), HF_HUB_DISABLE_IMPLICIT_TOKEN: '1' });
    expect(await messageOf('hf://datasets/me/secret', { env: implicit })).toContain('set HF_TOKEN');
    expect(await messageOf('hf://datasets/me/secret', { env: env({ HF_TOKEN: 'hf_wrong' }) })).not.toContain('hf_wrong');
    expect(await messageOf('me/secret', { env: env({ HF_TOKEN: 'sk-other' }) })).toBe(
      'E_CONFIG HF_TOKEN: holds no token of the Hub: one begins with hf_. Fix: set it to a token from huggingface.co/settings/tokens, or unset it: public data sets need none',
    );
  });

  it('an HF_ENDPOINT that is none matters for the Hub alone', async () => {
    const broken = { env: { HF_ENDPOINT: 'nowhere', HF_HOME: at('hf') } };
    expect(await promptsOf(at('flat'), broken)).toEqual(['a', 'b']);
    expect(await messageOf('owner/flat', broken)).toContain('E_CONFIG HF_ENDPOINT: "nowhere" is not an address. Fix: write https://host');
  });

  it('HF_HUB_OFFLINE reads what is in the cache, and asks nobody', async () => {
    const cache = 'hf/hub/datasets--owner--cached';
    await write({
      [`${cache}/refs/main`]: COMMIT,
      [`${cache}/snapshots/${COMMIT}/train.jsonl`]: row('train'),
      [`${cache}/snapshots/${COMMIT}/test.jsonl`]: row('test'),
    });
    const numAsked = hub.asked.length;
    const offline = { env: env({ HF_HUB_OFFLINE: '1' }) };
    expect(await promptsOf('owner/cached', { ...offline, split: 'test' })).toEqual(['test']);
    expect(await promptsOf('hf://datasets/owner/cached/train.jsonl', offline)).toEqual(['train']);
    expect(await promptsOf(`hf://datasets/owner/cached@${COMMIT}/tr*`, offline)).toEqual(['train']);
    expect(await promptsOf('owner/cached', { env: { HF_HUB_CACHE: at('hf/hub'), HF_HUB_OFFLINE: 'yes' }, split: 'train' })).toEqual([
      'train',
    ]);
    expect(await messageOf('hf://datasets/owner/flat', offline)).toContain(
      'E_FILE hf://datasets/owner/flat: was not downloaded before to hf/hub, and HF_HUB_OFFLINE forbids to do it now. Fix: unset HF_HUB_OFFLINE, or download it where there is a network: hf download --repo-type dataset owner/flat',
    );
    expect(await messageOf('hf://datasets/owner/cached@../../x', offline)).toContain('E_');
    expect(hub.asked.length).toBe(numAsked);
  });
});
