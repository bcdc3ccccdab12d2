import { ConfigError } from './errors.ts';

/** An address of a store or a site, two letters of its scheme or more. */
const ADDRESS = /^[a-z][a-z\d+.-]+:\/\//iu;

/** @throws {ConfigError} if a folder that is to be written is an address: as a path it would name a folder "s3:" that nobody looks for. */
export function assertLocal(path: string, hint = 'give a folder'): void {
  if (!ADDRESS.test(path)) return;
  throw new ConfigError('is an address; what is written here is a folder of this machine or of a shared file system', {
    where: path,
    hint,
  });
}
