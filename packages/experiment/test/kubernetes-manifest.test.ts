import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';

const count = z.int().min(0);
const name = z.string().regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/u);
const quantity = z.string().regex(/^\d+(\.\d+)?(m|[KMGT]i?)?$/u);
const resources = z.record(z.string(), quantity);

/** The fields of `batch/v1` Job, as far as the manifest uses them (kubernetes.io, API reference v1.33). Unknown ones are refused, as the server does. */
const jobSchema = z.strictObject({
  apiVersion: z.literal('batch/v1'),
  kind: z.literal('Job'),
  metadata: z.strictObject({ name }),
  spec: z.strictObject({
    completionMode: z.enum(['Indexed', 'NonIndexed']),
    completions: count,
    parallelism: count,
    backoffLimitPerIndex: count,
    maxFailedIndexes: count,
    podReplacementPolicy: z.enum(['TerminatingOrFailed', 'Failed']),
    podFailurePolicy: z.strictObject({
      rules: z
        .array(
          z.strictObject({
            action: z.enum(['FailJob', 'FailIndex', 'Ignore', 'Count']),
            onPodConditions: z
              .array(z.strictObject({ type: z.string(), status: z.enum(['True', 'False', 'Unknown']).optional() }))
              .optional(),
            onExitCodes: z
              .strictObject({ containerName: name, operator: z.enum(['In', 'NotIn']), values: z.array(z.int()).min(1).max(255) })
              .optional(),
          }),
        )
        .max(20),
    }),
    template: z.strictObject({
      spec: z.strictObject({
        restartPolicy: z.enum(['Never', 'OnFailure']),
        containers: z
          .array(
            z.strictObject({
              name,
              image: z.string(),
              workingDir: z.string().optional(),
              command: z.array(z.string()),
              resources: z.strictObject({ requests: resources, limits: resources }),
              volumeMounts: z.array(z.strictObject({ name, mountPath: z.string().startsWith('/') })),
            }),
          )
          .min(1),
        volumes: z.array(z.strictObject({ name, persistentVolumeClaim: z.strictObject({ claimName: name }) })),
      }),
    }),
  }),
});

it('the manifest for Kubernetes is a Job as the server takes it', async () => {
  const text = await readFile(new URL('../../../docs/kubernetes/indexed-job.yaml', import.meta.url), 'utf8');
  const { spec } = jobSchema.parse(parse(text));
  const { containers, volumes, restartPolicy } = spec.template.spec;
  // Rules by index and by exit status are for indexed jobs whose pods are not begun again in place.
  expect([spec.completionMode, restartPolicy]).toEqual(['Indexed', 'Never']);
  expect(spec.podFailurePolicy.rules.map(({ onExitCodes }) => onExitCodes?.containerName).filter((own) => own !== undefined)).toEqual([
    containers[0]!.name,
  ]);
  expect(containers[0]!.command.slice(0, 2)).toEqual(['pharmacist', 'step']);
  expect(containers[0]!.command).toContain('$(JOB_COMPLETION_INDEX)');
  expect(containers[0]!.volumeMounts.map((mount) => mount.name)).toEqual(volumes.map((volume) => volume.name));
});
