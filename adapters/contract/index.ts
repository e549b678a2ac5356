/**
 * The contract between suites, fuzzer and targets; what `import 'allocert'` gives an adapter: what a
 * Program and a History are, the table of operations, and how the bytes and texts of both are read.
 * It knows no target and no allocator, and imports `base/` only.
 *
 * Start with `program.ts` and `history.ts`, which `session.ts` joins; `operations.ts` is the table,
 * `operation-spec.ts` says what its columns mean, `operation-meaning.ts` asks it.
 *
 * @packageDocumentation
 */

export { AllocertError, type Blame, machineError, usageError } from '../../base/errors.ts';
export * from './argument-classes.ts';
export { type Client, type ClientOptions, createClient, Reply } from './client.ts';
export {
  ERRNO,
  type ErrnoName,
  type ErrnoWord,
  errnoName,
  isErrnoName,
  isErrnoWord,
  type UnnamedErrno,
} from './errno.ts';
export { canBeFailed, copiesFail, faultErrnos } from './failing-calls.ts';
export * from './history.ts';
export * as linux from './linux.ts';
export * from './operand-states.ts';
export {
  handsOutBytes,
  hasBody,
  isSteady,
  keepsDescriptors,
  operandAt,
  operationsWhere,
  specOf,
} from './operation-meaning.ts';
export * from './operations.ts';
export * from './out-bytes.ts';
export * as packed from './packed.ts';
export * from './program.ts';
export { bigintOf, contractText, fromJson, hexOf, parseProgram, toJson } from './program-json.ts';
export { type JsonSchema, programSchema } from './program-schema.ts';
export * from './session.ts';
export { defectsInTaint } from './taint.ts';
export {
  BEGINNING,
  programDigest,
  RecordingSession,
} from './transcript.ts';
export type { Transcript, TranscriptEntry } from './transcript-entry.ts';
export { type UsualOperands, usualOperations } from './usual-operations.ts';
export { withheldBecause } from './withheld-arguments.ts';
