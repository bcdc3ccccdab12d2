import { type Figure, formatTarget, formatValue } from './figure.ts';

/** Text columns, aligned; numbers (every column but the first and the last) to the right. */
export function formatTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = header.map((cell, i) => Math.max(cell.length, ...rows.map((row) => row[i]!.length)));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, i) => (i === 0 || i === cells.length - 1 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
      .join('  ')
      .trimEnd();
  return [line(header), widths.map((width) => '-'.repeat(width)).join('  '), ...rows.map(line)].join('\n');
}

/** The figures of one suite: median, minimum, quartiles, target. */
export function formatFigures(figures: readonly Figure[]): string {
  return formatTable(
    ['figure', 'median', 'min', 'quartiles', 'n', 'target'],
    figures.map((figure) => {
      const { summary, unit } = figure;
      const isSpread = summary.count > 1;
      return [
        figure.name,
        formatValue(summary.median, unit),
        isSpread ? formatValue(summary.min, unit) : '',
        isSpread ? `${formatValue(summary.lowerQuartile, unit)} - ${formatValue(summary.upperQuartile, unit)}` : '',
        String(summary.count),
        formatTarget(figure),
      ];
    }),
  );
}
