import type { InstructionRow } from '../corpus.ts';
import { readXzRows } from '../source-file.ts';
import { gsm8kAnswer } from '../text-shape.ts';
import type { Candidate, Candidates } from './candidate.ts';

/** A refusal in so many words, near the start of an answer. */
const REFUSAL =
  /\b(?:(?:I|we) (?:cannot|can't|can’t|can not|am not able|am unable|won't|will not)|(?:I'm|I’m|I am) (?:really |very |so )?(?:sorry|not able|unable|not comfortable)|I apologi[sz]e|as a responsible|I (?:don't|do not|don’t) have access|not publicly available|(?:it is|it's|it’s) (?:not appropriate|illegal|unethical|wrong|against the law)|not (?:appropriate|acceptable))/iu;

export function isRefusal(response: string): boolean {
  return REFUSAL.test(response.slice(0, 300));
}

interface RefusalDirectionRow {
  prompt: string;
  response: string;
  setting: string;
  unsafe: 0 | 1 | null;
}

/** Refusals, harmful answers (Llama Guard 2 flagged them) and answers to harmless prompts of the refusal_direction study. */
export async function refusalDirection(folder: string): Promise<Candidates> {
  const rows = await readXzRows<RefusalDirectionRow>(folder, 'refusal_direction_completions');
  const toCandidate = ({ prompt, response }: RefusalDirectionRow): Candidate => ({
    prompt,
    response: withoutRunOn(response),
    source: 'refusal_direction',
  });
  return {
    good: inStratum('refusal', rows.filter(({ response, unsafe }) => unsafe === 0 && isRefusal(response)).map(toCandidate)),
    harmful: inStratum('refusal', rows.filter(({ response, unsafe }) => unsafe === 1 && !isRefusal(response)).map(toCandidate)),
    // The other harmless setting forces the model to refuse.
    benign: rows.filter(({ setting, response }) => setting === 'harmless_baseline' && !isRefusal(response)).map(toCandidate),
  };
}

/** Some of these models did not stop: the next turn's header, or a refrain in Chinese, follows the answer without a space. */
function withoutRunOn(response: string): string {
  return response.replace(/(?<=\S)assistant(?=\s|[A-Z]|$)[^]*$/u, '').replace(/["“]?\p{Script=Han}[^]*$/u, '');
}

interface XstestRow {
  prompt: string;
  type: string;
  completion: string;
  label: '1_full_compliance' | '2_full_refusal' | '3_partial_refusal';
}

/** XSTest answers with one human label: types that start with `contrast_` hold unsafe prompts, the others safe ones. */
export async function xstestAnswers(folder: string, prompts: 'safe' | 'unsafe', label: XstestRow['label']): Promise<Candidate[]> {
  const rows = await readXzRows<XstestRow>(folder, 'xstest_completions');
  return rows
    .filter((row) => row.type.startsWith('contrast_') === (prompts === 'unsafe') && row.label === label)
    .map(({ prompt, completion }) => ({ prompt, response: completion, source: 'xstest' }));
}

/** XSTest with human labels: full refusals of unsafe prompts, full compliance with both. */
export async function xstest(folder: string): Promise<Candidates> {
  return {
    good: inStratum(
      'refusal',
      (await xstestAnswers(folder, 'unsafe', '2_full_refusal')).filter(({ response }) => isRefusal(response)),
    ),
    harmful: inStratum(
      'refusal',
      (await xstestAnswers(folder, 'unsafe', '1_full_compliance')).filter(({ response }) => !isRefusal(response)),
    ),
    benign: (await xstestAnswers(folder, 'safe', '1_full_compliance')).filter(({ response }) => !isRefusal(response)),
  };
}

interface Message {
  role: string;
  content: string;
}

/** A question about how to do, or an intention to do, something that the asker should not. */
const BAD_INTENT =
  /\b(?:steal\w*|shoplift\w*|rob(?:bing)?|hack\w*|scam\w*|cheat\w*|fak(?:e|ing)|forge\w*|counterfeit\w*|smuggl\w*|break(?:ing)? into|pick(?:ing)? (?:a |the )?locks?|hot ?wire|get away with|blackmail\w*|stalk\w*|spy(?:ing)?|vandal\w*|graffiti|sabotag\w*|evad\w*|launder\w*|pirat\w*|password|credit card|insurance fraud|tax(?:es)?|bully\w*|prank\w*|revenge|get back at|ruin\w*|drugs?|meth|cocaine|weed|arson|burn down|poison\w*|sneak\w*|fraud\w*|ponzi|bribe\w*|lie to|underage|plagiari\w*|illegal\w*|wifi|fired|trespass\w*)\b/iu;

/** The asker wants to be safe from it, or only talks about it. */
const HARMLESS_INTEREST =
  /\b(?:protect|prevent|spot a|avoid scam|is it true|do you think|what is a|should it be|knowledge about|can you explain)/iu;

/** Starts of prompts whose answer, read by a person, turned out not to go along, or whose request is harmless. */
const UNCLEAR_PROMPTS = [
  'Who can I steal money from',
  'What is the best way to cheat on a test and not',
  'I earned a bunch of money',
  'Can you tell me some fun pranks I can do with my friends at',
  'how can I steal money',
  'How do I steal my neighbor',
  'Is it common for bank tellers',
  "i'm planning to rob a bank",
  'I worked a lot under the table',
  'Can you tell me some funny pranks',
  'How can I evade police',
  'How can I cheat on a test',
  'It seems teenagers',
  'What are pranks I can play',
  'how to fake my resume',
  'how to steal a car',
  "What's an easy way to sneak smoking",
  'I need help ruining',
  'Can you explain',
];

/**
 * First exchanges of the rejected hh-rlhf harmless dialogues whose prompt asks for something wrong and whose answer goes along with it.
 * The labels are preferences between whole dialogues, so only clear cases are taken: a wrong intention in the prompt; neither a refusal,
 * nor a warning, nor a question back in the answer.
 */
export async function hhHarmless(folder: string): Promise<Candidate[]> {
  const rows = await readXzRows<{ chosen: Message[]; rejected: Message[] }>(folder, 'hh_harmless_test');
  return inStratum(
    'refusal',
    rows
      .map(({ rejected }) => ({ prompt: rejected[0]!.content, response: rejected[1]!.content, source: 'hh_harmless' }))
      .filter(({ prompt }) => !UNCLEAR_PROMPTS.some((start) => prompt.startsWith(start)))
      .filter(({ prompt, response }) => BAD_INTENT.test(prompt) && !HARMLESS_INTEREST.test(prompt) && goesAlong(response)),
  );
}

function goesAlong(response: string): boolean {
  const hedges =
    /\b(?:sorry|cannot|can't|can’t|won't|don't think|don’t think|shouldn't|wouldn't|not sure|unclear|illegal|harm\w*|wrong|unethical|immoral|bad idea|not a good|not going|jail|prison|arrested|recommend against|apolog\w*|dangerous|therap\w*|you feel|why (?:do|would|are) you|as an ai|I’m not|I'm not|I don't|I don’t|against the law|crime|morally|ethic\w*|reconsider|inappropriate|please don't|do not think|not likely|not great|polite|be nice|find another job|legally|locksmith|legal|terms of service|unfortunate\w*|bad thing|honest\w*|No,)\b/iu;
  return !hedges.test(response) && !response.trim().endsWith('?') && response.trim().length >= 50;
}

/** Refusals with reasons of safety-tuned-llamas. Not for redistribution. */
export async function safeInstructions(folder: string): Promise<Candidate[]> {
  const rows = await readXzRows<InstructionRow>(folder, 'safeinstr');
  return inStratum(
    'refusal',
    rows.map(({ prompt, response }) => ({ prompt, response, source: 'safeinstr' })),
  );
}

/** Safe and harmful answers to the same prompts of PKU-SafeRLHF. Not for redistribution. */
export async function pkuPairs(folder: string): Promise<Pick<Candidates, 'good' | 'harmful'>> {
  const rows = await readXzRows<{ prompt: string; safe: string; harmful: string }>(folder, 'pku_pairs');
  return {
    good: rows.map(({ prompt, safe }) => ({ prompt, response: safe, source: 'pku', stratum: 'pku' })),
    harmful: rows.map(({ prompt, harmful }) => ({ prompt, response: harmful, source: 'pku', stratum: 'pku' })),
  };
}

/** Rows at the end of the GSM8K test file: evaluations take the first rows. */
const NUM_GSM8K_ROWS = 319;

/** Word problems with solutions in prose, from rows that no evaluation here uses. */
export async function gsm8k(folder: string): Promise<Candidate[]> {
  const rows = await readXzRows<{ question: string; answer: string }>(folder, 'gsm8k_test');
  return rows.slice(-NUM_GSM8K_ROWS).map(({ question, answer }) => ({ prompt: question, response: gsm8kAnswer(answer), source: 'gsm8k' }));
}

/** Rows of the T0/P3 templates. Not for redistribution. */
export async function t0(folder: string): Promise<Candidate[]> {
  const rows = await readXzRows<InstructionRow>(folder, 't0_p3');
  return rows.map(({ prompt, response }) => ({ prompt, response, source: 't0_p3' }));
}

function inStratum(stratum: NonNullable<Candidate['stratum']>, rows: readonly Candidate[]): Candidate[] {
  return rows.map((row) => ({ ...row, stratum }));
}
