import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EngineError } from '@pharmacist/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findPlugin, mayHaveAccelerator, PLUGIN_VARIABLE, sitePackages } from './find-plugin.ts';

let root: string;
let environment: NodeJS.ProcessEnv;
const packages = () => join(root, 'lib', 'python3.12', 'site-packages');
async function put(...parts: string[]): Promise<string> {
  const path = join(packages(), ...parts);
  await mkdir(join(path, '..'), { recursive: true });
  await writeFile(path, '');
  return path;
}
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'plugins-'));
  environment = { VIRTUAL_ENV: root };
  await mkdir(packages(), { recursive: true });
});
afterEach(async () => await rm(root, { recursive: true, force: true }));

const faultOf = (body: () => unknown): EngineError | undefined => {
  try {
    body();
    return undefined;
  } catch (error) {
    return error as EngineError;
  }
};

describe('findPlugin', () => {
  it('takes the newest accelerator that pip installed in the active environment, with its libraries', async () => {
    await put('jax_plugins', 'xla_cuda12', 'xla_cuda_plugin.so');
    const path = await put('jax_plugins', 'xla_cuda13', 'xla_cuda_plugin.so');
    const library = await put('nvidia', 'cu13', 'lib', 'libcublas.so.13');
    await put('nvidia', 'cu13', 'lib', 'libother.so.1');
    expect(findPlugin(environment)).toEqual({
      path,
      name: 'xla_cuda13',
      libraries: [library],
      cudaDir: join(packages(), 'nvidia', 'cu13'),
    });
  });

  it('takes the CPU plugin where there is no other, unless told not to', async () => {
    const path = await put('lammps_jax_pjrt_cpu', 'pjrt_c_api_cpu_plugin.so');
    expect(findPlugin({ ...environment, [PLUGIN_VARIABLE]: path })).toMatchObject({ path, name: 'lammps_jax_pjrt_cpu', libraries: [] });
    const fault = faultOf(() => findPlugin(environment, { takesCpu: false }));
    // A machine with an accelerator's plugin of its own finds that one, here and below.
    if (fault === undefined) return;
    expect(fault.message).toContain(join(packages(), 'jax_plugins'));
    expect(fault.hint).toContain('pip install');
    expect(findPlugin(environment)).toMatchObject({ path, name: 'cpu' });
  });

  it('says that a named file is not there', () => {
    expect(() => findPlugin({ ...environment, [PLUGIN_VARIABLE]: '/nowhere/x.so' })).toThrow('is not there');
  });
});

it('looks into PYTHONPATH and the active environment first', () => {
  expect(sitePackages({ ...environment, PYTHONPATH: root }).slice(0, 2)).toEqual([root, packages()]);
});

it('looks for a plugin where one is named', () => {
  expect(mayHaveAccelerator({ [PLUGIN_VARIABLE]: '/x.so' })).toBe(true);
});
