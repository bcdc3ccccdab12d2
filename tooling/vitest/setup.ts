import { afterEach, beforeEach, expect, vi } from 'vitest';
import { toBeAllclose } from './matchers.ts';

expect.extend({ toBeAllclose });

/** Library code never prints: progress and results go through callbacks, and only the apps write to a stream. */
beforeEach(() => {
  for (const method of ['log', 'info', 'warn', 'error', 'debug'] as const) {
    vi.spyOn(console, method).mockImplementation((...args: unknown[]) => {
      throw new Error(`console.${method} called in a test: ${args.map(String).join(' ')}`);
    });
  }
});

afterEach(() => {
  vi.restoreAllMocks();
});
