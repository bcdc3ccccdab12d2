import { ConfigError } from '@pharmacist/core';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { parseOptions } from './parse-options.ts';

const schema = z.strictObject({ rows: z.int().default(3), rate: z.number().default(0.1) });
const naming = { where: 'method some', hint: 'run something' };
const moved = new Map([
  ['speed', 'is called rate now'],
  ['rows', 'is never said: the method takes it'],
]);

it('says of an option that has moved where it went, beside what is wrong with others', () => {
  const parse = () => parseOptions(schema, { speed: 1, rwos: 2, rate: 'much' }, { ...naming, moved });
  expect(parse).toThrow(ConfigError);
  expect(parse).toThrow(/rate: .*number.*; "speed" is called rate now; "rwos" is unknown. Did you mean "rows"\? Known: rows, rate$/);
});

it('takes an option of the schema whatever else it is said to be', () => {
  expect(parseOptions(schema, { rows: 2 }, { ...naming, moved })).toEqual({ rows: 2, rate: 0.1 });
});
