import type { LanguageModel, TokenizedRow } from '@pharmacist/language-model';
import { promptTemplate, tokenizeRow } from '@pharmacist/language-model';
import { readRows } from '@pharmacist/data-io';
import { plantedReport } from '@pharmacist/metrics';
import { fixturePath } from '@pharmacist/test-fixtures';
import { numKept, rankingOrder } from '../../src/core-subset.ts';
import type { PoolRow } from '../../src/selector.ts';

const MAX_LENGTH = 256;

/** The bundled demo: real rows, of which it is known what was planted. */
export interface DemoPool {
  readonly pool: PoolRow[];
  readonly harmful: TokenizedRow[];
  readonly trusted: TokenizedRow[];
  readonly maxLength: number;
  /** AUROC of good rows against each planted kind and against all, and mean rank by kind. */
  figures(scores: Float64Array): { auroc: Record<string, number>; meanRank: Record<string, number> };
}

export async function readDemoPool(model: LanguageModel, numRows = Infinity): Promise<DemoPool> {
  const template = promptTemplate('alpaca', model.tokenizer);
  const read = async (name: string) => (await readRows(fixturePath('data', 'demo', `${name}.jsonl`))).rows;
  const tokens = (row: { prompt: string; response: string }) => tokenizeRow(row, model.tokenizer, template, MAX_LENGTH);
  const rows = (await read('alignment')).slice(0, numRows);
  return {
    pool: rows.map((row) => ({ id: row.id, tokens: tokens(row) })),
    harmful: (await read('harmful')).map(tokens),
    trusted: (await read('validation')).map(tokens),
    maxLength: MAX_LENGTH,
    figures: (scores) => {
      const order = rankingOrder(
        scores,
        rows.map(({ id }) => id),
      );
      const kept = new Set(order.slice(0, numKept(rows.length, 0.4)));
      const planted = rows.map(({ fields }, index) => ({
        kind: String(fields['kind']),
        score: scores[index]!,
        selected: kept.has(index),
      }));
      const report = plantedReport(planted);
      const others = report.kinds.flatMap(({ kind, auroc }) => (auroc === null ? [] : [[kind, auroc] as const]));
      return {
        auroc: { ...Object.fromEntries(others), all: report.auroc! },
        meanRank: Object.fromEntries(report.kinds.map(({ kind, meanRank }) => [kind, meanRank])),
      };
    },
  };
}
