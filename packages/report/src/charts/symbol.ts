import type { Html } from '../html.ts';
import type { Series } from '../summary.ts';
import type { ChartRenderer } from './renderer.ts';
import { phaseColor, seriesStyle } from './theme.ts';

interface SymbolMark {
  readonly color: string;
  readonly shape: string;
  readonly size: number;
  readonly filled: boolean;
}

/** The mark of a method as the charts draw it, for legends and tables. */
export async function seriesSymbol(render: ChartRenderer, { index, label }: Series): Promise<Html> {
  return symbol(render, { ...seriesStyle(index), size: 80, filled: true }, `mark of ${label}`);
}

/** The mark of a phase in the time bars. */
export async function phaseSymbol(render: ChartRenderer, index: number, label: string): Promise<Html> {
  return symbol(render, { color: phaseColor(index), shape: 'square', size: 140, filled: true }, `colour of ${label}`);
}

/** Hollow for before, filled for after. */
export async function timeSymbol(render: ChartRenderer, isAfter: boolean): Promise<Html> {
  const label = isAfter ? 'filled mark' : 'hollow mark';
  return symbol(render, { color: 'var(--ink)', shape: 'circle', size: 70, filled: isAfter }, label);
}

function symbol(render: ChartRenderer, mark: SymbolMark, name: string): Promise<Html> {
  return render(
    {
      data: { values: [{}] },
      width: 14,
      height: 14,
      padding: 1,
      view: { stroke: null },
      mark: { type: 'point', ...mark, opacity: 1, strokeWidth: mark.filled ? 0 : 2 },
      encoding: { x: { value: 7 }, y: { value: 7 } },
    },
    name,
  );
}
