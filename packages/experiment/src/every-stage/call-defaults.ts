/** What a command or a call takes where nothing is said: the choices that the stages leave to their callers. */
export const CALL_DEFAULTS = { model: 'tiny', seed: 0, method: 'pharmacist', keep: 0.43, defense: 'sft' } as const;
