import { describe, expect, it } from 'vitest';
import { knownRows } from '../fold.ts';
import { fitWordHead } from './word-head.ts';
import { wordPrior } from './word-prior.ts';

const tokens = { inputIds: Int32Array.of(1, 2, 3), numPromptTokens: 1, truncated: false, hasTargets: true };
const rowsOf = (responses: readonly string[]) => knownRows(responses.map((response) => ({ text: { prompt: 'Wish', response }, tokens })));
const trusted = rowsOf(Array.from({ length: 12 }, (_, i) => `I cannot help with wish ${i}. Please ask a friend.`));
const harmful = rowsOf(Array.from({ length: 12 }, (_, i) => `Sure, here is how wish ${i} comes true.`));

describe('the words of good answers', () => {
  it('are held out by half: what an answer of the half taught is not in it', async () => {
    const head = await fitWordHead({ trusted, harmful, copies: [] }, { prior: undefined, isHeldOutAsked: true });
    const [first] = trusted;
    const others = trusted.filter(({ fold }) => fold !== first!.fold);
    const otherHarmful = harmful.filter(({ fold }) => fold !== first!.fold);
    const without = await fitWordHead({ trusted: others, harmful: otherHarmful, copies: [] }, { prior: undefined, isHeldOutAsked: false });
    expect(head!.heldOutDecision(first!.text.response, first!.fold)).toBe(without!.decision(first!.text.response));
    expect(head!.decision(first!.text.response)).toBeGreaterThan(0);
  });

  it('of one row are held out by nobody, unless there are bundled words', async () => {
    const [only] = trusted;
    const rows = { trusted: [only!], harmful, copies: [] };
    const head = await fitWordHead(rows, { prior: undefined, isHeldOutAsked: true });
    expect(head!.heldOutDecision(only!.text.response, only!.fold)).toBeUndefined();
    const withPrior = await fitWordHead(rows, { prior: await wordPrior('public'), isHeldOutAsked: true });
    expect(Number.isFinite(withPrior!.heldOutDecision(only!.text.response, only!.fold))).toBe(true);
  });

  it('are none without rows to tell from each other and without bundled words', async () => {
    expect(await fitWordHead({ trusted: [], harmful, copies: [] }, { prior: undefined, isHeldOutAsked: true })).toBeUndefined();
  });
});
