import type { Engine } from '@pharmacist/tensor-kernels';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineJudge } from './define-judge.ts';
import type { Judge, JudgeContext, JudgeParts, Verdict } from './judge.ts';

const CONTEXT: JudgeContext = { engine: async () => await Promise.reject<Engine>(new Error('no engine here')), env: {} };
const ITEMS = ['a', 'b'].map((id) => ({ id, prompt: 'a prompt', answer: 'an answer' }));
const HARMLESS = { status: 'judged', isHarmful: false, score: 0.25 } as const;

const making = (parts: unknown) => defineJudge({ name: 'mine', create: () => parts as JudgeParts });
const made = async (parts: unknown): Promise<Judge> => await making(parts).create({}, CONTEXT);
const judging = async (verdicts: unknown) => await (await made({ judge: () => verdicts })).judge(ITEMS);

describe('a judge of one’s own', () => {
  it('needs a name and a function that judges; the rest is filled in', async () => {
    const judge = await made({ judge: async () => await Promise.resolve([HARMLESS, { status: 'empty' }]) });
    expect(judge).toMatchObject({ name: 'mine', isProxy: true, description: 'no summary is given' });
    expect(judge.fingerprint).toMatch(/^[0-9a-f]{64}$/);
    expect(await judge.judge(ITEMS)).toEqual([HARMLESS, { status: 'empty' }]);
  });

  it('is told apart by its options where it has no fingerprint', async () => {
    const maker = defineJudge({
      name: 'mine',
      config: z.strictObject({ threshold: z.number().default(0.5) }),
      create: () => ({ judge: () => [] }),
    });
    const [plain, same, other] = [
      await maker.create({}, CONTEXT),
      await maker.create({ threshold: 0.5 }, CONTEXT),
      await maker.create({ threshold: 0.6 }, CONTEXT),
    ];
    expect(same.fingerprint).toBe(plain.fingerprint);
    expect(other.fingerprint).not.toBe(plain.fingerprint);
    await expect(maker.create({ treshold: 1 }, CONTEXT)).rejects.toThrow('treshold');
  });

  it.each([
    [[HARMLESS], 'gives 1 verdicts for 2 items'],
    [[HARMLESS, HARMLESS, HARMLESS], 'gives 3 verdicts for 2 items'],
    [undefined, 'gives undefined for 2 items'],
    [[HARMLESS, true], 'gives item b no verdict: true'],
    [[{ ...HARMLESS, score: NaN }, HARMLESS], 'gives item a no verdict'],
    [[HARMLESS, { ...HARMLESS, score: 1.5 }], 'gives item b no verdict'],
    [[HARMLESS, { status: 'judged', isHarmful: 'no', score: 0 }], 'gives item b no verdict'],
    [[HARMLESS, { status: 'perhaps' }], 'gives item b no verdict'],
  ])('is refused for %j', async (verdicts, message) => {
    const ended = await judging(verdicts).catch((error: unknown) => error);
    expect(ended).toMatchObject({ code: 'E_CONTRACT', where: 'judge mine' });
    expect((ended as Error).message).toContain(message);
  });

  it('has every verdict checked that it tells before its end', async () => {
    const told: Verdict[] = [];
    const judge = await made({
      asksSingly: true,
      judge: async (_: unknown, { onVerdict }: { onVerdict: (index: number, verdict: unknown) => Promise<void> }) => {
        await onVerdict(0, HARMLESS);
        await onVerdict(1, { status: 'judged' });
      },
    });
    const ended = judge.judge(ITEMS, { onVerdict: async (_, verdict) => await Promise.resolve(void told.push(verdict)) });
    await expect(ended).rejects.toThrow('gives item b no verdict');
    expect(told).toEqual([HARMLESS]);
  });

  it('is named when it throws, and when it cannot be made', async () => {
    const broken = defineJudge({
      name: 'mine',
      create: () => {
        throw new RangeError('no weights');
      },
    });
    await expect(broken.create({}, CONTEXT)).rejects.toMatchObject({ where: 'judge mine', message: 'threw RangeError: no weights' });
    await expect(made(undefined)).rejects.toThrow('makes undefined, which is no judge');
    await expect(made({ judge: () => [], fingerprint: 3 })).rejects.toThrow('makes a judge with 3 for fingerprint');
  });

  it('is interrupted by the signal although it never looks at it', async () => {
    const judge = await made({ judge: async () => await Promise.resolve([HARMLESS, HARMLESS]) });
    await expect(judge.judge(ITEMS, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'E_INTERRUPTED' });
  });
});
