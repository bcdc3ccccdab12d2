import { open } from 'node:fs/promises';
import { asFileError, ModelError, pointerHint, pointerKindOf } from '@pharmacist/core';

const HEAD_BYTES = 1024;

/**
 * Refuses a file that stands for another one, as a clone without Git LFS leaves them, before a parser finds fault with its contents.
 * @throws {ModelError} if it is such a pointer; {FileError} if it cannot be read.
 */
export async function refusePointer(path: string): Promise<void> {
  const kind = pointerKindOf(await headOf(path));
  if (kind === undefined) return;
  throw new ModelError(`is a ${kind} pointer: the contents of the model were not downloaded`, { where: path, hint: pointerHint(kind) });
}

async function headOf(path: string): Promise<Uint8Array> {
  try {
    const file = await open(path, 'r');
    try {
      const { bytesRead, buffer } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (error) {
    throw asFileError(error, path, 'read');
  }
}
