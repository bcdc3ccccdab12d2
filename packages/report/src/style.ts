import { PHASE_COLORS, SERIES_COLORS } from './charts/theme.ts';

export const PAGE_COLORS = {
  light: {
    bg: '#ffffff',
    surface: '#f4f6f8',
    ink: '#1b2026',
    muted: '#535c66',
    line: '#d3d9df',
    link: '#0b5cad',
    good: '#0a6640',
    warn: '#fff3d1',
  },
  dark: {
    bg: '#14181d',
    surface: '#1d232a',
    ink: '#e8ecf0',
    muted: '#a9b3be',
    line: '#39434e',
    link: '#82bfff',
    good: '#6fdca6',
    warn: '#3a2e10',
  },
} as const;

type Theme = keyof typeof PAGE_COLORS;

/** The page's style sheet: light, dark and print, from a phone of 360 px up. */
export function styleSheet(): string {
  return `:root{color-scheme:light dark;${variables('light')}}
@media (prefers-color-scheme:dark){:root{${variables('dark')}}}
${RULES}
@media print{:root{color-scheme:light;${variables('light')}}${PRINT_RULES}}`;
}

function variables(theme: Theme): string {
  return [
    ...Object.entries(PAGE_COLORS[theme]).map(([name, color]) => `--${name}:${color}`),
    ...SERIES_COLORS[theme].map((color, i) => `--series-${i}:${color}`),
    ...PHASE_COLORS[theme].map((color, i) => `--phase-${i}:${color}`),
  ].join(';');
}

const RULES = `*,*::before,*::after{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{margin:0;background:var(--bg);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;overflow-wrap:break-word}
.skip{position:absolute;left:-999em;top:0;background:var(--bg);padding:.5em 1em;z-index:3}
.skip:focus{left:0}
header,main,footer{max-width:1240px;margin:0 auto;padding:0 24px}
header{padding-top:32px}
h1{font-size:1.9rem;line-height:1.2;margin:0 0 .3em}
h2{font-size:1.4rem;line-height:1.25;margin:0 0 .5em}
h3{font-size:1.05rem;margin:1.6em 0 .5em}
p{margin:.5em 0}
a{color:var(--link)}
section{border-top:1px solid var(--line);margin-top:40px;padding-top:28px}
nav ul{list-style:none;display:flex;flex-wrap:wrap;gap:4px 20px;padding:0;margin:1em 0}
nav a{display:inline-block;padding:4px 0}
:focus-visible{outline:3px solid var(--link);outline-offset:2px}
.lead,.note,footer{color:var(--muted)}
.how{max-width:80ch;color:var(--muted);font-size:.93rem}
.how strong{color:var(--ink)}
.notice,.glance{background:var(--surface);border-left:4px solid var(--link);padding:12px 16px;border-radius:4px}
.glance{list-style:none;margin:0 0 1em}
.glance li+li{margin-top:.4em}
.notice{background:var(--warn)}
.unseen{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.scroll{overflow-x:auto;border:1px solid var(--line);border-radius:6px;position:relative}
table{border-collapse:collapse;width:100%;font-size:.9rem;line-height:1.35}
th,td{padding:8px 12px;text-align:left;vertical-align:top;border-bottom:1px solid var(--line)}
tbody:last-child tr:last-child>*{border-bottom:0}
thead th{background:var(--surface);vertical-align:bottom;font-weight:600;min-width:7em}
tbody th[scope=row]{font-weight:500;white-space:nowrap;position:sticky;left:0;background:var(--bg);z-index:1}
thead th:first-child{position:sticky;left:0;z-index:2;min-width:0}
.group th{background:var(--surface);font-weight:600}
.group .stay{position:sticky;left:12px}
.kind{font-weight:650}
.form{padding-left:1.2em}
.number{font-variant-numeric:tabular-nums;white-space:nowrap}
.interval,.none{color:var(--muted)}
.interval{font-size:.92em}
.best{font-weight:650}
.best .interval{font-weight:400}
.badge{display:inline-block;border:1.5px solid var(--good);color:var(--good);border-radius:4px;padding:0 5px;font-size:.8em;line-height:1.4}
sup{line-height:0}
.record th[scope=row]{width:16em;max-width:45vw;white-space:normal}
.key{display:inline-flex;align-items:center;gap:6px;white-space:nowrap}
.key svg{flex:none}
.legend{list-style:none;display:flex;flex-wrap:wrap;gap:4px 20px;padding:0;margin:.8em 0;font-size:.93rem}
.panels{display:grid;grid-template-columns:repeat(auto-fill,minmax(320px,1fr));gap:16px 12px;border:0;padding:4px}
.panel{margin:0;min-width:0}
.panel figcaption{font-size:.93rem;font-weight:600;margin-bottom:4px}
.chart{max-width:100%;height:auto;display:block;overflow:visible}
details{margin:12px 0}
summary{cursor:pointer;padding:8px 4px}
.warning{border:1px solid var(--line);border-radius:6px;padding:4px 16px}
.warning>summary{background:var(--warn);margin:-4px -16px;padding:12px 16px;border-radius:6px}
.warning[open]>summary{border-radius:6px 6px 0 0;margin-bottom:8px}
.warning details details{border-top:1px solid var(--line)}
.rows{list-style:none;padding:0;margin:0}
.rows li{border:1px solid var(--line);border-radius:6px;padding:10px 14px;margin:10px 0}
.facts,.label{font-size:.88rem;color:var(--muted);margin:0;overflow-wrap:anywhere}
.facts strong{color:var(--ink)}
.label{font-weight:600;margin-top:8px}
.text{white-space:pre-wrap;overflow-wrap:anywhere;margin:2px 0 0;max-width:90ch}
pre{background:var(--surface);padding:14px 16px;margin:0;font:13px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;tab-size:2}
footer{border-top:1px solid var(--line);margin-top:40px;padding-top:16px;padding-bottom:48px;font-size:.9rem}
@media (max-width:700px){header,main,footer{padding-left:16px;padding-right:16px}
h1{font-size:1.5rem}
th,td{padding:7px 9px}
.panels{display:flex;gap:16px;scroll-snap-type:x proximity}
.panel{flex:0 0 94%;max-width:348px;scroll-snap-align:start}
thead th{min-width:7.5em}
.group .stay{display:inline-block;max-width:calc(100vw - 60px)}
tbody th[scope=row] .key{white-space:normal}}`;

const PRINT_RULES = `body{font-size:10.5pt}
nav,.skip{display:none}
.scroll{overflow:visible;border:0}
table{font-size:8pt}
th,td{padding:3px 5px}
thead th{min-width:0}
pre{white-space:pre-wrap;font-size:8pt}
tr,.panel,.rows li{break-inside:avoid}
h2,h3{break-after:avoid}
.panels{display:grid;grid-template-columns:repeat(3,1fr)}`;
