import { defineRegistry } from '@pharmacist/core';
import { local } from './local/local.ts';
import { ray } from './ray/ray.ts';
import { slurm } from './slurm/slurm.ts';

/** Every executor. A new one is a file and a word here. */
export const EXECUTORS = defineRegistry('executor', [local, ray, slurm]);
