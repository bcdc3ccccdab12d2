import { existsSync } from 'node:fs';

const USUAL_PLACES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];

/** Path of the machine's Chromium: CHROMIUM_PATH, else one of the usual places. Nothing is downloaded. */
export function findChromium(): string {
  const { CHROMIUM_PATH: given } = process.env;
  if (given !== undefined && !existsSync(given)) throw new Error(`CHROMIUM_PATH is ${given}, which does not exist`);
  const found = given ?? USUAL_PLACES.find((path) => existsSync(path));
  if (found === undefined)
    throw new Error(`no Chromium found. Fix: install one, or set CHROMIUM_PATH. Looked in ${USUAL_PLACES.join(', ')}`);
  return found;
}
