import { hashOfValue, sha256, type State } from '@pharmacist/core';

/** What a file of a plan holds: what all shards are told, the rows of one, what was found in them. */
export type ShardFileKind = 'pass' | 'rows' | 'found';

/** By the plan, so that a file of another one is not looked at. @returns its name in the store. */
export function shardFile({ plan, pass }: { plan: string; pass: string }, kind: ShardFileKind, number?: number): string {
  const stem = `${pass.replaceAll(/[^A-Za-z0-9-]+/gu, '-')}.${plan.slice(0, 16)}`;
  return `${stem}${number === undefined ? '' : `.${number}`}.${kind}`;
}

/** Of meta and numbers. */
export function hashOfState({ meta, arrays }: State): string {
  const numbers = Object.entries(arrays).map(([name, { buffer, byteOffset, byteLength, constructor }]) => [
    name,
    constructor.name,
    sha256(new Uint8Array(buffer, byteOffset, byteLength)),
  ]);
  return hashOfValue({ meta, numbers });
}
