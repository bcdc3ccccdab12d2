/** Seconds and smaller units, by how many nanoseconds they last. */
export const NANOSECONDS = { second: 1_000_000_000n, millisecond: 1_000_000n, microsecond: 1_000n, nanosecond: 1n } as const;
export type TimeUnit = keyof typeof NANOSECONDS;

const SECONDS_PER_DAY = 86_400n;
const DAYS_PER_ERA = 146_097;

/** `2020-01-31` for a count of days since 1970, proleptic Gregorian; years beyond 0 to 9999 with sign and six digits, as ISO 8601 has them. */
export function dateText(days: number): string {
  // Years counted from March, so that the leap day is the last: eras of 400 years have the same number of days.
  const shifted = days + 719_468;
  const era = Math.floor(shifted / DAYS_PER_ERA);
  const dayOfEra = shifted - era * DAYS_PER_ERA;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const marchMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * marchMonth + 2) / 5) + 1;
  const month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  return `${yearText(year)}-${twoDigits(month)}-${twoDigits(day)}`;
}

/** `2020-01-31T01:02:03.000`, with `Z` if it is an instant and not a wall clock's reading; `count` units since 1970. */
export function timestampText(count: bigint, unit: TimeUnit, isInstant: boolean): string {
  const [seconds, nanoseconds] = floorDivide(count * NANOSECONDS[unit], NANOSECONDS.second);
  const [days, secondOfDay] = floorDivide(seconds, SECONDS_PER_DAY);
  return `${dateText(Number(days))}T${clockText(secondOfDay, nanoseconds)}${isInstant ? 'Z' : ''}`;
}

/** `01:02:03.000` for a count of units since midnight. */
export function timeText(count: bigint, unit: TimeUnit): string {
  const [seconds, nanoseconds] = floorDivide(count * NANOSECONDS[unit], NANOSECONDS.second);
  return clockText(seconds, nanoseconds);
}

/** An ISO 8601 duration, `P14M2DT0.5S`: months, days and seconds stay apart, because none of them is a fixed number of another. */
export function intervalText(months: number, days: number, nanoseconds: bigint): string {
  const magnitude = nanoseconds < 0n ? -nanoseconds : nanoseconds;
  const fraction = String(magnitude % NANOSECONDS.second)
    .padStart(9, '0')
    .replace(/0+$/, '');
  const seconds = `${nanoseconds < 0n ? '-' : ''}${magnitude / NANOSECONDS.second}${fraction === '' ? '' : `.${fraction}`}`;
  const date = `${months === 0 ? '' : `${months}M`}${days === 0 ? '' : `${days}D`}`;
  return nanoseconds === 0n && date !== '' ? `P${date}` : `P${date}T${seconds}S`;
}

/** Three digits of a second, six or nine if the value needs them: the text depends on the moment, not on the unit it is stored in. */
function clockText(secondOfDay: bigint, nanoseconds: bigint): string {
  const seconds = Number(secondOfDay);
  const fraction = String(nanoseconds)
    .padStart(9, '0')
    .replace(/(?:000){1,2}$/, '');
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return `${parts.map(twoDigits).join(':')}.${fraction}`;
}

function floorDivide(value: bigint, divisor: bigint): [quotient: bigint, remainder: bigint] {
  const remainder = ((value % divisor) + divisor) % divisor;
  return [(value - remainder) / divisor, remainder];
}

function yearText(year: number): string {
  if (year >= 0 && year <= 9999) return String(year).padStart(4, '0');
  return `${year < 0 ? '-' : '+'}${String(Math.abs(year)).padStart(6, '0')}`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}
