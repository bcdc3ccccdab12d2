// The command is started by its path; part of `build`.
import { chmodSync } from 'node:fs';
import { join } from 'node:path';

chmodSync(join(import.meta.dirname, '../dist/main.js'), 0o755);
