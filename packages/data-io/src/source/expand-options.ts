import type { SplitChoice } from './choose-files.ts';
import type { HubOptions } from './hub-settings.ts';

/** What a name is expanded to files by. */
export type ExpandOptions = HubOptions & SplitChoice;
