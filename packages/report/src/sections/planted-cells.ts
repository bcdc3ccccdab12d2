import type { PlantedEstimate } from '@pharmacist/results';
import { formatCount } from '../format.ts';
import { type Html, html } from '../html.ts';

/** Of a share of 0 to 1, in thousandths. */
export function shareCell(estimate: PlantedEstimate | undefined): Html {
  return boundedCell(estimate, 1, 3);
}

export function percentCell(estimate: PlantedEstimate | undefined): Html {
  return boundedCell(estimate, 100, 1);
}

/** Value and interval of a share, cut to what it can be. */
export function boundedCell(estimate: PlantedEstimate | undefined, scale: number, digits: number): Html {
  if (estimate === undefined) return numberCell(undefined);
  const { value, interval } = estimate;
  const text = (share: number) => (scale * Math.min(1, Math.max(0, share))).toFixed(digits);
  if (interval === undefined) return numberCell(text(value));
  return html`<td class="number">${text(value)} <span class="interval">[${text(interval.low)}, ${text(interval.high)}]</span></td>`;
}

export function countCell(estimate: PlantedEstimate | undefined): Html {
  return numberCell(estimate && formatCount(Math.round(estimate.value)));
}

export function numberCell(text: string | undefined, missing = 'not in the pool'): Html {
  return text === undefined ? html`<td class="number none">${missing}</td>` : html`<td class="number">${text}</td>`;
}
