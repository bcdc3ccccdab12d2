// Puts the bundled model and data beside the built program; part of `build`.
import { chmodSync, cpSync, existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const cli = join(import.meta.dirname, '..');
const assets = join(cli, 'dist/assets');
const fixtures = join(cli, '../../test-fixtures');
const SHIPPED = ['models/tiny', 'data/demo', 'data/planted', 'data/small', 'data/README.md'];

rmSync(assets, { recursive: true, force: true });
for (const path of SHIPPED) {
  if (!existsSync(join(fixtures, path))) throw new Error(`test-fixtures/${path} is missing; the package cannot be built without it`);
  cpSync(join(fixtures, path), join(assets, path), { recursive: true });
}
chmodSync(join(cli, 'dist/main.js'), 0o755);
