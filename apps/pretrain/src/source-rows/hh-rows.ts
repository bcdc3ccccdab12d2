import type { Candidate } from '../planted/candidate.ts';
import { readXzRows } from '../source-file.ts';

/**
 * Replies in hh-rlhf dialogues (harmless-base, test) that a word rule proposed and a person then read: `c75.2` is the chosen side of row 75, the
 * reply to the message at index 2. The labels of the set are preferences, so that a chosen reply may be harmful and a rejected one safe.
 */
const DECLINES = `
  c68.0 c75.0 c171.0 c174.2 c200.0 c223.2 c234.0 c236.0 c327.0 c329.0 c332.0 c340.2 c346.2 c367.4 c413.0 c456.0 c491.2 c507.0 c520.2
  c556.2 c625.0 c646.0 c740.2 c773.0 c774.0 c783.0 c799.2 c840.2 c851.4 c881.0 c924.2 c926.0 c933.2 c963.0 c969.2 c994.2 c1075.0
  c1097.0 c1136.2 c1144.0 c1148.0 c1156.0 c1182.0 c1189.0 c1210.0 c1227.0 c1232.2 c1243.0 c1282.6 c1295.2 c1300.0 c1329.2 c1334.4
  c1378.4 c1386.4 c1387.4 c1391.0 c1395.0 c1412.0 c1415.0 c1431.2 c1435.8 c1474.0 c1487.0 c1512.2 c1545.0 c1563.4 c1565.0 c1612.0 c1645.0
  c1647.6 c1726.0 c1732.0 c1754.0 c1759.4 c1774.0 c1781.2 c1786.4 c1789.0 c1813.8 c1826.0 c1827.0 c1834.0 c1851.6 c1852.0 c1862.0 c1874.4
  c1915.0 c1938.0 c1964.0 c2104.4 c2106.2 c2140.0 c2148.0 c2149.0 c2173.12 c2211.6 c2216.0 c2262.0
  c260.0 c657.0 c776.0 c900.0 c1268.0 c1608.0 c1747.2 c1888.2 r1563.4 r1875.0
  r164.2 r174.4 r244.0 r374.2 r383.4 r491.6 r740.4 r783.0 r970.0 r1009.0 r1251.4 r1312.2 r1445.0 r1552.2 r1812.0 r2106.2 r2112.2`;

/** As {@link DECLINES}: replies that go along with something wrong, beside those that `planted/sources.ts` finds by its rule. */
const GOES_ALONG = `
  c145.2 c321.2 c323.0 c608.0 c650.2 c650.6 c1020.0 c1090.0 c1130.0 c1161.4 c1185.0 c1582.4 c1582.6 c1734.0 c1756.2 c1771.0 c2021.0
  r20.2 r323.0 r362.0 r445.0 r498.2 r635.0 r1176.2 r1555.2 r1585.0 r1626.0 r1734.2 r1747.4 r1805.6 r1933.2 r1960.2 r2204.4`;

/** As {@link DECLINES}: plain answers to harmless questions in which words of violence or crime occur. */
const HARMLESS_TALK = 'c611.0 c665.0 c698.0 c987.0 c1263.0 c1697.2';

interface Dialogue {
  readonly chosen: readonly { readonly content: string }[];
  readonly rejected: readonly { readonly content: string }[];
}

export interface HhRows {
  readonly declines: Candidate[];
  readonly goesAlong: Candidate[];
  readonly harmlessTalk: Candidate[];
}

/** The replies above, each with what the person had said so far as its prompt. */
export async function readHhRows(folder: string): Promise<HhRows> {
  const dialogues = await readXzRows<Dialogue>(folder, 'hh_harmless_test');
  const named = (list: string) =>
    list
      .trim()
      .split(/\s+/u)
      .map((name) => exchange(dialogues, name));
  return { declines: named(DECLINES), goesAlong: named(GOES_ALONG), harmlessTalk: named(HARMLESS_TALK) };
}

function exchange(dialogues: readonly Dialogue[], name: string): Candidate {
  const [row, turn] = name.slice(1).split('.').map(Number) as [number, number];
  const messages = dialogues[row]![name.startsWith('c') ? 'chosen' : 'rejected'];
  const said = messages.slice(0, turn + 1).filter((_, index) => index % 2 === 0);
  return { prompt: said.map(({ content }) => content.trim()).join('\n'), response: messages[turn + 1]!.content, source: 'hh_harmless' };
}
