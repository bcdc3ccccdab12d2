import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/**
 * Goes to where the person stands, so that paths and messages read as they were typed: `pnpm --filter cli start` runs in this package's
 * folder and leaves the person's in INIT_CWD. Anywhere else INIT_CWD is some outer script's and means nothing to us.
 */
export function enterWorkingDirectory(): void {
  const initial = process.env['INIT_CWD'];
  if (initial === undefined) return;
  const packageFolder = realpathSync(fileURLToPath(new URL('..', import.meta.url)));
  if (realpathSync(process.cwd()) === packageFolder) process.chdir(initial);
}
