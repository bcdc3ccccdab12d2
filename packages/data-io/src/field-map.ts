import { ConfigError, unknownName } from '@pharmacist/core';

/** Which field plays which role; roles left out are found by name. */
export interface FieldMap {
  /** A field, or several joined by `+` (`instruction+input`): their non-empty texts, a blank line between. */
  prompt?: string;
  response?: string;
  /** A list of `{ role, content }`. */
  messages?: string;
  id?: string;
}

const ROLES = ['prompt', 'response', 'messages', 'id'] as const;

/**
 * Reads `prompt=question,response=answer`.
 * @throws {ConfigError} naming the part that is wrong and the roles there are.
 */
export function parseFieldMap(text: string): FieldMap {
  const map: FieldMap = {};
  const hint = 'write --map prompt=<field>,response=<field>';
  for (const part of text.split(',').map((piece) => piece.trim())) {
    const at = part.indexOf('=');
    const role = part.slice(0, Math.max(at, 0)).trim();
    const field = part.slice(at + 1).trim();
    if (at < 0 || role === '' || field === '') throw new ConfigError(`"${part}" is not of the form role=field`, { where: '--map', hint });
    if (!isRole(role)) throw new ConfigError(unknownName(role, ROLES), { where: '--map', hint });
    if (map[role] !== undefined) throw new ConfigError(`"${role}" is given twice`, { where: '--map', hint });
    map[role] = field;
  }
  return map;
}

function isRole(name: string): name is (typeof ROLES)[number] {
  return (ROLES as readonly string[]).includes(name);
}
