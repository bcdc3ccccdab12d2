import { describe, expect, it } from 'vitest';
import { escapeHtml, html, visibleText } from './html.ts';

describe('html', () => {
  it('escapes every value that is not markup, in content and in attributes', () => {
    const hostile = `</style><script>alert("1")</script> & 'x'`;
    const escaped = '&lt;/style&gt;&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#39;x&#39;';
    expect(html`<p title="${hostile}">${[hostile, html`<b>${hostile}</b>`]}</p>`.toString()).toBe(
      `<p title="${escaped}">${escaped}<b>${escaped}</b></p>`,
    );
  });

  it('joins lists and leaves out what is undefined', () => {
    expect(html`a${undefined}${[1, html`<i></i>`, [2, undefined]]}z`.toString()).toBe('a1<i></i>2z');
  });
});

describe('visibleText', () => {
  it.each([
    ['null, bell and escape', 'a\u0000b\u0007c\u001b', 'a[U+0000]b[U+0007]c[U+001B]'],
    ['C1 and DEL', '\u0085\u007f', '[U+0085][U+007F]'],
    ['overrides and isolates', '\u202Eabc\u202C\u2066\u2069\u200F', '[U+202E]abc[U+202C][U+2066][U+2069][U+200F]'],
    ['zero width space and byte order mark', '\u200B\uFEFF', '[U+200B][U+FEFF]'],
    ['lone surrogates', 'x\uD800y\uDC00', 'x\uFFFDy\uFFFD'],
    ['a carriage return alone', 'a\rb', 'a[U+000D]b'],
  ])('shows %s', (_, text, expected) => {
    expect(visibleText(text)).toBe(expected);
  });

  it('keeps line breaks, tabs, letters of any direction and joined emoji', () => {
    expect(visibleText('a\r\n\tb\nكعكة שלום 👩‍🚀 می‌خواهم')).toBe('a\n\tb\nكعكة שלום 👩‍🚀 می‌خواهم');
    expect(escapeHtml('5 < 6')).toBe('5 &lt; 6');
  });
});
