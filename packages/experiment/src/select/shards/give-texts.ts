import { runIdentity } from '@pharmacist/core';
import type { LanguageModel } from '@pharmacist/language-model';
import type { DividedTexts } from '@pharmacist/selector';
import { incomplete, runShards } from './run-shards.ts';
import { hashOfState, shardFile } from './shard-files.ts';
import type { ShardGiver } from './shard-giver.ts';
import { packPass } from './shard-pass.ts';
import { planId, planTexts, type Shard } from './shard-plan.ts';
import { packTexts, textsFound } from './text-files.ts';

/**
 * Has texts read by an executor's processes and takes what they found, in the order of the rows. What is there already is taken; missing, damaged and foreign files are
 * made again. Memory: the texts, or what was found, of one shard.
 * @param giver with the run's own model, whose tokenizer is asked.
 * @returns false if they are too few to be divided, or the model is none that others can open.
 * @throws {IncompleteError} if a shard could not be made, with what its process said.
 */
export async function giveTexts(pass: DividedTexts, giver: ShardGiver & { readonly model: LanguageModel }): Promise<boolean> {
  const { executor, run, store, machine, nameOf, model } = giver;
  const { map, numRows, take } = pass;
  const { shard: size, parallel } = executor.settings;
  const shards = planTexts(numRows, { size: size === 'auto' ? size : size * pass.batchSize, parallel });
  const told = packPass({ ...pass, model, reads: 'texts', parameters: { meta: { ...pass.parameters }, arrays: {} } }, nameOf);
  if (shards.length < 2 || told === undefined) return false;
  // The texts follow from the run, whose identity holds the hashes of its files.
  const rowHashes = shards.map(({ from, to }) => `${from} to ${to}`);
  const id = planId({ run: runIdentity(run.record), versions: machine.versions, pass: pass.name, passHash: hashOfState(told), rowHashes });
  const plan = { plan: id, pass: pass.name };
  const foundIn = async ({ number, from, to }: Shard) =>
    textsFound(await store.read(shardFile(plan, 'found', number)), { plan: id, number }, map, to - from);
  const areLeft = async () => {
    const left: Shard[] = [];
    for (const shard of shards) if (typeof (await foundIn(shard)) === 'string') left.push(shard);
    return left;
  };
  const left = await areLeft();
  const toldFile = shardFile(plan, 'pass');
  const textsFile = ({ number }: Shard) => shardFile(plan, 'rows', number);
  if (left.length > 0) {
    await store.write(toldFile, { ...told, meta: { ...told.meta, plan: id, machine } });
    for (const shard of left) {
      const { meta, arrays } = packTexts(pass, shard);
      await store.write(textsFile(shard), { meta: { ...meta, plan: id, number: shard.number }, arrays });
    }
    const statuses = await runShards(left, plan, giver);
    for (const shard of left) await store.remove(textsFile(shard));
    const missing = statuses.every(({ state }) => state === 'done') ? [] : await areLeft();
    if (missing.length > 0) throw incomplete(missing, shards, { statuses, pass: pass.name, run: run.path });
    await store.remove(toldFile);
  }
  for (const shard of shards) {
    const giveTo = await foundIn(shard);
    if (typeof giveTo === 'string') throw incomplete([shard], shards, { statuses: [], pass: pass.name, run: run.path });
    giveTo((row, found) => take(shard.from + row, found));
  }
  return true;
}
