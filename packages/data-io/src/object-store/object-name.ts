import { ConfigError } from '@pharmacist/core';

/** An object, or a prefix of several. */
export interface ObjectName {
  readonly bucket: string;
  /** Empty for the whole bucket. */
  readonly key: string;
}

export function isObjectName(name: string): boolean {
  return /^s3:\/\//i.test(name);
}

/** Reads `s3://bucket/key`. @throws {ConfigError} for another form. */
export function parseObjectName(name: string): ObjectName {
  const match = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*))?$/isu.exec(name);
  if (match === null || /[A-Z]/u.test(match[1]!)) {
    throw new ConfigError('is no name in an object store', {
      where: name,
      hint: 'write s3://<bucket>/<key>; buckets have small letters, digits, dots and hyphens, from 3 to 63 of them',
    });
  }
  return { bucket: match[1]!, key: match[2] ?? '' };
}

export function formatObjectName({ bucket, key }: ObjectName): string {
  return `s3://${bucket}/${key}`;
}
