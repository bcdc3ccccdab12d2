import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';

const WATCH = new URL('./crash-watch.js', import.meta.url).href;

/** What a process that ran `body` left on standard error, its shell's words included. */
async function endOf(body: string): Promise<{ text: string; signal: NodeJS.Signals | null }> {
  const code = `
    const { CrashWatch } = await import(${JSON.stringify(WATCH)});
    const watch = CrashWatch.start('the library', 'Do this.');
    ${body}`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'ignore', 'pipe'] });
  let text = '';
  child.stderr.setEncoding('utf8').on('data', (part: string) => (text += part));
  const [[, signal]] = (await Promise.all([once(child, 'exit'), once(child.stderr, 'close')])) as [
    [number, NodeJS.Signals | null],
    unknown,
  ];
  return { text, signal };
}

describe.skipIf(process.platform === 'win32')('CrashWatch', () => {
  it.each(['SIGSEGV', 'SIGABRT', 'SIGKILL'] as const)('says what was at work when %s ended the process', async (signal) => {
    const end = await endOf(
      `watch.begins('a long call with much to say'); watch.begins('run of step'); process.kill(process.pid, '${signal}'); setInterval(() => {}, 1000);`,
    );
    expect(end.signal).toBe(signal);
    expect(end.text).toContain(
      'error the library ended the process during "run of step", or the system did for want of memory. Do this.\n',
    );
    expect(end.text).not.toContain('long call');
  });

  it.each([
    ['between two calls', `watch.begins('x'); watch.idle(); process.kill(process.pid, 'SIGKILL'); setInterval(() => {}, 1000);`],
    ['by its own will in a call', `watch.begins('x'); process.exit(130);`],
    ['in order', `watch.begins('x'); watch.close(); watch.begins('y');`],
  ])('is silent about an end %s', async (_, body) => {
    const { text } = await endOf(body);
    expect(text).toBe('');
  });
});
