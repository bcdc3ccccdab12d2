import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Changes the last weight of a model's one safetensors file in its lowest bit. */
export async function changeWeights(dir: string): Promise<void> {
  const path = join(dir, 'model.safetensors');
  const bytes = await readFile(path);
  const low = bytes.length - 4;
  bytes[low] = bytes[low]! ^ 1;
  await writeFile(path, bytes);
}
