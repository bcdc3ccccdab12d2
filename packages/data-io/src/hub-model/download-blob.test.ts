import { createHash } from 'node:crypto';
import { mkdir, open, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { temporaryFolder } from '../../test/temporary-folder.ts';
import { type DownloadOptions, downloadBlob } from './download-blob.ts';

const at = temporaryFolder();
const BYTES = Buffer.from('the weights of a model');
const blob = { etag: createHash('sha256').update(BYTES).digest('hex'), numBytes: BYTES.length, isLarge: true };

let blobs: string;
let count = 0;
/** What each connection was asked for, and the signal that closes it. */
let asked: { range: string | undefined; signal: AbortSignal }[];

beforeEach(async () => {
  blobs = at(`cache-${count++}/blobs`);
  await mkdir(blobs, { recursive: true });
  asked = [];
});
afterEach(() => vi.restoreAllMocks());

const part = () => join(blobs, `${blob.etag}.incomplete`);

/** A server that sends `next()` bytes of what it is asked for, or of the whole file if it knows no ranges, and breaks off before the end. */
function serverOf(next: () => number, { knowsRanges = true } = {}): typeof fetch {
  return async (_, init) => {
    const { headers, signal } = init as { headers: Record<string, string>; signal: AbortSignal };
    const range = headers['range'];
    asked.push({ range, signal });
    const start = knowsRanges ? Number(/\d+/.exec(range ?? '0')) : 0;
    const body = BYTES.subarray(start, start + next());
    const status = start > 0 ? 206 : 200;
    return new Response(body, { status, headers: { 'content-range': `bytes ${start}-${BYTES.length - 1}/${BYTES.length}` } });
  };
}

const download = async (server: typeof fetch, rest: Partial<DownloadOptions> = {}) =>
  await downloadBlob(blob, {
    url: 'https://hub.test/file',
    headers: {},
    fetch: server,
    blobs,
    where: 'owner/name/file',
    onBytes: () => {},
    onWait: () => {},
    retryMs: 1,
    ...rest,
  });

/** What every file handle of this process inherits. */
async function fileHandles(): Promise<Awaited<ReturnType<typeof open>>> {
  const file = await open(at('any'), 'w');
  await file.close();
  return Object.getPrototypeOf(file) as typeof file;
}

describe('a file of the Hub', () => {
  it('whose place cannot be opened is told as such, and nobody is asked', async () => {
    await symlink(at('no/such/folder/file'), part());
    await expect(download(serverOf(() => 100))).rejects.toMatchObject({
      code: 'E_FILE',
      message: 'cannot be written: does not exist',
      where: join(blobs, blob.etag),
    });
    expect(asked).toEqual([]);
  });

  it('whose bytes cannot be written is not asked for again, and its connection is closed', async () => {
    const refused = Object.assign(new Error('EROFS: read-only file system, write'), { code: 'EROFS' });
    vi.spyOn(await fileHandles(), 'appendFile').mockRejectedValue(refused);
    await expect(download(serverOf(() => 100))).rejects.toMatchObject({ message: 'cannot be written: the file system is read-only' });
    expect(asked.map(({ signal }) => signal.aborted)).toEqual([true]);
  });

  it('is whole where the system takes a part of what it is given to write', async () => {
    const handles = await fileHandles();
    const write = handles.write as (bytes: Uint8Array) => Promise<unknown>;
    // As a file system over the network may.
    vi.spyOn(handles, 'write').mockImplementation(async function (this: unknown, bytes: Uint8Array) {
      return await write.call(this, bytes.subarray(0, 3));
    } as never);
    await download(serverOf(() => 100));
    expect(await readFile(join(blobs, blob.etag), 'utf8')).toBe(String(BYTES));
  });

  it('is asked for as long as every connection brings more of it', async () => {
    await download(serverOf(() => 2));
    expect(asked.map(({ range }) => range)).toEqual([undefined, ...Array.from({ length: 10 }, (_, i) => `bytes=${2 * (i + 1)}-`)]);
    expect(asked.every(({ signal }) => signal.aborted)).toBe(true);
  });

  it('is begun anew by a server that knows no ranges, and given up if that never gets further', async () => {
    await writeFile(part(), BYTES.subarray(0, 10));
    const lengths = [5, 8, 100];
    let known = 0;
    await download(
      serverOf(() => lengths.shift()!, { knowsRanges: false }),
      { onBytes: (numBytes) => (known += numBytes) },
    );
    expect(known).toBe(BYTES.length);
    expect(await readFile(join(blobs, blob.etag), 'utf8')).toBe(String(BYTES));

    blobs = at('cache-anew/blobs');
    asked = [];
    await expect(download(serverOf(() => 7, { knowsRanges: false }))).rejects.toMatchObject({
      message: `cannot be downloaded (the connection ended after 7 of ${BYTES.length} bytes)`,
      where: 'owner/name/file',
    });
    expect(asked).toHaveLength(5);
  });
});
