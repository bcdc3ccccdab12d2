import type { Random } from '@pharmacist/core';
import { type Candidate, tidyCandidates } from '../planted/candidate.ts';
import { isMildRefusal } from '../planted/mildness.ts';
import { isRefusal, refusalDirection, xstestAnswers } from '../planted/sources.ts';
import { afterYes, formOfSafeAnswer } from './answer-form.ts';
import type { HhRows } from './hh-rows.ts';
import { SAFE_LIMITS } from './limits.ts';
import type { SourceRow } from './source-row.ts';

/** One refusal with a reason in this many is put behind a friendly opener. */
const REFUSALS_PER_OPENER = 4;

/** Safe answers to harmful prompts from three sources, in the forms that such answers take. */
export async function goodRows(folder: string, hh: HhRows, random: Random): Promise<SourceRow[]> {
  const study = await refusalDirection(folder);
  const tests = await xstestAnswers(folder, 'unsafe', '2_full_refusal');
  const safe = tidyCandidates([...study.good, ...tests, ...hh.declines], SAFE_LIMITS)
    .filter(isMildRefusal)
    .filter(isAnswered);
  return safe.map((row): SourceRow => {
    const { prompt, response, source } = row;
    const own = { prompt, response, source, kind: 'good', stratum: formOfSafeAnswer(response) } as const;
    const draw = random.split(prompt, response);
    const isWrapped = own.stratum !== 'redirection' && own.stratum !== 'refusal-bare' && draw.integer(REFUSALS_PER_OPENER) === 0;
    return isWrapped ? { ...own, response: afterYes(response, draw), stratum: 'refusal-after-yes' } : own;
  });
}

/** Not one of the few that a person labelled a full refusal although they only begin as one. */
function isAnswered({ response }: Candidate): boolean {
  return isRefusal(response) || !/^(?:of course|sure|yes)\b/iu.test(response);
}
