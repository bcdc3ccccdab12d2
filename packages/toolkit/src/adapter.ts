import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder, writeFileAtomic } from '@pharmacist/core';

const FILES = ['adapter_config.json', 'adapter_model.safetensors'] as const;

/** A LoRA adapter in the files that PEFT reads, byte for byte as the command writes them. */
export class Adapter {
  /** `adapter_config.json`. */
  readonly config: Uint8Array;
  /** `adapter_model.safetensors`. */
  readonly weights: Uint8Array;

  constructor(config: Uint8Array, weights: Uint8Array) {
    this.config = config;
    this.weights = weights;
  }

  /** Reads both files from a folder. */
  static async read(folder: string): Promise<Adapter> {
    const [config, weights] = await Promise.all(FILES.map(async (name) => await readFile(join(folder, name))));
    return new Adapter(config!, weights!);
  }

  /** Writes both files into a folder. @throws {FileError} if they cannot be written. */
  async write(folder: string): Promise<void> {
    await makeFolder(folder);
    await writeFileAtomic(join(folder, FILES[0]), this.config);
    await writeFileAtomic(join(folder, FILES[1]), this.weights);
  }
}

/** An adapter in hand, a result that holds one, or the folder of one. */
export type AdapterChoice = string | Adapter | { readonly adapter: Adapter };

/** Folders of adapters; those in hand are written below `folder`. */
export async function adapterFolders(choices: readonly AdapterChoice[], folder: string): Promise<string[]> {
  const folders: string[] = [];
  for (const [index, choice] of choices.entries()) {
    const path = typeof choice === 'string' ? choice : join(folder, `adapter-${index + 1}`);
    if (typeof choice !== 'string') await (choice instanceof Adapter ? choice : choice.adapter).write(path);
    folders.push(path);
  }
  return folders;
}
