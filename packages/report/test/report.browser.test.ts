import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { AxeResults } from 'axe-core';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { visibleText } from '../src/html.ts';
import { renderReport } from '../src/render-report.ts';
import type { ReportData } from '../src/report-data.ts';
import { findChromium } from './support/chromium.ts';
import { syntheticBenchmark } from './support/synthetic-rankings.ts';
import { HOSTILE, syntheticReport } from './support/synthetic-report.ts';

const DESKTOP = { viewport: { width: 1280, height: 900 } };
const PHONE = { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true };
const SETTINGS: [string, BrowserContextOptions][] = [
  ['desktop-light', { ...DESKTOP, colorScheme: 'light' }],
  ['desktop-dark', { ...DESKTOP, colorScheme: 'dark' }],
  ['phone-light', { ...PHONE, colorScheme: 'light' }],
  ['phone-dark', { ...PHONE, colorScheme: 'dark' }],
];
/** Of a whole grid, and of a run that only ranks. */
const PAGES = ['report', 'benchmark'] as const;
type PageName = (typeof PAGES)[number];

let folder: string;
let browser: Browser;
let data: ReportData;
let axeSource: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pharmacist-report-'));
  data = syntheticReport();
  await writeFile(join(folder, 'report.html'), await renderReport(data));
  await writeFile(join(folder, 'benchmark.html'), await renderReport(syntheticBenchmark(data)));
  axeSource = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
  // A container has no user namespaces to build the sandbox from; the page is our own.
  browser = await chromium.launch({ executablePath: findChromium(), args: ['--no-sandbox'] });
});

afterAll(async () => {
  await browser?.close();
  await rm(folder, { recursive: true, force: true });
});

/** The page in a fresh context, with everything it printed, refused or asked for. */
async function open(
  options: BrowserContextOptions,
  name: PageName = 'report',
): Promise<{ page: Page; url: string; messages: string[]; requests: string[] }> {
  const url = pathToFileURL(join(folder, `${name}.html`)).href;
  const page = await (await browser.newContext(options)).newPage();
  const messages: string[] = [];
  const requests: string[] = [];
  page.on('console', (message) => messages.push(`${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => messages.push(`error: ${error.message}`));
  page.on('request', (request) => requests.push(request.url()));
  await page.goto(url, { waitUntil: 'load' });
  return { page, url, messages, requests };
}

async function openAllDetails(page: Page): Promise<void> {
  await page.evaluate(() => {
    for (const details of document.querySelectorAll('details')) details.open = true;
  });
}

const SHOWN = PAGES.flatMap((shown) => SETTINGS.map(([setting, options]) => [shown, setting, options] as const));

describe.each(SHOWN)('the %s, %s', (shown, name, options) => {
  it('says nothing on the console, breaks no policy and asks for nothing but itself', async () => {
    const { page, url, messages, requests } = await open(options, shown);
    await openAllDetails(page);
    await page.waitForTimeout(200);
    expect(messages).toEqual([]);
    expect(requests.filter((request) => !request.startsWith('data:'))).toEqual([url]);
    // Opt-in, for looking at: SCREENSHOTS=folder.
    const { SCREENSHOTS: target } = process.env;
    if (target !== undefined) {
      await mkdir(target, { recursive: true });
      await page.reload();
      await page.screenshot({ path: join(target, `${shown}-${name}.png`), fullPage: true });
    }
    await page.context().close();
  });

  it('has no violation of the accessibility rules, contrast included', async () => {
    const { page } = await open(options, shown);
    await openAllDetails(page);
    await page.evaluate(axeSource);
    const { violations, passes } = await page.evaluate<AxeResults>('axe.run()');
    expect(
      violations.map(
        ({ id, nodes }) =>
          `${id}: ${nodes
            .slice(0, 3)
            .map(({ html }) => html)
            .join(' ')}`,
      ),
    ).toEqual([]);
    expect(passes.map(({ id }) => id)).toEqual(expect.arrayContaining(['color-contrast', 'scrollable-region-focusable', 'svg-img-alt']));
    await page.context().close();
  });

  it('never scrolls sideways, opened or closed; wide tables scroll in their own region', async () => {
    const { page } = await open(options, shown);
    for (const opened of [false, true]) {
      if (opened) await openAllDetails(page);
      const { content, width } = await page.evaluate(() => ({ content: document.documentElement.scrollWidth, width: window.innerWidth }));
      expect(content).toBeLessThanOrEqual(width);
    }
    const overflowing = await page.evaluate(
      () => [...document.querySelectorAll('.scroll')].filter((region) => region.scrollWidth > region.clientWidth).length,
    );
    if (name.startsWith('phone')) expect(overflowing).toBeGreaterThan(4);
    await page.context().close();
  });
});

describe('the report', () => {
  it('shows markup and script of the data as text and runs none of it', async () => {
    const { page } = await open(DESKTOP);
    await openAllDetails(page);
    const texts = await page.locator('#rows .text').evaluateAll((nodes) => nodes.map((node) => node.textContent));
    for (const hostile of Object.values(HOSTILE)) expect(texts).toContain(visibleText(hostile));
    expect(await page.locator('pre code').textContent()).toBe(data.configuration);
    expect(await page.locator('script, img, iframe').count()).toBe(0);
    expect(await page.title()).toBe(data.title);
    expect(await page.locator('body').isVisible()).toBe(true);
    await page.context().close();
  });

  it('reaches every summary, link and scroll region by Tab, each with a visible focus', async () => {
    const { page } = await open(DESKTOP);
    await openAllDetails(page);
    const wanted = await page.evaluate(() => {
      const nodes = [...document.querySelectorAll<HTMLElement>('a[href], summary, .scroll')];
      nodes.forEach((node, i) => node.setAttribute('data-stop', String(i)));
      return nodes.length;
    });
    const reached = new Set<string>();
    const unmarked: string[] = [];
    for (let i = 0; i < wanted + 5; i++) {
      await page.keyboard.press('Tab');
      const stop = await page.evaluate(() => {
        const node = document.activeElement!;
        const { outlineStyle, outlineWidth } = getComputedStyle(node);
        return {
          id: node.getAttribute('data-stop'),
          html: node.outerHTML.slice(0, 80),
          isMarked: outlineStyle !== 'none' && outlineWidth !== '0px',
        };
      });
      if (stop.id === null) continue;
      reached.add(stop.id);
      if (!stop.isMarked) unmarked.push(stop.html);
    }
    expect(reached.size).toBe(wanted);
    expect(unmarked).toEqual([]);
    await page.context().close();
  });

  it('skips to the results and opens the rows by keyboard', async () => {
    const { page } = await open(DESKTOP);
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.activeElement!.textContent)).toBe('Skip to the results');
    await page.keyboard.press('Enter');
    expect(await page.evaluate(() => document.activeElement!.id)).toBe('main');
    const warning = page.locator('details.warning');
    expect(await page.locator('#rows .rows').first().isVisible()).toBe(false);
    await warning.locator('> summary').focus();
    await page.keyboard.press('Enter');
    await warning.locator('details > summary').first().focus();
    await page.keyboard.press('Space');
    expect(await page.locator('#rows .rows').first().isVisible()).toBe(true);
    await page.context().close();
  });

  it('draws in other colours in the dark', async () => {
    const colors: string[] = [];
    for (const colorScheme of ['light', 'dark'] as const) {
      const { page } = await open({ ...DESKTOP, colorScheme });
      colors.push(
        await page.evaluate(() => {
          const mark = document.querySelector('#trade-off .panel svg [fill^="var(--series-0)"]')!;
          return `${getComputedStyle(mark).fill} on ${getComputedStyle(document.body).backgroundColor}`;
        }),
      );
      await page.context().close();
    }
    expect(colors).toEqual(['rgb(0, 114, 178) on rgb(255, 255, 255)', 'rgb(92, 184, 240) on rgb(20, 24, 29)']);
  });

  it('prints on light paper with nothing cut off at the side', async () => {
    const { page } = await open({ ...DESKTOP, colorScheme: 'dark' });
    await page.emulateMedia({ media: 'print' });
    expect(await page.evaluate(() => getComputedStyle(document.body).backgroundColor)).toBe('rgb(255, 255, 255)');
    const pdf = await page.pdf({ format: 'A4' });
    expect(pdf.subarray(0, 5).toString()).toBe('%PDF-');
    await page.context().close();
  });
});
