import { afterEach, describe, expect, it, vi } from 'vitest';
import { attended, attendedAtOnce, STOP_SECONDS } from './attended.ts';
import { DataError } from './errors.ts';

afterEach(() => {
  vi.useRealTimers();
});

describe('attended', () => {
  it('gives what the work gives', async () => {
    expect(await attended('method mine', undefined, () => 3)).toBe(3);
    expect(await attended('method mine', new AbortController().signal, async () => await Promise.resolve(3))).toBe(3);
  });

  it('names whose fault an error is, and lets errors of ours pass', async () => {
    const foreign = attended('method mine', undefined, () => {
      throw new TypeError('x is not a function');
    });
    await expect(foreign).rejects.toMatchObject({
      code: 'E_CONTRACT',
      where: 'method mine',
      message: 'threw TypeError: x is not a function',
    });
    const ours = new DataError('is bad');
    await expect(attended('method mine', undefined, async () => await Promise.reject(ours))).rejects.toBe(ours);
    expect(() =>
      attendedAtOnce('task mine', () => {
        throw 'a text';
      }),
    ).toThrow('threw a value that is no error: a text');
  });

  it('is interrupted by the signal whatever the work then gives or throws', async () => {
    for (const end of ['gives', 'throws'] as const) {
      const controller = new AbortController();
      const work = attended('method mine', controller.signal, async () => {
        controller.abort();
        await Promise.resolve();
        if (end === 'throws') throw new Error('aborted');
        return 1;
      });
      await expect(work, end).rejects.toMatchObject({ code: 'E_INTERRUPTED' });
    }
    await expect(attended('method mine', AbortSignal.abort(), () => 1)).rejects.toMatchObject({ code: 'E_INTERRUPTED' });
  });

  it('gives work up that does not stop, which then writes no more', async () => {
    vi.useFakeTimers();
    const controller = new AbortController();
    let wanted: (() => void) | undefined;
    const work = attended('method mine', controller.signal, async ({ assertWanted }) => {
      wanted = assertWanted;
      await new Promise(() => undefined);
    });
    const ended = work.catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(1);
    controller.abort();
    await vi.advanceTimersByTimeAsync(STOP_SECONDS * 1000 - 1);
    expect(wanted).not.toThrow();
    await vi.advanceTimersByTimeAsync(1);
    expect(await ended).toMatchObject({ code: 'E_INTERRUPTED', where: 'method mine' });
    expect(wanted).toThrow('was given up');
  });

  it('gives one step of many up as late if the signal was aborted before it began', async () => {
    vi.useFakeTimers();
    const ended = attended('executor mine', AbortSignal.abort(), async () => await new Promise(() => undefined), {
      keepsResult: true,
    }).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(STOP_SECONDS * 1000);
    expect(await ended).toMatchObject({ code: 'E_INTERRUPTED', where: 'executor mine' });
    expect(await attended('executor mine', AbortSignal.abort(), () => 3, { keepsResult: true })).toBe(3);
    expect(vi.getTimerCount()).toBe(0);
  });
});
