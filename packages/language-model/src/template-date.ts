/** The day that chat templates are told it is: the one that Llama 3.2's template falls back on, at midnight. Runs can be repeated so. */
export const TEMPLATE_DATE = '2024-07-26';

/** The same day as Llama 3's templates write it. */
export const TEMPLATE_DATE_TEXT = '26 Jul 2024';

/** What Python's strftime makes of each directive on that day, without a time zone, in the C locale; `%-d` and the like leave padding out. */
const DIRECTIVES: Readonly<Record<string, string>> = {
  a: 'Fri',
  A: 'Friday',
  b: 'Jul',
  B: 'July',
  h: 'Jul',
  p: 'AM',
  P: 'am',
  d: '26',
  e: '26',
  j: '208',
  m: '07',
  y: '24',
  Y: '2024',
  C: '20',
  u: '5',
  w: '5',
  U: '29',
  V: '30',
  W: '30',
  g: '24',
  G: '2024',
  H: '00',
  I: '12',
  k: ' 0',
  l: '12',
  M: '00',
  S: '00',
  f: '000000',
  s: '1721952000',
  z: '',
  Z: '',
  n: '\n',
  t: '\t',
  '%': '%',
  D: '07/26/24',
  x: '07/26/24',
  F: '2024-07-26',
  R: '00:00',
  T: '00:00:00',
  X: '00:00:00',
  r: '12:00:00 AM',
  c: 'Fri Jul 26 00:00:00 2024',
};

/** `strftime_now` of chat templates. A directive that Python does not know stays as it is. @throws Error for a flag other than `-`. */
export function strftimeNow(format: string): string {
  return format.replace(/%([-_0^#]?)(.)/gsu, (whole, flag: string, directive: string) => {
    if (flag !== '' && flag !== '-') throw new Error(`strftime_now does not support ${whole}`);
    const text = Object.hasOwn(DIRECTIVES, directive) ? DIRECTIVES[directive]! : undefined;
    if (text === undefined || (flag === '-' && directive === 'f')) return whole;
    return flag === '-' && /^[dejmyYCuwUVWgGHIklMS]$/u.test(directive) ? text.replace(/^[0 ](?=.)/u, '') : text;
  });
}
