import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/**
 * Folder with the bundled models/ and data/: beside the built program, or the workspace's fixtures when it runs from source.
 * @throws {InternalError} if neither is there, which only a damaged installation can be.
 */
export async function assetsDirectory(): Promise<string> {
  const candidates = ['./assets', '../../../test-fixtures'].map((path) => fileURLToPath(new URL(path, import.meta.url)));
  const found = candidates.find((path) => existsSync(path));
  if (found !== undefined) return found;
  const { InternalError } = await import('@pharmacist/core');
  throw new InternalError('the bundled models and data are missing', { where: candidates[0], hint: 'install the package again' });
}
