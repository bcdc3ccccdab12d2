/** Encodings of fewer characters than this would be found in any text. */
const MIN_ENCODED = 8;
/** The last digit of a text that ends with the key, where it holds bits of the key. */
const BASE64_END = '(?:[a-z0-9+/_\\-]?={1,2})?';

/**
 * Replaces a key by `[key]` in a text that a server sent: as it is, with characters escaped (JSON, URL and HTML escapes, also mixed and
 * twice), as hexadecimal digits, and in base64, alone or at any place inside of it ("Bearer KEY"). Meant for decoded text just before it is
 * shown, and before it is cut: a cut could leave half of a key.
 */
export function keyMask(key: string | undefined): (text: string) => string {
  if (key === undefined || key === '') return (text) => text;
  const forms = [Array.from(key, characterForms).join(''), ...encodedForms(key)];
  const pattern = new RegExp(forms.join('|'), 'giu');
  return (text) => text.replace(pattern, '[key]');
}

function characterForms(character: string): string {
  const code = character.codePointAt(0)!;
  const hex = code.toString(16).padStart(2, '0');
  // Bounded, since a text may hold nothing but such characters.
  return `(?:\\\\{0,8}(?:${literal(character)}|u00${hex}|x${hex})|%(?:25){0,8}${hex}|&(?:amp;){0,8}#0{0,8}${code};|&(?:amp;){0,8}#x0{0,8}${hex};)`;
}

function encodedForms(key: string): string[] {
  const bytes = Buffer.from(key);
  const base64 = [0, 1, 2].map((before) => {
    const whole = Buffer.concat([Buffer.alloc(before), bytes]);
    const characters = whole.toString('base64url');
    // Characters that hold bits of what stands before or behind are not the key's.
    const end = whole.length % 3 === 0 ? characters.length : characters.length - 1;
    return characters.slice(Math.ceil((before * 8) / 6), end);
  });
  return [bytes.toString('hex'), ...base64]
    .filter((form) => form.length >= MIN_ENCODED)
    .map((form, i) => form.replace(/[-_]/gu, (character) => (character === '-' ? '[+\\-]' : '[/_]')) + (i === 0 ? '' : BASE64_END));
}

function literal(character: string): string {
  return character.replace(/[\^$\\.*+?()[\]{}|/]/u, '\\$&');
}
