import { readFileSync } from 'node:fs';
import { goldenPath } from '@pharmacist/test-fixtures';
import { describe, expect, it } from 'vitest';
import { BLOCK_FORMATS } from './formats.ts';

interface BlockGolden {
  hex: string;
  values: number[];
}

const GOLDENS = Object.entries(JSON.parse(readFileSync(goldenPath('gguf', 'blocks.json'), 'utf8')) as Record<string, BlockGolden>);

describe('block formats', () => {
  it('have a golden each but F32', () => {
    expect(GOLDENS.map(([name]) => name).sort()).toEqual(BLOCK_FORMATS.names.filter((name) => name !== 'F32').sort());
  });

  it.each(GOLDENS)('%s gives the exact values of ggml', (name, { hex, values }) => {
    const format = BLOCK_FORMATS.get(name);
    const bytes = Buffer.from(hex, 'hex');
    expect(bytes.length / format.bytesPerBlock).toBe(values.length / format.elementsPerBlock);
    const decoded = new Float32Array(values.length);
    format.dequantize(bytes, decoded);
    expect([...decoded]).toEqual(values);
  });

  it('F32 copies bits from an odd address', () => {
    const bytes = Buffer.concat([Buffer.of(9), Buffer.from(Float32Array.of(1.5, -0).buffer)]).subarray(1);
    const decoded = new Float32Array(2);
    BLOCK_FORMATS.get('F32').dequantize(bytes, decoded);
    expect([...decoded]).toEqual([1.5, -0]);
  });
});
