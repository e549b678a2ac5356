/**
 * The fixed records of the binary form, little-endian, naturally aligned. The C structures in
 * `operations.h` and the protocol page are generated from this table; the TypeScript codec reads
 * and writes by its offsets.
 */

/** Width and sign of a field. */
export type FieldType = 'u8' | 'u16' | 'u32' | 's32' | 'u64' | 's64';

/** `[name, type, what it holds]`; a name that starts with `reserved` is written as 0. */
export type Field = readonly [name: string, type: FieldType, meaning: string];

/** Changes whenever a record, a code or a meaning does; both ends refuse any other. */
export const WIRE_VERSION = 2;

/** `ACPR` in memory order: a Program follows. */
export const PROGRAM_MAGIC = 0x52504341;

/** `ACHI` in memory order: a History follows. */
export const HISTORY_MAGIC = 0x49484341;

/** `ACHO` in memory order: the payload of a hello frame. */
export const HELLO_MAGIC = 0x4f484341;

/** A frame with a longer payload is refused before it is read. */
export const FRAME_BYTES_MAX = 64 * 1024 * 1024;

/**
 * Types of frame between a client and an agent, numbered from 1 in this order.
 *
 * The client sends `hello`; the agent answers `hello`, then `facts` (lines of `key=value`). Then, one
 * at a time: `begin` (a case's id as text) is answered by `begun`; `run` (a Program) is answered by
 * `executing` (empty, sent before the first operation, and every few seconds while it runs) and then
 * by `history`. `death` (JSON: manner, message, log) says that a client is stuck in the kernel.
 * `refusal` (a sentence) answers anything else. Both end the connection, as does `bye`.
 *
 * A daemon serves any adapter, and says so in its facts: `target` is then a line of JSON. To it the
 * client also sends `names` (JSON: which slots and clients the numbers stand for) before the Program
 * that uses them first, and it answers with `death` when its target died.
 */
export const FRAMES = [
  'hello',
  'facts',
  'begin',
  'begun',
  'run',
  'executing',
  'history',
  'refusal',
  'bye',
  'names',
  'death',
] as const;

/** Every record, in the order in which the protocol page shows them. */
export const RECORDS = {
  program: [
    ['magic', 'u32', 'PROGRAM_MAGIC'],
    ['version', 'u16', 'WIRE_VERSION'],
    ['threads', 'u16', 'thread records that follow'],
    ['operations', 'u32', 'operation records after them, bodies included'],
    ['data_bytes', 'u32', 'bytes of data after those'],
    ['deadline_ms', 'u32', 'milliseconds in which a call must come back, or its client is killed'],
    ['reserved0', 'u32', ''],
    ['seed', 'u64', 'for whatever the target does at random'],
  ],
  thread: [
    ['client', 'u32', 'client that it runs in; 0 is main'],
    ['first', 'u32', 'index of its first operation record'],
    ['count', 'u32', 'operation records, bodies included'],
    ['reserved0', 'u32', ''],
  ],
  operand: [
    ['kind', 'u8', '0 literal, 1 value of a slot, 2 field of a slot’s out bytes'],
    ['width', 'u8', 'bytes of the field: 1, 2, 4 or 8'],
    ['flags', 'u8', 'bit 0: the field is signed; bit 1: slot + iteration'],
    ['reserved0', 'u8', ''],
    ['slot', 'u32', 'slot number'],
    ['value', 'u64', 'the literal, or the byte offset of the field'],
  ],
  operation: [
    ['code', 'u16', 'code in the table of operations'],
    ['flags', 'u16', 'bit 0: the result goes to a slot; bit 1: slot + iteration'],
    ['slot', 'u32', 'slot number'],
    ['data_offset', 'u32', 'first byte in the data section'],
    ['data_length', 'u32', 'bytes in the data section'],
    ['body', 'u32', 'for repeat: operation records that follow and belong to it'],
    ['placement', 'u16', 'kind of placement of the argument'],
    ['neighbour', 'u16', 'its protection; for `flipped` the width of the field'],
    ['distance', 's32', 'its distance, offset or misalignment, in bytes'],
    ['reserved0', 'u32', ''],
    // OPERANDS_MAX operand records follow inside the operation record.
  ],
  history: [
    ['magic', 'u32', 'HISTORY_MAGIC'],
    ['version', 'u16', 'WIRE_VERSION'],
    [
      'flags',
      'u16',
      'bit 0: the deadline was hit; bit 1: taint is known; bit 2: calls still came back',
    ],
    ['results', 'u32', 'result records that follow, one for each operation record'],
    ['deaths', 'u32', 'death records after them'],
    ['data_bytes', 'u32', 'bytes of data after those'],
    ['log_bytes', 'u32', 'bytes of kernel log, UTF-8 lines, after the data'],
    ['taint', 'u64', 'the kernel’s taint mask'],
  ],
  result: [
    ['outcome', 'u8', '0 returned, 1 faulted, 2 lost, 3 unsupported, 4 not run'],
    ['flags', 'u8', 'red zone written: bit 0 before, bit 1 after; bit 2: it returned'],
    [
      'error',
      'u16',
      'errno, asm-generic number, 0 for success; without a name 0x8000 + its number',
    ],
    ['signal', 'u32', 'signal number of a fault'],
    ['value', 's64', 'what it returned'],
    ['call_ns', 'u64', 'monotonic nanoseconds before the call'],
    ['return_ns', 'u64', 'monotonic nanoseconds after it'],
    ['fault_offset', 'u64', 'byte whose access faulted, from the address given'],
    ['out_offset', 'u32', 'first out byte in the data section'],
    ['out_length', 'u32', 'out bytes'],
    ['reserved0', 'u64', ''],
    ['reserved1', 'u64', ''],
  ],
  death: [
    ['client', 'u32', ''],
    ['signal', 'u32', 'signal that ended it, or 0'],
    ['status', 's32', 'exit status when no signal did'],
    ['reason', 'u32', '0 its own, 1 the deadline'],
  ],
  step: [
    ['succeeded', 'u64', 'iterations in which the operation succeeded'],
    ['failed', 'u64', 'iterations in which it did not'],
    ['failures', 'u32', 'failure records that follow the first and last result'],
    ['anomalies', 'u32', 'anomaly records after those'],
  ],
  failure: [
    ['outcome', 'u8', 'as in a result'],
    ['reserved0', 'u8', ''],
    ['error', 'u16', 'errno, as in a result'],
    ['signal', 'u32', ''],
    ['count', 'u64', 'how often it happened'],
  ],
  anomaly: [['iteration', 'u64', 'counted from 0; a result record follows']],
  frame: [
    ['length', 'u32', 'bytes of payload that follow, at most FRAME_BYTES_MAX'],
    ['type', 'u16', 'type of frame'],
    ['reserved0', 'u16', ''],
  ],
  hello: [
    ['magic', 'u32', 'HELLO_MAGIC'],
    ['version', 'u16', 'WIRE_VERSION'],
    ['reserved0', 'u16', ''],
    ['digest', 'u64', 'CONTRACT_DIGEST: both ends were built from the same table'],
  ],
} as const satisfies Readonly<Record<string, readonly Field[]>>;

/** The name of a record. */
export type RecordName = keyof typeof RECORDS;

/** At most this many different failures are told apart in a step; further kinds are left out. */
export const STEP_FAILURES_MAX = 16;

/** At most this many anomalies are kept in a step. */
export const STEP_ANOMALIES_MAX = 8;

/** Placement kinds in wire order. */
export const PLACEMENTS = [
  'plain',
  'null',
  'unmapped',
  'kernel',
  'page',
  'page-end',
  'unaligned',
  'flipped',
] as const;

/** Protections in wire order, for `page` and for the neighbour of `page-end`. */
export const PROTECTIONS = ['unmapped', 'none', 'read-only', 'write-only'] as const;

const WIDTHS: Record<FieldType, number> = { u8: 1, u16: 2, u32: 4, s32: 4, u64: 8, s64: 8 };

type Offsets<Name extends RecordName> = {
  readonly [Key in (typeof RECORDS)[Name][number][0]]: number;
};

/** Byte offsets of every field of a record, and its size in bytes. */
export interface Layout<Name extends RecordName> {
  readonly at: Offsets<Name>;
  readonly size: number;
}

function layoutOf<Name extends RecordName>(name: Name): Layout<Name> {
  const at: Record<string, number> = {};
  let offset = 0;
  for (const [field, type] of RECORDS[name] as readonly Field[]) {
    const width = WIDTHS[type];
    if (offset % width !== 0) throw new Error(`${name}.${field} is not naturally aligned`);
    at[field] = offset;
    offset += width;
  }
  return { at: at as Offsets<Name>, size: offset };
}

/** The layout of every record; `operation` does not count the operands that follow it. */
export const LAYOUT: { readonly [Name in RecordName]: Layout<Name> } = Object.fromEntries(
  (Object.keys(RECORDS) as RecordName[]).map((name) => [name, layoutOf(name)]),
) as { [Name in RecordName]: Layout<Name> };
