import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { isHeld } from '@pharmacist/core';
import { defineRowFormat, expandSource, FORMATS, inspectRows, readRows, type RowFormatDefinition, withFormats } from '../src/index.ts';
import { temporaryFolder } from './temporary-folder.ts';

const at = temporaryFolder();

/** `prompt | response`, a row a line. */
const bars = defineRowFormat({
  name: 'bars',
  extensions: ['.bars'],
  recognises: (head) => new TextDecoder().decode(head).startsWith('bars!'),
  async *read({ bytes }, { onProblem }) {
    let text = '';
    const decoder = new TextDecoder();
    for await (const piece of bytes) text += decoder.decode(piece, { stream: true });
    for (const [i, line] of text
      .replace(/^bars!\n/, '')
      .split('\n')
      .entries()) {
      const [prompt, response] = line.split(' | ');
      if (response === undefined) onProblem({ line: i + 1, what: 'has no bar' });
      else yield { record: { prompt, response }, line: i + 1 };
    }
  },
});
const own = (...further: Parameters<typeof withFormats>[1]) => ({ formats: withFormats(FORMATS, further) });
const reading = (read: unknown, rest: Partial<RowFormatDefinition> = {}) =>
  own(defineRowFormat({ name: 'mine', extensions: ['.mine'], read: read as RowFormatDefinition['read'], ...rest }));
async function contentOf(bytes: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of bytes) pieces.push(piece);
  return Buffer.concat(pieces);
}
const textsOf = async (...args: Parameters<typeof readRows>) => (await readRows(...args)).rows.map(({ prompt }) => prompt);

describe('a row format of one’s own', () => {
  it('is read from files, compressed ones, other encodings, folders and pipes', async () => {
    expect(isHeld(bars)).toBe(true);
    const text = 'One? | Yes.\nTwo? | No.';
    await mkdir(at('data'));
    await writeFile(at('data/train.bars'), text);
    await writeFile(at('data/notes.txt'), 'No rows.');
    await writeFile(at('rows.bars.gz'), gzipSync(text));
    await writeFile(at('wide.bars'), Buffer.from(`\ufeff${text}`, 'utf16le'));
    expect(await expandSource(at('data'), own(bars))).toEqual([at('data/train.bars')]);
    for (const name of ['data', 'data/train.bars', 'data/*.bars', 'rows.bars.gz', 'wide.bars'])
      expect(await textsOf(at(name), own(bars)), name).toEqual(['One?', 'Two?']);
    const stdin = () => Readable.from([Buffer.from(`bars!\n${text}`)]);
    expect(await textsOf('-', { stdin: stdin(), ...own(bars) })).toEqual(['One?', 'Two?']);
    expect(await textsOf('-', { stdin: Readable.from([Buffer.from(text)]), format: 'bars', ...own(bars) })).toEqual(['One?', 'Two?']);
    expect(await inspectRows(at('data/train.bars'), own(bars))).toMatchObject({ format: 'bars', numRows: 2 });
  });

  it('is as good as one that is built in where rows are wrong', async () => {
    await writeFile(at('bad.bars'), 'One? | Yes.\nTwo?\nThree? | ');
    await expect(readRows(at('bad.bars'), own(bars))).rejects.toMatchObject({
      code: 'E_DATA',
      message: expect.stringMatching(/^2 problems\n.*bad.bars:2 has no bar\n.*bad.bars:3 field "response" is empty$/),
    });
    const { rows, report } = await readRows(at('bad.bars'), { skipInvalid: true, ...own(bars) });
    expect([rows.length, report.numSkipped, report.format]).toEqual([1, 2, 'bars']);
    await expect(readRows(at('bad.bar'), own(bars))).rejects.toThrow('cannot be read');
    await writeFile(at('bad.bas'), '');
    await expect(readRows(at('bad.bas'), own(bars))).rejects.toThrow('Did you mean ".bars"?');
  });

  it('may hold what is no rows otherwise, and need not read all of it', async () => {
    const xml = '<?xml version="1.0"?><row prompt="One?" response="Yes."/>\n'.padEnd(2 ** 19, ' ');
    await writeFile(at('rows.mine'), xml);
    const format = reading(async function* ({ bytes }: { bytes: AsyncIterable<Uint8Array> }) {
      for await (const piece of bytes) {
        const [, prompt, response] = /prompt="(.*?)" response="(.*?)"/.exec(new TextDecoder().decode(piece))!;
        yield { record: { prompt, response, left: undefined } };
        return;
      }
    });
    const { rows, report } = await readRows(at('rows.mine'), format);
    expect(rows.map(({ fields, position }) => [fields, position.line])).toEqual([[{ prompt: 'One?', response: 'Yes.' }, 1]]);
    expect(report.sha256).toBe(createHash('sha256').update(xml).digest('hex'));
    await writeFile(at('pointer.mine'), `version https://git-lfs.github.com/spec/v1\noid sha256:${'0'.repeat(64)}\nsize 1\n`);
    await expect(readRows(at('pointer.mine'), format)).rejects.toThrow('Git LFS pointer');
  });

  it('may be binary and read a file from its end', async () => {
    await writeFile(at('back.mine'), Buffer.from([1, 0, 2, 0]));
    const seen: (string | undefined)[] = [];
    const read = async function* ({ path, bytes }: { path?: string; bytes: AsyncIterable<Uint8Array> }) {
      seen.push(path);
      const content = path === undefined ? await contentOf(bytes) : await readFile(path);
      yield { record: { prompt: String(content.at(-2)), response: String(content.length) } };
    };
    const format = reading(read, { isBinary: true });
    expect(await textsOf(at('back.mine'), format)).toEqual(['2']);
    await writeFile(at('back.mine.gz'), gzipSync(Buffer.from([1, 0, 3, 0])));
    expect(await textsOf(at('back.mine.gz'), format)).toEqual(['3']);
    expect(seen).toEqual([at('back.mine'), undefined]);
  });
});

describe('a row format that is wrong', () => {
  it.each([
    [{ name: 'mine', extensions: ['.mine'] }, 'has no read'],
    [{ name: 'mine', read() {} }, 'has no extensions'],
    [{ name: 'mine', extensions: [], read() {} }, 'has an array of 0 for extensions'],
    [{ name: 'mine', extensions: ['mine'], read() {} }, 'has the extension "mine"'],
    [{ name: 'mine', extensions: ['.gz'], read() {} }, 'has the extension ".gz"'],
  ])('is refused where it is defined: %o', (definition, message) => {
    const fault = { code: 'E_CONTRACT', where: 'row format mine', message };
    expect(() => defineRowFormat(definition as never)).toThrow(expect.objectContaining(fault));
  });

  it('may not take a name or an extension that is taken', () => {
    const named = (name: string, extension: string) => defineRowFormat({ name, extensions: [extension], read: () => [] });
    expect(() => own(named('csv', '.mine'))).toThrow('"csv" cannot be added: there is one of this name already');
    expect(() => own(named('mine', '.json'))).toThrow('"mine" cannot be added: files that end in .json are read as json');
    expect(() => own(bars, named('mine', '.bars'))).toThrow('files that end in .bars are read as bars');
  });

  const record = { prompt: 'p', response: 'r' };
  it.each([
    ['gives no records', () => 3, 'gives 3 for records'],
    ['gives a text', () => 'text', 'gives "text" for records'],
    [
      'throws',
      () => {
        throw new TypeError('no luck');
      },
      'threw TypeError: no luck',
    ],
    [
      'throws later',
      async function* () {
        yield { record };
        throw new TypeError('no luck');
      },
      'threw TypeError: no luck',
    ],
    ['gives a bare row', () => [record], 'gives an object for record 1'],
    ['gives nothing for a row', () => [{ record }, undefined], 'gives undefined for record 2'],
    ['gives a list of fields', () => [{ record: ['p', 'r'] }], 'gives an array of 2 for the fields of record 1'],
    ['gives a line that is none', () => [{ record, line: 0 }], 'gives 0 for the line of record 1'],
    ['gives a date', () => [{ record: { ...record, when: new Date(0) } }], 'gives a Date in the field "when" of record 1'],
    ['gives NaN', () => [{ record: { ...record, deep: [{ x: NaN }] } }], 'gives NaN in the field "deep" of record 1'],
    ['gives a bigint', () => [{ record: { ...record, n: 1n } }], 'gives the bigint 1 in the field "n" of record 1'],
    [
      'reports no problem',
      (_: unknown, { onProblem }: { onProblem: (problem: unknown) => void }) => {
        onProblem('bad');
        return [];
      },
      'reports "bad" as a problem',
    ],
  ])('ends with one error if it %s', async (_, read, message) => {
    await writeFile(at('any.mine'), 'x');
    const fault = { code: 'E_CONTRACT', where: `row format mine on ${at('any.mine')}`, message };
    await expect(readRows(at('any.mine'), reading(read))).rejects.toMatchObject(fault);
  });

  it('is given no more than a circle of fields', async () => {
    const circle: Record<string, unknown> = { prompt: 'p', response: 'r' };
    circle['self'] = circle;
    await expect(
      readRows(
        at('any.mine'),
        reading(() => [{ record: circle }]),
      ),
    ).rejects.toThrow('more than 500 levels');
  });

  it.each([
    [
      'waits for good',
      async function* () {
        yield { record };
        await new Promise(() => {});
      },
    ],
    [
      'never waits',
      async function* () {
        for (;;) yield { record };
      },
    ],
    [
      'never waits, and at once',
      function* () {
        for (;;) yield { record };
      },
    ],
  ])('is left at once on abort if it %s', async (_, read) => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 50);
    await expect(inspectRows(at('any.mine'), { signal: controller.signal, ...reading(read) })).rejects.toMatchObject({
      code: 'E_INTERRUPTED',
    });
  });
});
