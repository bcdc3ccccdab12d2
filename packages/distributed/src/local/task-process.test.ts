import { tmpdir } from 'node:os';
import { expect, it } from 'vitest';
import { outputOf } from './task-process.ts';

it('a character that comes in two pieces is one', async () => {
  const euro = 'stream.write(Buffer.of(0xe2, 0x82)); setTimeout(() => stream.write(Buffer.of(0xac)), 100);';
  const code = `for (const stream of [process.stdout, process.stderr]) { ${euro} }`;
  const said = await outputOf([process.execPath, '-e', code], { cwd: tmpdir(), env: process.env });
  expect(said).toEqual({ exitStatus: 0, output: '€', errors: '€' });
});
