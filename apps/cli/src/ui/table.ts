import stringWidth from 'string-width';
import { printable } from './printable.ts';

export interface TableColumn {
  title: string;
  /** Numbers end in line; text begins in line. */
  align?: 'left' | 'right';
}

/**
 * Columns as wide as their widest cell, two spaces between them, no rules: reads well in a terminal and in a log, and pastes into a mail.
 * (Table packages draw boxes; the one in widest use has been without a release for two years.)
 */
export function formatTable(columns: readonly TableColumn[], rows: readonly (readonly string[])[], { indent = 2 } = {}): string {
  const cells = [columns.map(({ title }) => title), ...rows.map((row) => row.map((cell) => printable(cell).replaceAll('\n', ' ')))];
  const widths = columns.map((_, j) => Math.max(...cells.map((row) => stringWidth(row[j] ?? ''))));
  return cells
    .map((row) => {
      const line = columns.map(({ align = 'left' }, j) => {
        const cell = row[j] ?? '';
        const space = ' '.repeat(widths[j]! - stringWidth(cell));
        return align === 'right' ? space + cell : cell + space;
      });
      return `${' '.repeat(indent)}${line.join('  ')}`.trimEnd();
    })
    .join('\n');
}
