import { describe, expect, it } from 'vitest';
import {
  ConfigError,
  DataError,
  EngineError,
  FileError,
  InternalError,
  InterruptedError,
  ModelError,
  NumericError,
  PharmacistError,
  ShapeError,
  throwIfAborted,
} from './errors.ts';

describe('PharmacistError', () => {
  it('describes itself from code, place, message and hint', () => {
    const error = new DataError('field "prompt" is missing', { where: 'pool.jsonl:3', hint: 'add it, or --map prompt=NAME' });
    expect(error.describe()).toBe('E_DATA pool.jsonl:3: field "prompt" is missing. Fix: add it, or --map prompt=NAME');
  });

  it.each([
    [new ConfigError('seed is negative'), 'E_CONFIG seed is negative'],
    [new ConfigError('is unknown.', { hint: 'see --help' }), 'E_CONFIG is unknown. Fix: see --help'],
    [
      new ConfigError('2 problems\n  a\n  b', { where: 'run.yaml', hint: 'see --help' }),
      'E_CONFIG run.yaml: 2 problems\n  a\n  b\nFix: see --help',
    ],
  ])('joins what is there and nothing else (%#)', (error, text) => {
    expect(error.describe()).toBe(text);
  });

  it('keeps the cause and the facts', () => {
    const cause = new Error('EIO');
    const error = new FileError('cannot be read', { cause, details: { offset: 12 } });
    expect(error.cause).toBe(cause);
    expect(error.details).toEqual({ offset: 12 });
    expect('cause' in new FileError('cannot be read')).toBe(false);
    expect(new FileError('cannot be read').details).toEqual({});
  });

  it.each([
    [ConfigError, 'E_CONFIG', true],
    [DataError, 'E_DATA', true],
    [ModelError, 'E_MODEL', true],
    [FileError, 'E_FILE', true],
    [EngineError, 'E_ENGINE', true],
    [NumericError, 'E_NUMERIC', true],
    [InterruptedError, 'E_INTERRUPTED', true],
    [ShapeError, 'E_SHAPE', false],
    [InternalError, 'E_INTERNAL', false],
  ])('%o has its code and says whose mistake it is', (Kind, code, isUserError) => {
    const error = new Kind('what');
    expect(error).toBeInstanceOf(PharmacistError);
    expect(error).toMatchObject({ code, isUserError, name: Kind.name, message: 'what', where: undefined });
  });
});

describe('throwIfAborted', () => {
  it('throws only once the signal is aborted', () => {
    const controller = new AbortController();
    throwIfAborted(undefined);
    throwIfAborted(controller.signal);
    controller.abort();
    expect(() => throwIfAborted(controller.signal)).toThrow(InterruptedError);
  });
});
