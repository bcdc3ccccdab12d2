"""Writes test-fixtures/golden/chat-templates/cases.json: what Jinja, set up as transformers does it, makes of templates that read the clock,
format values or iterate; the clock stands at midnight of 26 July 2024, the day that Pharmacist tells every template.
"""

from __future__ import annotations

import string
from datetime import datetime

import jinja2.ext
from common import GOLDEN, write_json, write_sidecar
from jinja2.sandbox import ImmutableSandboxedEnvironment

NOW = datetime(2024, 7, 26)
# %s counts seconds in the time zone of the machine, %c and the like are those of the C locale.
DIRECTIVES = "".join(sorted(set(string.ascii_letters) - set("s"))) + "%"

TEMPLATES = [
    *(f"{{{{ strftime_now('%{directive}') }}}}" for directive in DIRECTIVES),
    *(f"{{{{ strftime_now('%-{directive}') }}}}" for directive in "dmyHIMSjeklCpAf"),
    "{{ strftime_now('Today is %A, %d %B %Y, %H:%M:%S.') }}",
    "{{ strftime_now('100%') }}|{{ strftime_now('%%Y') }}|{{ strftime_now('') }}|{{ strftime_now('%Y%') }}|{{ strftime_now('日%d') }}",
    "{% set d = strftime_now('%d %b %Y') %}{{ d | upper }}",
    "{{ '%s is %d years' | format('Ada', 36) }}",
    "{{ '%5.2f|%-6s|%06d|%+d|% d|%x|%X|%o|%c|%%' | format(3.14159, 'ab', 42, 7, 7, 255, 255, 8, 'z') }}",
    "{{ '%(name)s: %(count)03d' | format(name='Ada', count=7) }}",
    "{{ '%s %s %s' | format(true, false, 1.5) }}",
    "{{ '%.3s|%5s|%-5s|%.0f|%.0f|%.1f|%.2f|%f' | format('abcdef', 'é', 'é', 0.5, 2.5, 0.25, 0.125, 1.1) }}",
    "{{ '%d|%i|%d|%5d|%-5d|%+.1f' | format(3.9, true, -3.9, -42, -42, -0.04) }}",
    "{{ ('%s' | format(messages[0].content)) | upper }}",
    "{% for i in range(3) %}{{ '%02d ' | format(i) }}{% endfor %}",
    "{% set x = {'a': '%s' | format('b')} %}{{ x.a }}{{ ['%s' | format('c')][0] }}{{ 'y' if ('%s' | format(1)) == '1' else 'n' }}",
    "{% macro m(x) %}{{ '<%s>' | format(x) }}{% endmacro %}{{ m('q') }}",
    "{{ 'nothing' | format }}|{{ '100%%' | format }}",
    "{{ '\\n a\\n'.lstrip('\\n') }}|{{ ' \\n a \\n'.rstrip('\\n ') }}|{{ 'xyaxy'.strip('xy') }}|{{ ' a '.strip() }}|{{ ' a '.strip(none) }}|{{ 'xx'.strip('x') }}|",
    "{{ '<think>\\nq\\n</think>\\n\\n a'.split('</think>')[0].rstrip('\\n').split('<think>')[-1].lstrip('\\n') }}",
    "{{ range(5) | list | length }}|{{ range(2, 8, 3) | join(',') }}|{{ range(5, 0, -2) | join(',') }}|{{ range(3, 1) | list | length }}",
]


def main() -> None:
    environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[jinja2.ext.loopcontrols])
    environment.globals["strftime_now"] = NOW.strftime
    messages = [{"role": "user", "content": "Hello"}]
    cases = [{"template": text, "rendered": environment.from_string(text).render(messages=messages)} for text in TEMPLATES]
    golden = GOLDEN / "chat-templates" / "cases.json"
    write_json(golden, cases)
    write_sidecar(golden, __file__, 0, ("jinja2",), [])
    print(f"{len(cases)} templates")


if __name__ == "__main__":
    main()
