import { describe, expect, it } from 'vitest';
import { PlainReporter } from './plain-reporter.ts';

describe('PlainReporter', () => {
  it('writes a line every ten seconds of a long phase and one at its end', () => {
    const lines: string[] = [];
    let now = 0;
    const reporter = new PlainReporter(
      (line) => lines.push(line),
      () => now,
    );
    for (let done = 0; done <= 1200; done += 50) {
      now = (done / 50) * 1000;
      reporter.progress({ phase: 'Round 1', done, total: 1200, unit: 'rows', facts: { loss: 2.3456 } });
    }
    reporter.warn('no validation rows');
    reporter.close();
    expect(lines).toEqual([
      'Round 1: 42 %, 500/1,200 rows, 50.0/s, 14 s left, loss 2.35',
      'Round 1: 83 %, 1,000/1,200 rows, 50.0/s, 4.0 s left, loss 2.35',
      'Round 1: 1,200 rows in 24 s (50.0/s)',
      'warning: no validation rows',
    ]);
  });

  it('names one thing in the singular, and the unit of a speed in bytes', () => {
    const lines: string[] = [];
    let now = 0;
    const reporter = new PlainReporter(
      (line) => lines.push(line),
      () => now,
    );
    reporter.progress({ phase: 'Ranking', done: 1, total: 1, unit: 'rows' });
    reporter.progress({ phase: 'Merging', done: 0, total: 5, unit: 'MiB' });
    now = 500;
    reporter.progress({ phase: 'Merging', done: 5, total: 5, unit: 'MiB' });
    reporter.close();
    expect(lines).toEqual(['Ranking: 1 row in 0.0 s', 'Merging: 5 MiB in 0.5 s (10.0 MiB/s)']);
  });

  it('says how far a phase came that another interrupts', () => {
    const lines: string[] = [];
    let now = 0;
    const reporter = new PlainReporter(
      (line) => lines.push(line),
      () => now,
    );
    reporter.progress({ phase: 'Training', done: 0, total: 120, unit: 'steps' });
    now = 8000;
    reporter.progress({ phase: 'Training', done: 40, total: 120, unit: 'steps' });
    reporter.progress({ phase: 'Round 2', done: 10, total: 10, unit: 'rows' });
    reporter.progress({ phase: 'Training', done: 120, total: 120, unit: 'steps' });
    reporter.close();
    expect(lines).toEqual(['Training: 40 of 120 steps in 8.0 s (5.00/s)', 'Round 2: 10 rows in 0.0 s']);
  });

  it('shows escape sequences of a file instead of obeying them', () => {
    const lines: string[] = [];
    const reporter = new PlainReporter(
      (line) => lines.push(line),
      () => 0,
    );
    const title = '\u001b]0;owned\u0007';
    reporter.warn(`field "${title}"`);
    reporter.info(`field "${title}"`);
    reporter.progress({ phase: `Read ${title}`, done: 2, total: 2, unit: 'rows' });
    const shown = '\\u001b]0;owned\\u0007';
    expect(lines).toEqual([`warning: field "${shown}"`, `field "${shown}"`, `Read ${shown}: 2 rows in 0.0 s`]);
  });
});
