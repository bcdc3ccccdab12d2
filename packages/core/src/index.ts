export { attended, attendedAtOnce, STOP_SECONDS } from './attended.ts';
export type { Attendance } from './attended.ts';
export { checkDefinition, describeValue, held, isHeld, KIND_WORDS, writtenText } from './definition.ts';
export type { DefinitionKind, Versioned } from './definition.ts';
export {
  ConfigError,
  ContractError,
  DataError,
  EngineError,
  FileError,
  IncompleteError,
  InternalError,
  InterruptedError,
  ModelError,
  NumericError,
  PharmacistError,
  ShapeError,
  SupersededError,
  throwIfAborted,
} from './errors.ts';
export type { ErrorFields } from './errors.ts';
export { counted } from './counted.ts';
export { didYouMean, editDistance, unknownName } from './suggest.ts';
export { defineRegistry } from './registry.ts';
export type { Registry } from './registry.ts';
export { distinct } from './distinct.ts';
export { entryLabel } from './entry-label.ts';
export { Random } from './random.ts';
export { fnv1a, mixBits } from './text-hash.ts';
export { canonicalJson, hashOfValue, sha256, sha256OfFile } from './hash.ts';
export { asFileError, pathExists, readJson, readText, writeFileAtomic, writeJsonAtomic } from './atomic-file.ts';
export type { FileContents } from './atomic-file.ts';
export { makeRoomIn, markUsed } from './bounded-folder.ts';
export type { FolderBound } from './bounded-folder.ts';
export { makeFolder } from './make-folder.ts';
export { cacheFolder } from './cache-folder.ts';
export { writeFolderAtomic } from './atomic-folder.ts';
export { endOfString, parseJson } from './json-text.ts';
export { pointerHint, pointerKindOf } from './pointer-file.ts';
export { slices } from './slices.ts';
export type { SliceOptions } from './slices.ts';
export { fillEach, lazyList, memberOf } from './lazy-list.ts';
export { TypedList } from './typed-list.ts';
export { sortInTurns } from './sort-in-turns.ts';
export { silentReporter } from './progress.ts';
export type { ProgressEvent, Reporter } from './progress.ts';
export { holderOfRun, openRunDirectory } from './run-directory.ts';
export type { LockHolder, LockOwner } from './run-lock.ts';
export type { RunDirectoryOptions } from './run-directory.ts';
export type { RunDirectory } from './run.ts';
export { acquireLock } from './run-lock.ts';
export { RUN_FORMAT_VERSION, runIdentity, runRecordSchema } from './run-record.ts';
export type { RunInput, RunInputCounts, RunRecord } from './run-record.ts';
export { Stopwatch } from './stopwatch.ts';
export { decodeState, encodeState, readStateFile, writeStateFile } from './state-file.ts';
export type { State, StateArray } from './state-file.ts';
export { describeDifference, jsonDifferences } from './json-difference.ts';
export type { JsonDifference } from './json-difference.ts';
