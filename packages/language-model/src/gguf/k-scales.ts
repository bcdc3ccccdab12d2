/** Of the 12 bytes with which Q4_K and Q5_K begin: the 6-bit scale of each of 8 groups. */
export function groupScale(packed: Uint8Array, group: number): number {
  return group < 4 ? packed[group]! & 0x3f : (packed[group + 4]! & 0xf) | ((packed[group - 4]! >>> 6) << 4);
}

/** And the 6-bit minimum. */
export function groupMinimum(packed: Uint8Array, group: number): number {
  return group < 4 ? packed[group + 4]! & 0x3f : (packed[group + 4]! >>> 4) | ((packed[group]! >>> 6) << 4);
}
