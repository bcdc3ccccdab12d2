import type { DividedPass } from '../row-maps/divided-pass.ts';
import type { DividedTexts } from './divided-texts.ts';

/** Has parts of a fit made by other processes; false if they are to be made here. */
export interface Elsewhere {
  /** Batches of a pass through the model, values, counts and all. */
  rows(pass: DividedPass): Promise<boolean>;
  /** Texts. */
  texts(pass: DividedTexts): Promise<boolean>;
}
