// Runs TypeScript from source: node --conditions=@pharmacist/source --import @pharmacist/tooling/loader FILE.ts
import { register } from 'node:module';

process.setSourceMapsEnabled(true);
register('./typescript-hooks.mjs', import.meta.url);
