import { readRows } from '@pharmacist/data-io';
import { describe, expect, it } from 'vitest';
import { BUNDLED_POOL, repeatRows } from './rows.ts';

describe('repeatRows', () => {
  it('gives every row its own id and keeps the words of its answer', async () => {
    const { rows } = await readRows(BUNDLED_POOL.alignment);
    const repeated = repeatRows(rows, 2 * rows.length + 1);
    expect(new Set(repeated.map(({ id }) => id)).size).toBe(2 * rows.length + 1);
    expect(repeated[0]).toMatchObject({ prompt: rows[0]!.prompt, response: rows[0]!.response });
    const again = repeated[rows.length]!;
    expect(again.response.split(' ').sort()).toEqual(rows[0]!.response.split(' ').sort());
    expect(again.response).not.toBe(rows[0]!.response);
  });
});
