/** Folder with the bundled models/ and data/. */
export async function assetsDirectory(): Promise<string> {
  return (await import('@pharmacist/bundled')).bundledPath();
}
