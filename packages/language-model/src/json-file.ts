import { join } from 'node:path';
import { FileError, ModelError, pathExists, readJson } from '@pharmacist/core';
import { refusePointer } from './pointer.ts';

export type JsonObject = Record<string, unknown>;

/** The JSON object in `dir/name`, or undefined if there is no such file. @throws {ModelError} if it is not a JSON object. */
export async function readOptionalJsonObject(dir: string, name: string): Promise<JsonObject | undefined> {
  const path = join(dir, name);
  return (await pathExists(path)) ? await readJsonObject(path) : undefined;
}

/**
 * The JSON object in a file of a model directory.
 * @throws {ModelError} if it is not one; {FileError} if the file cannot be read.
 */
export async function readJsonObject(path: string): Promise<JsonObject> {
  let value: unknown;
  try {
    value = await readJson(path);
  } catch (error) {
    if (!(error instanceof FileError) || error.details['code'] !== undefined) throw error;
    await refusePointer(path);
    throw new ModelError(error.message, { where: path, hint: 'restore the file from the place the model came from', cause: error });
  }
  if (!isJsonObject(value))
    throw new ModelError('is not a JSON object', { where: path, hint: 'restore the file from the place the model came from' });
  return value;
}

export function isJsonObject(value: unknown): value is JsonObject {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}
