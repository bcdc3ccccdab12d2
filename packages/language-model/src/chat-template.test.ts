import { readFileSync } from 'node:fs';
import { goldenPath } from '@pharmacist/test-fixtures';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ChatTemplate } from './chat-template.ts';
import { TEMPLATE_DATE, TEMPLATE_DATE_TEXT } from './template-date.ts';
import * as time from './within-time.ts';

const messages = [{ role: 'user', content: 'Hello' }];
const render = (template: string) => new ChatTemplate(template).render({ messages }, 5);

const cases = JSON.parse(readFileSync(goldenPath('chat-templates', 'cases.json'), 'utf8')) as { template: string; rendered: string }[];

it.each(cases)('$template gives what Jinja gives on that day', ({ template, rendered }) => {
  expect(render(template)).toBe(rendered);
});

describe('the date', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it('is one whatever the day is', () => {
    for (const day of ['2020-02-29', '2031-12-31T23:59:59']) {
      vi.useFakeTimers({ now: new Date(day) });
      expect(render("{{ strftime_now('%Y-%m-%d') }}")).toBe(TEMPLATE_DATE);
      expect(render("{{ strftime_now('%d %b %Y') }}")).toBe(TEMPLATE_DATE_TEXT);
    }
  });
});

describe('what Jinja refuses or the library cannot do is refused', () => {
  it.each([
    ["{{ strftime_now('%_d') }}", 'strftime_now does not support %_d'],
    ["{{ '%s' | format }}", 'not enough arguments'],
    ["{{ '%s' | format(1, 2) }}", 'not all arguments converted'],
    ["{{ '%(a)s' | format(1) }}", 'format requires a mapping'],
    ["{{ '%(a)s' | format(b=1) }}", 'no value for a'],
    ["{{ '%d' | format('1') }}", '%d cannot format string'],
    ["{{ '%e' | format(1) }}", 'does not support %e'],
    ["{{ '%#x' | format(1) }}", 'does not support #'],
    ["{{ '%s' | format([1]) }}", 'texts and plain numbers only'],
    ["{{ '%s' | format(none) }}", 'texts and plain numbers only'],
    ["{{ '50%' | format(1) }}", 'does not support %'],
    ['{{ 1 | format(1) }}', 'format is a filter of text'],
    ['{{ range(100001) | length }}', 'range() of 100001 numbers is longer than 100000'],
    ['{{ range(1, 2, 0) | length }}', 'step must not be zero'],
    ["{{ raise_exception('no system turn') }}", 'no system turn'],
  ])('%s', (template, message) => {
    expect(() => render(template)).toThrow(expect.objectContaining({ code: 'E_CONFIG', message: expect.stringContaining(message) }));
  });

  it('a template that is none', () => {
    expect(() => new ChatTemplate('{% if %}')).toThrow('cannot be parsed');
  });
});

describe('time', () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  it.each([
    '{% for i in range(99999) %}{% for j in range(99999) %}{% for k in range(99999) %}{% endfor %}{% endfor %}{% endfor %}',
    '{% macro m(n) %}{% for i in range(99) %}{{ m(n) if n < 3 else m(n - 1) }}{% endfor %}{% endmacro %}{% for i in range(99999) %}{% for j in range(99999) %}{{ [i, j] | tojson }}{% endfor %}{% endfor %}',
  ])('a template that runs on is stopped: %s', (template) => {
    vi.spyOn(time, 'timeFor').mockReturnValue(200);
    expect(() => render(template)).toThrow('takes longer than 0.2 s for one prompt');
  });
});
