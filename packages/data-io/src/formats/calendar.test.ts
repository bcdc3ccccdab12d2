import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { dateText, intervalText, timestampText, timeText } from './calendar.ts';

it('writes instants as JavaScript does', () => {
  fc.assert(
    fc.property(fc.date({ noInvalidDate: true }), (date) => {
      expect(timestampText(BigInt(date.getTime()), 'millisecond', true)).toBe(date.toISOString());
      const day = Math.floor(date.getTime() / 86_400_000);
      if (Math.abs(day) < 1e8) expect(`${dateText(day)}T00:00:00.000Z`).toBe(new Date(day * 86_400_000).toISOString());
    }),
  );
});

it('goes beyond what a JavaScript date holds', () => {
  expect(timestampText(2n ** 63n - 1n, 'microsecond', false)).toBe('+294247-01-10T04:00:54.775807');
  expect(timestampText(-(2n ** 63n), 'microsecond', true)).toBe('-290308-12-21T19:59:05.224192Z');
  expect(timestampText(2n ** 63n - 1n, 'second', false)).toBe('+292277026596-12-04T15:30:07.000');
  expect(dateText(2 ** 31 - 1)).toBe('+5881580-07-11');
});

it('has as many digits of a second as the value needs, whatever its unit', () => {
  expect(timestampText(1n, 'second', false)).toBe('1970-01-01T00:00:01.000');
  expect(timestampText(1_000_000_000n, 'nanosecond', false)).toBe('1970-01-01T00:00:01.000');
  expect(timestampText(-1n, 'microsecond', false)).toBe('1969-12-31T23:59:59.999999');
  expect(timeText(100_000n, 'nanosecond')).toBe('00:00:00.000100');
  expect(timeText(86_399_999_999_999n, 'nanosecond')).toBe('23:59:59.999999999');
});

it('keeps months, days and seconds of an interval apart', () => {
  expect(intervalText(0, 0, 0n)).toBe('PT0S');
  expect(intervalText(14, 0, 0n)).toBe('P14M');
  expect(intervalText(-1, 45, -90_500_000_000n)).toBe('P-1M45DT-90.5S');
  expect(intervalText(0, 0, 1n)).toBe('PT0.000000001S');
});
