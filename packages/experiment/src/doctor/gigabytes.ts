/** Memory in words: `16.1 GB`, of 1e9 bytes each. */
export function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}
