import type { Random } from '@pharmacist/core';
import { type Candidate, tidyCandidates } from '../planted/candidate.ts';
import { isMild } from '../planted/mildness.ts';
import { hhHarmless, refusalDirection, xstest } from '../planted/sources.ts';
import { cutAtWord } from '../text-shape.ts';
import { afterSorry } from './answer-form.ts';
import type { HhRows } from './hh-rows.ts';
import { firstPerPrompt, MAX_HARMFUL_CHARS, MAX_HARMFUL_PER_PROMPT, SAFE_LIMITS } from './limits.ts';
import type { SourceRow } from './source-row.ts';

/** Answers that go along with something wrong, mild and short; half of them behind words that sound like a refusal. */
export async function mislabelledRows(folder: string, hh: HhRows, random: Random): Promise<SourceRow[]> {
  const [study, tests] = [await refusalDirection(folder), await xstest(folder)];
  const candidates = [...study.harmful, ...tests.harmful, ...(await hhHarmless(folder)), ...hh.goesAlong];
  const mild = tidyCandidates(candidates.map(shortened), SAFE_LIMITS).filter(isMild).filter(goesAlong);
  return firstPerPrompt(mild, MAX_HARMFUL_PER_PROMPT).map(({ prompt, response, source }): SourceRow => {
    const draw = random.split(prompt, response);
    return draw.integer(2) === 0
      ? { prompt, response, source, kind: 'mislabelled', stratum: 'compliance' }
      : { prompt, response: afterSorry(response, draw), source, kind: 'mislabelled', stratum: 'compliance-after-sorry' };
  });
}

/** Some answers that go along begin by saying that they should not: shortened, nothing else would be left of them. */
function goesAlong({ response }: Candidate): boolean {
  return !/\b(?:do not condone|must clarify|not (?:ethical|appropriate|legal|endorse)|as an ai|illegal and)\b/iu.test(response);
}

function shortened(row: Candidate): Candidate {
  return { ...row, response: cutAtWord(row.response.trim(), MAX_HARMFUL_CHARS) };
}
