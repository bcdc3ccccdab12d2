import { runIdentity } from '@pharmacist/core';
import { bucketFor, expectedShapes, lengthBucketsFor } from '@pharmacist/language-model';
import { sizeOf } from '@pharmacist/tensor-kernels';
import { type DividedPass, MappedValues } from '@pharmacist/selector';
import { type ShardPasses, takeFound } from './found-file.ts';
import { incomplete, runShards } from './run-shards.ts';
import { hashOfState, shardFile } from './shard-files.ts';
import type { ShardGiver } from './shard-giver.ts';
import { packPass } from './shard-pass.ts';
import { planId, planShards, type Shard } from './shard-plan.ts';
import { packRows, placesOf } from './shard-rows.ts';

/**
 * Has the batches of a pass read by an executor's processes and puts together what they found. Each is given its rows as tokens. What is there already,
 * from whomever, is taken; missing, damaged and foreign files are made again.
 * @returns false if the pass is too short to be divided, or its model is none that others can open.
 * @throws {IncompleteError} if a shard could not be made, with what its process said.
 */
export async function giveShards(pass: DividedPass, giver: ShardGiver): Promise<boolean> {
  const { executor, run, store, machine, count, nameOf } = giver;
  const { shard: size, parallel } = executor.settings;
  const shards = planShards(batchCosts(pass), { from: pass.from, size, parallel });
  const told = packPass({ ...pass, reads: 'tokens' }, nameOf);
  if (shards.length < 2 || told === undefined) return false;
  const rowHashes = shards.map((shard) => hashOfState(packRows(pass, shard)));
  const id = planId({ run: runIdentity(run.record), versions: machine.versions, pass: pass.name, passHash: hashOfState(told), rowHashes });
  const plan = { plan: id, pass: pass.name };
  const forms = pass.map.forms(pass.model, pass.parameters);
  const made = new Map<Shard, ShardPasses>();
  /** Takes what is there. @returns the shards that are not. */
  const look = async () => {
    for (const shard of shards) {
      if (made.has(shard)) continue;
      const places = placesOf(pass, shard);
      const values = new MappedValues(
        forms,
        places.map((place) => pass.rows[place]!),
      );
      const file = await store.read(shardFile(plan, 'found', shard.number));
      const found = takeFound(file, { plan: id, number: shard.number }, values);
      if (typeof found === 'string') continue;
      places.forEach((place, i) => pass.values.set(place, values.at(i)));
      made.set(shard, found.passes);
    }
    return shards.filter((shard) => !made.has(shard));
  };
  const left = await look();
  const toldFile = shardFile(plan, 'pass');
  const rowsFile = ({ number }: Shard) => shardFile(plan, 'rows', number);
  if (left.length > 0) {
    await store.write(toldFile, { ...told, meta: { ...told.meta, plan: id, machine } });
    for (const shard of left) {
      const { arrays } = packRows(pass, shard);
      await store.write(rowsFile(shard), { meta: { plan: id, number: shard.number }, arrays });
    }
    const statuses = await runShards(left, plan, giver);
    const missing = await look();
    if (missing.length > 0) throw incomplete(missing, shards, { statuses, pass: pass.name, run: run.path });
  }
  // They are many bytes, and nobody reads them again.
  await store.remove(toldFile);
  for (const shard of shards) await store.remove(rowsFile(shard));
  for (const passes of made.values()) {
    for (const [kind, counts] of Object.entries(passes)) if (counts) count(kind as 'forward' | 'backward', ...counts);
  }
  return true;
}

/** Operations of each batch, about: two a parameter and padded token and pass forward, and twice as many a pass backward. */
function batchCosts({ model, map, rows, batches, batchSize, maxLength }: DividedPass): number[] {
  const numParameters = [...expectedShapes(model.config)].reduce((sum, [, shape]) => sum + sizeOf(shape), 0);
  const passes = map.passes.reduce((sum, kind) => sum + (kind === 'backward' ? 2 : 1), 0);
  const buckets = lengthBucketsFor(maxLength);
  const lengthAt = (place: number | undefined) => (place === undefined ? 1 : rows[place]!.inputIds.length);
  // Rows are in the order of their lengths, so the longest of a batch is at one of its ends.
  const paddedLength = (places: readonly number[]) => bucketFor(Math.max(lengthAt(places[0]), lengthAt(places.at(-1))), buckets);
  return batches.map((places) => 2 * numParameters * passes * batchSize * paddedLength(places));
}
