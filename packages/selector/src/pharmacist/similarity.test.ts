import '@pharmacist/tooling/vitest/matchers';
import { randomRows } from '@pharmacist/language-model/test-support';
import { expect, it } from 'vitest';
import { Attempt } from '../../test/support/attempt.ts';
import { useFixtureModel } from '../../test/support/fixture-model.ts';
import { textRow } from '../../test/support/pool-rows.ts';
import { knownRows } from './fold.ts';
import { type Measures, measureRows, measuresOfAnchors, textMeasures } from './measures.ts';
import { readAnchors, SIMILARITY_NAMES } from './similarity.ts';

const model = await useFixtureModel('llama');
const trusted = knownRows(randomRows('trusted', 4).map(textRow));
/** Of a run of its own, without checkpoints of another. */
const context = () => new Attempt({ model, pool: [] }).context;
const losses = { tokenLosses: true };
const close = { rtol: 1e-5, atol: 1e-6 };
/** Of one row. */
const similarities = (measures: Measures, i: number) => Float64Array.from(SIMILARITY_NAMES, (name) => measures.similarities(name)[i]!);
const ones = SIMILARITY_NAMES.map(() => 1);

it('of a trusted row is that with the others, of any other row that with all', async () => {
  const anchors = await readAnchors(context(), trusted, losses);
  const among = await measureRows(context(), trusted, { phase: 'rows' }, { anchors, ...losses });
  const own = measuresOfAnchors(trusted, anchors);
  const held = await measureRows(context(), trusted, { phase: 'rows' }, { anchors, ...losses, except: (i) => i });
  for (const i of trusted.keys()) {
    expect(similarities(among, i)).toBeAllclose(ones, close);
    expect(among.nearest(i)).toBe(i);
    expect(own.nearest(i)).not.toBe(i);
    expect(Math.max(...similarities(own, i))).toBeLessThan(1);
    expect(similarities(held, i)).toBeAllclose(similarities(own, i), close);
    expect(own.numbers(i)).toBeAllclose(among.numbers(i), close);
  }
});

it('is the same without losses, and the numbers are then those of the text', async () => {
  const states = { tokenLosses: false };
  const [withLosses, without] = [await readAnchors(context(), trusted, losses), await readAnchors(context(), trusted, states)];
  expect(without.tokenLosses(0)).toHaveLength(0);
  const read = await measureRows(context(), trusted, { phase: 'rows' }, { anchors: withLosses, ...losses });
  const unread = await measureRows(context(), trusted, { phase: 'rows' }, { anchors: without, ...states });
  const [own, ofText] = [measuresOfAnchors(trusted, without), textMeasures(trusted)];
  for (const i of trusted.keys()) {
    expect(similarities(unread, i)).toBeAllclose(similarities(read, i), close);
    expect(unread.numbers(i)).toEqual(ofText.numbers(i));
    expect(own.numbers(i)).toEqual(ofText.numbers(i));
    expect(unread.losses('loss')[i]).toBeNaN();
  }
});

it('is the largest over the trusted rows', async () => {
  const row = randomRows('row', 1).map(textRow);
  const nearness = async (rows: typeof trusted) =>
    similarities(
      await measureRows(context(), row, { phase: 'row' }, { anchors: await readAnchors(context(), rows, losses), ...losses }),
      0,
    );
  const each: Float64Array[] = [];
  for (const one of trusted) each.push(await nearness([one]));
  const largest = SIMILARITY_NAMES.map((_, k) => Math.max(...each.map((values) => values[k]!)));
  expect(await nearness(trusted)).toBeAllclose(largest, close);
});

it('is unknown for the only trusted row, and for no other', async () => {
  const anchors = await readAnchors(context(), trusted.slice(0, 1), losses);
  expect([...anchors.ownNearness(0).cosines].every(Number.isNaN)).toBe(true);
  expect(anchors.ownNearness(0).nearest).toBe(-1);
  const among = await measureRows(context(), trusted, { phase: 'rows' }, { anchors, ...losses });
  expect(similarities(among, 0)).toBeAllclose(ones, close);
  expect([...similarities(among, 1)].every((cosine) => Math.abs(cosine) < 1)).toBe(true);
});
