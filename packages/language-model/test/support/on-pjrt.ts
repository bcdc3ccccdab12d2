import { vi } from 'vitest';

// `pnpm test:pjrt` runs tests of this package that were written for ONNX Runtime on a PJRT plugin, with the tolerances they have.
vi.mock('@pharmacist/tensor-kernels', async (importOriginal) => {
  const original = await importOriginal<typeof import('@pharmacist/tensor-kernels')>();
  return {
    ...original,
    createEngine: async (options: import('@pharmacist/tensor-kernels').CreateEngineOptions) =>
      await original.createEngine(options.name === 'onnx' ? { name: 'pjrt' } : options),
  };
});
