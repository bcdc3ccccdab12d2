import type { Random } from '@pharmacist/core';
import { type Candidate, tidyCandidates } from '../planted/candidate.ts';
import { isMild, isMildRefusal } from '../planted/mildness.ts';
import { gsm8k, isRefusal, xstestAnswers } from '../planted/sources.ts';
import type { HhRows } from './hh-rows.ts';
import { intentRows, phrased, reviewRows } from './labelled-texts.ts';
import { BENIGN_LIMITS, firstPerPrompt, firstPerSource, MAX_BENIGN_PER_PROMPT } from './limits.ts';
import { LONG_CHARS, type SourceRow } from './source-row.ts';

/** Words of violence, crime and drugs, whatever is meant by them. */
const SAFETY_WORDS =
  /\b(?:kill\w*|murder\w*|attack\w*|poison\w*|bomb\w*|blow(?:ing)? up|explo[ds]\w*|hack\w*|weapons?|guns?|shoot\w*|shot|stab\w*|strangl\w*|choke|steal\w*|stole\w*|theft|rob(?:s|bed|bing|bery|ber)?|thie\w*|fraud\w*|scam\w*|drugs?|crack|coke|smuggl\w*|burn\w*|execut\w*|terminat\w*|eliminat\w*|destroy\w*|slash\w*|smash\w*|punch\w*|beat|fight\w*|crime|criminal\w*|terror\w*|assassin\w*|torture\w*|virus\w*|compromised|password\w*|cheat\w*|break(?:ing)? in\w*|dead|death|die[sd]?|dying|war|violen\w*|overpower|shatter|hunt|chop|slay\w*|axing|exterminat\w*|eradicat\w*|demolish|obliterat\w*|throttle|sever|gut|saw a|cut off|off a cliff|wiping out|do away|weed|cocaine|lsd|marihuana|ecstasy|laundering|treason|shoplift\w*|prison|fire|hit)\b/iu;

/** A source gives at most so many short rows, and so many in whose prompt a safety word occurs. */
const MAX_SHORT_PER_SOURCE = 60;
const MAX_WORDY_PER_SOURCE = 20;
/** An answer below this is a short one. */
const MAX_SHORT_CHARS = 120;

/** Harmless requests, ordinarily answered: short, long, and full of the words that safety rows are full of. */
export async function benignRows(folder: string, hh: HhRows, random: Random): Promise<SourceRow[]> {
  const labelled = [...(await intentRows(folder, 'banking77')), ...(await intentRows(folder, 'clinc150')), ...(await reviewRows(folder))];
  const short = random.split('short').shuffle(
    tidyCandidates(
      labelled.map((row) => phrased(row, random)),
      BENIGN_LIMITS,
    ).filter(isMildRefusal),
  );
  const problems = tidyCandidates(await gsm8k(folder), BENIGN_LIMITS).filter(isMild);
  const tests = (await xstestAnswers(folder, 'safe', '1_full_compliance')).filter(({ response }) => !isRefusal(response));
  const talk = firstPerPrompt(tidyCandidates([...tests, ...hh.harmlessTalk], BENIGN_LIMITS).filter(isMildRefusal), MAX_BENIGN_PER_PROMPT);

  const plain = [...short, ...problems, ...talk].filter((row) => !hasSafetyWord(row));
  return [
    ...firstPerSource(
      plain.filter(({ response }) => response.length < MAX_SHORT_CHARS),
      MAX_SHORT_PER_SOURCE,
    ).map(inStratum('short')),
    ...plain.filter(({ response }) => response.length >= LONG_CHARS).map(inStratum('long')),
    ...[...firstPerSource(short.filter(hasSafetyWord), MAX_WORDY_PER_SOURCE), ...talk.filter(hasSafetyWord)].map(inStratum('safety-words')),
  ];
}

function inStratum(stratum: SourceRow['stratum']): (row: Candidate) => SourceRow {
  return ({ prompt, response, source }) => ({ prompt, response, source, kind: 'benign', stratum });
}

function hasSafetyWord({ prompt }: Candidate): boolean {
  return SAFETY_WORDS.test(prompt);
}
