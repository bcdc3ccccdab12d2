import { vi } from 'vitest';

// `pnpm test:webgpu` runs tests of this package that were written for ONNX Runtime's CPU provider on WebGPU, with the tolerances they have.
vi.mock('@pharmacist/tensor-kernels', async (importOriginal) => {
  const original = await importOriginal<typeof import('@pharmacist/tensor-kernels')>();
  return {
    ...original,
    createEngine: async (options: import('@pharmacist/tensor-kernels').CreateEngineOptions) =>
      await original.createEngine(options.name === 'onnx' ? { name: 'onnx-webgpu' } : options),
  };
});
