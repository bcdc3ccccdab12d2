/** Python's `text % values`, which is the `format` filter of Jinja, for texts, numbers and truth values. */

const SPECIFIER = /%(?:\((?<name>[^)]*)\))?(?<flags>[-+ 0#]*)(?<width>\d*)(?:\.(?<precision>\d+))?(?<type>[^])?/gu;

/** All that toFixed gives: enough to tell a half from what is next to it. */
const MOST_DIGITS = 100;

/**
 * @param values in their order, or a map by name. @throws Error where Python throws, and for what is not supported: lists, mappings and
 *   none as values, `*` and `#`, and conversions other than s, d, i, u, x, X, o, c, f and F.
 */
export function percentFormat(text: string, values: readonly unknown[] | ReadonlyMap<string, unknown>): string {
  let next = 0;
  const take = (name: string | undefined): unknown => {
    if (values instanceof Map) {
      if (name === undefined || !values.has(name)) throw new Error(`format is given no value for ${name ?? 'a place without a name'}`);
      return valueOf(values.get(name));
    }
    if (!Array.isArray(values) || name !== undefined) throw new Error('format requires a mapping');
    if (next >= values.length) throw new Error('not enough arguments for format string');
    return values[next++];
  };
  const result = text.replace(SPECIFIER, (whole, ...rest) => {
    const groups = rest.at(-1) as Record<string, string | undefined>;
    const { name, flags = '', width = '', precision, type } = groups;
    if (type === '%' && whole === '%%') return '%';
    const digits = precision === undefined ? undefined : Number(precision);
    const body = convert(take(name), type, digits, whole);
    return padded(body, { flags, width: Number(width), isNumber: type !== 's' && type !== 'c' });
  });
  if (Array.isArray(values) && next < values.length) throw new Error('not all arguments converted during string formatting');
  return result;
}

/** Values by name come as the template library holds them: an object with its value inside. */
function valueOf(value: unknown): unknown {
  return value !== null && typeof value === 'object' && 'value' in value ? value.value : value;
}

function convert(value: unknown, type: string | undefined, precision: number | undefined, whole: string): string {
  if (type === 's')
    return Array.from(plainText(value))
      .slice(0, precision ?? Infinity)
      .join('');
  if (type === 'c' && typeof value === 'string' && Array.from(value).length === 1) return value;
  const number = typeof value === 'boolean' ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isFinite(number)) throw new Error(`${whole} cannot format ${typeof value}`);
  if (type === 'f' || type === 'F') return fixed(number, precision ?? 6);
  if (type === 'c' && Number.isInteger(number)) return String.fromCodePoint(number);
  const isDecimal = type === 'd' || type === 'i' || type === 'u';
  const base = isDecimal ? 10 : type === 'x' || type === 'X' ? 16 : type === 'o' ? 8 : undefined;
  if (base === undefined || (!isDecimal && !Number.isInteger(number))) throw new Error(`format does not support ${whole}`);
  const digits = Math.abs(Math.trunc(number))
    .toString(base)
    .padStart(precision ?? 0, '0');
  return (number <= -1 ? '-' : '') + (type === 'X' ? digits.toUpperCase() : digits);
}

function plainText(value: unknown): string {
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  const text = typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
  if (text === undefined || (typeof value === 'number' && text.includes('e'))) throw new Error('format takes texts and plain numbers only');
  return text;
}

/** As toFixed, but halves go to the even digit, as in Python. */
function fixed(number: number, precision: number): string {
  const exact = Math.abs(number).toFixed(MOST_DIGITS);
  const end = exact.indexOf('.') + 1 + precision;
  const rounded = Math.abs(number).toFixed(precision);
  const cut = precision === 0 ? exact.slice(0, end - 1) : exact.slice(0, end);
  const isHalf = /^50*$/u.test(exact.slice(end));
  const isNegative = number < 0 || Object.is(number, -0);
  return (isNegative ? '-' : '') + (isHalf && Number(cut.at(-1)) % 2 === 0 ? cut : rounded);
}

function padded(body: string, { flags, width, isNumber }: { flags: string; width: number; isNumber: boolean }): string {
  if (flags.includes('#')) throw new Error('format does not support #');
  const isNegative = isNumber && body.startsWith('-');
  const sign = isNegative ? '-' : isNumber && flags.includes('+') ? '+' : isNumber && flags.includes(' ') ? ' ' : '';
  const digits = isNegative ? body.slice(1) : body;
  const missing = Math.max(0, width - Array.from(digits).length - sign.length);
  if (flags.includes('-')) return sign + digits + ' '.repeat(missing);
  return isNumber && flags.includes('0') ? sign + '0'.repeat(missing) + digits : ' '.repeat(missing) + sign + digits;
}
