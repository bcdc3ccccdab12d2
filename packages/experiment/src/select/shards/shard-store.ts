import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigError, decodeState, encodeState, readStateFile, type State, writeStateFile } from '@pharmacist/core';
import { isObjectName, ObjectStore, parseObjectName } from '@pharmacist/data-io';

/** Where the files of divided passes lie, by name: a folder that every machine sees, or an object store. */
export interface ShardStore {
  /** For messages. */
  where(name: string): string;
  /** @throws {FileError} if it is there and cannot be read. */
  read(name: string): Promise<State | 'missing' | 'damaged'>;
  /** Whole or not at all; takes the place of what is there. @throws {FileError} */
  write(name: string, state: State): Promise<void>;
  /** The same, but what is there stays if it is valid: of several who write one name the first has written. @throws {FileError} */
  writeFirst(name: string, state: State, isValid: (found: State) => boolean): Promise<void>;
  remove(name: string): Promise<void>;
  /** Removes all that lies there. */
  clear(): Promise<void>;
}

/**
 * @param place prefix in an object store, `s3://bucket/prefix`, or a folder.
 * @throws {ConfigError} for another form of name, and if the environment has no keys of the store.
 */
export async function openShardStore(
  place: string,
  options: { env?: Readonly<Record<string, string | undefined>> | undefined; signal?: AbortSignal | undefined },
): Promise<ShardStore> {
  return isObjectName(place) ? objectsBelow(place, await ObjectStore.open(place, options)) : filesIn(place);
}

function filesIn(folder: string): ShardStore {
  const where = (name: string) => join(folder, name);
  return {
    where,
    read: async (name) => await readStateFile(where(name)),
    write: async (name, state) => await writeStateFile(where(name), state),
    async writeFirst(name, state, isValid) {
      const found = await readStateFile(where(name));
      // Of two that come here at once both have made the same bytes.
      if (typeof found === 'string' || !isValid(found)) await writeStateFile(where(name), state);
    },
    remove: async (name) => await rm(where(name), { force: true }),
    clear: async () => await rm(folder, { recursive: true, force: true }),
  };
}

/** Others that may write between a look and a write, before it is given up. */
const TRIES = 5;

function objectsBelow(place: string, store: ObjectStore): ShardStore {
  const { bucket, key } = parseObjectName(place);
  const nameOf = (name: string) => ({ bucket, key: `${key.replace(/\/*$/u, key === '' ? '' : '/')}${name}` });
  const bytesOf = (state: State) => Buffer.concat(encodeState(state));
  return {
    where: (name) => `s3://${bucket}/${nameOf(name).key}`,
    async read(name) {
      const found = await store.read(nameOf(name));
      return found === undefined ? 'missing' : decodeState(Buffer.from(found.bytes));
    },
    write: async (name, state) => void (await store.write(nameOf(name), bytesOf(state))),
    async writeFirst(name, state, isValid) {
      const bytes = bytesOf(state);
      for (let tries = 0; tries < TRIES; tries++) {
        if ((await store.write(nameOf(name), bytes, { ifNoneMatch: '*' })) !== undefined) return;
        const found = await store.read(nameOf(name));
        if (found === undefined) continue;
        const there = decodeState(Buffer.from(found.bytes));
        if (there !== 'damaged' && isValid(there)) return;
        if ((await store.write(nameOf(name), bytes, { ifMatch: found.etag })) !== undefined) return;
      }
      throw new ConfigError('is written by others again and again', {
        where: `s3://${bucket}/${nameOf(name).key}`,
        hint: 'let only one run use this prefix, or name another one',
      });
    },
    remove: async (name) => await store.remove(nameOf(name)),
    async clear() {
      for (const found of await store.list({ bucket, key: nameOf('').key })) await store.remove({ bucket, key: found });
    },
  };
}
