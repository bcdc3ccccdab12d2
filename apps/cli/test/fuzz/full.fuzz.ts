import { expect, it } from 'vitest';
import { runFuzz } from './run-fuzz.ts';

const { FUZZ_SEED = String(Math.floor(Date.now() / 1000)), FUZZ_FILES = '20000', FUZZ_ONLY } = process.env;

it(`reads or refuses ${FUZZ_FILES} damaged files`, async () => {
  process.stderr.write(`fuzz: FUZZ_SEED=${FUZZ_SEED}\n`);
  const result = await runFuzz(FUZZ_SEED, Number(FUZZ_FILES), {
    ...(FUZZ_ONLY === undefined ? {} : { only: new RegExp(FUZZ_ONLY) }),
    onFault: (what) => process.stderr.write(`fuzz: ${what}\n`),
  });
  const { numRead, numRefused, peakRssBytes, slowest, faults } = result;
  process.stderr.write(
    `fuzz: ${numRead} read, ${numRefused} refused, ${faults.length} faults; ` +
      `peak ${Math.round(peakRssBytes / 2 ** 20)} MiB, slowest ${slowest.file} ${Math.round(slowest.ms)} ms\n`,
  );
  expect(faults).toEqual([]);
});
