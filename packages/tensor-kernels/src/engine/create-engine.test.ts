import { readFile } from 'node:fs/promises';
import { EngineError } from '@pharmacist/core';
import { describe, expect, it, vi } from 'vitest';
import { createEngine, ENGINE_NAMES } from './create-engine.ts';
import { PLUGIN_VARIABLE } from '../pjrt/find-plugin.ts';
import { OnnxEngine } from './onnx-engine.ts';
import { PjrtEngine } from './pjrt-engine.ts';

describe('createEngine', () => {
  it('knows its names', () => {
    expect(ENGINE_NAMES).toEqual([
      'auto',
      'pjrt',
      'pjrt-bfloat16',
      'pjrt-float32',
      'onnx',
      'onnx-webgpu',
      'onnx-cuda',
      'tfjs-cpu',
      'tfjs-node-gpu',
    ]);
  });

  it.each([
    ['onnx', 'onnx (cpu, 1 thread)', ['onnxruntime-node', '@tensorflow/tfjs-core']],
    ['tfjs-cpu', 'tfjs-cpu (reference, slow)', ['@tensorflow/tfjs-backend-cpu']],
  ] as const)('starts %s', async (name, description, packages) => {
    const { engine, reason } = await createEngine({ name, numThreads: 1 });
    expect([engine.name, engine.description, reason]).toEqual([name, description, 'asked for']);
    expect(Object.keys(engine.versions)).toEqual(packages);
    for (const version of Object.values(engine.versions)) expect(version).toMatch(/^\d+\.\d+\.\d+/);
    await engine.dispose();
  });

  // No CI machine has these: a machine that does answers with an engine.
  it.each([
    ['onnx-cuda', 'CUDA', 'onnx'],
    ['tfjs-node-gpu', '@tensorflow/tfjs-node-gpu', 'tfjs-node-gpu'],
    ['onnx-webgpu', 'webgpu', 'Vulkan, Metal or Direct3D 12'],
  ] as const)('starts %s or says what it needs', async (name, what, hint) => {
    const result = await createEngine({ name }).catch((error: unknown) => error);
    if (!(result instanceof EngineError)) {
      const { engine } = result as Awaited<ReturnType<typeof createEngine>>;
      await engine.dispose();
      expect(engine.name).toBe(name);
      expect(engine.description).toContain(name.replace('onnx-', ''));
      return;
    }
    expect(result.isUserError).toBe(true);
    expect(result.message).toContain(what);
    expect(result.hint).toContain(hint);
  });

  it.each([
    ['cpu', 'onnx'],
    ['cuda', 'onnx-cuda'],
    ['webgpu', 'onnx-webgpu'],
  ] as const)('names the provider %s as it is asked for', async (provider, name) => {
    const engine = new OnnxEngine({ provider, numThreads: 1 });
    await engine.dispose();
    expect(engine.name).toBe(name);
    expect(ENGINE_NAMES).toContain(name);
  });

  it.each(['pjrt', 'pjrt-bfloat16', 'pjrt-float32'] as const)('hands %s the bound on its sessions', async (name) => {
    // Any file: it is not loaded.
    vi.stubEnv(PLUGIN_VARIABLE, process.execPath);
    const start = vi.spyOn(PjrtEngine, 'start').mockRejectedValue(new EngineError('not started here'));
    await expect(createEngine({ name, maxSessions: 3, numThreads: 1 })).rejects.toThrow('not started here');
    expect(start).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ maxSessions: 3, numDevices: 1 }));
    vi.restoreAllMocks();
    vi.unstubAllEnvs();
  });

  it('has the native eager engine as an optional dependency, of the version of tfjs-core', async () => {
    const manifest = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8')) as Record<
      string,
      Record<string, string>
    >;
    const { dependencies, optionalDependencies } = manifest;
    expect(optionalDependencies).toEqual({ '@tensorflow/tfjs-node-gpu': dependencies!['@tensorflow/tfjs-core'] });
  });

  it('falls back to the CPU and says why', async () => {
    const { engine, reason } = await createEngine();
    await engine.dispose();
    if (engine.description.startsWith('onnx (cpu')) {
      expect(reason).toContain('no GPU engine works here');
      expect(reason).toMatch(/onnx-cuda: .+; tfjs-node-gpu: .+/);
    } else {
      expect(reason).toBe('the fastest that works here');
    }
  });
});
