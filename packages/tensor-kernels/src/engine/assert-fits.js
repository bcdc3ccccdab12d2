// @ts-check
// Plain JavaScript, as session-worker.js is.

/** @typedef {{ readonly type: string, readonly dims: readonly number[] }} TensorType */

/**
 * @param {TensorType} target @param {TensorType} source @param {number} axis @param {number} start
 * @throws if `source` does not lie within `target` at `start` along `axis`, every other axis equal.
 */
export function assertFits(target, source, axis, start) {
  const fits = (/** @type {number} */ dim, /** @type {number} */ i) =>
    i === axis ? start >= 0 && start + /** @type {number} */ (source.dims[i]) <= dim : dim === source.dims[i];
  if (source.type === target.type && source.dims.length === target.dims.length && target.dims.every(fits)) return;
  const [from, to] = [source, target].map(({ type, dims }) => `${type} [${dims.join(', ')}]`);
  throw new Error(`an output ${from} does not fit at ${start} along axis ${axis} of a resident tensor ${to}`);
}
