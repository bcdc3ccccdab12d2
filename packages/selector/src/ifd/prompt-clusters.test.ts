import { Random } from '@pharmacist/core';
import { expect, it } from 'vitest';
import { middleOfClusters } from './prompt-clusters.ts';

const CENTRES = [
  [0, 0],
  [50, 0],
  [0, 50],
];

/** 24 points, by turns around three centres; the losses of each cluster are 0 … 7 in its own order. */
const random = new Random('points');
const states = Array.from({ length: 24 }, (_, i) => Float32Array.from(CENTRES[i % 3]!, (value) => value + random.normal()));
const losses = Float64Array.from({ length: 24 }, (_, i) => Math.floor(i / 3));
const options = { clusters: 3, rowsPerCluster: 2, random: new Random('clusters') };

it('takes rows between the 25th and the 75th percentile of every cluster, evenly spread', async () => {
  // Of 0 … 7 the percentiles are 1.75 and 5.25: 2, 3, 4, 5 lie between; every second of them is 2 and 4.
  expect(await middleOfClusters(states, losses, options)).toEqual([6, 7, 8, 12, 13, 14]);
  expect(await middleOfClusters(states, losses, { ...options, rowsPerCluster: 4 })).toEqual([6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17]);
});

it('takes all of a cluster that is smaller than asked for, and of a middle that is', async () => {
  expect(await middleOfClusters(states, losses, { ...options, rowsPerCluster: 9 })).toHaveLength(24);
  expect(await middleOfClusters(states, losses, { ...options, rowsPerCluster: 6 })).toHaveLength(12);
});

it('makes no more clusters than there are different points', async () => {
  const equal = Array.from({ length: 5 }, () => Float32Array.of(1, 2));
  expect(await middleOfClusters(equal, Float64Array.of(1, 2, 3, 4, 5), { ...options, rowsPerCluster: 1 })).toEqual([1]);
  expect(await middleOfClusters(states.slice(0, 3), losses, { ...options, clusters: 100, rowsPerCluster: 1 })).toEqual([0, 1, 2]);
});
