import { ERRNO, UNNAMED_ERRNO } from '../errno.ts';
import { handsOutBytes, hasBody, isSteady } from '../operation-meaning.ts';
import {
  DEADLINES_MAX,
  DOCUMENTS,
  FILES,
  OPERANDS_MAX,
  OPERATION_ROWS,
  OUT_BYTES_MAX,
  SLOTS_MAX,
  STOPS,
} from '../operations.ts';
import { contractDigest } from './digest.ts';
import { FIRST_FIXED_FILE, FIRST_MINOR, OPERATION_BYTES } from './encode-program.ts';
import {
  type Field,
  type FieldType,
  FRAME_BYTES_MAX,
  FRAMES,
  HELLO_MAGIC,
  HISTORY_MAGIC,
  LAYOUT,
  PLACEMENTS,
  PROGRAM_MAGIC,
  PROTECTIONS,
  RECORDS,
  type RecordName,
  STEP_ANOMALIES_MAX,
  STEP_FAILURES_MAX,
  WIRE_VERSION,
} from './layout.ts';

const C_TYPES: Record<FieldType, string> = {
  u8: 'uint8_t',
  u16: 'uint16_t',
  u32: 'uint32_t',
  s32: 'int32_t',
  u64: 'uint64_t',
  s64: 'int64_t',
};

const constant = (name: string): string => name.toUpperCase().replaceAll(/[^A-Z0-9]+/g, '_');

/** The text of `operations.h`: what the C executor must know of the contract. */
export function cHeader(): string {
  return [
    '/* SPDX-License-Identifier: MIT */',
    '/* Generated from adapters/contract by `npm run generate`; do not edit. */',
    '#ifndef ALLOCERT_OPERATIONS_H',
    '#define ALLOCERT_OPERATIONS_H',
    '',
    '#include <errno.h>',
    '#include <stdint.h>',
    '',
    ...limits(),
    '',
    ...enumeration(
      'ac_op',
      OPERATION_ROWS.map(([name, row]) => [name, row.code]),
    ),
    ...enumeration(
      'ac_frame_type',
      FRAMES.map((name, index) => [name, index + 1]),
    ),
    ...enumeration(
      'ac_placement',
      PLACEMENTS.map((name, index) => [name, index]),
    ),
    ...enumeration(
      'ac_protection',
      PROTECTIONS.map((name, index) => [name, index]),
    ),
    ...enumeration(
      'ac_stop',
      STOPS.map((name, index) => [name, index]),
    ),
    ...(Object.keys(RECORDS) as RecordName[]).flatMap(structure),
    ...texts('ac_files', FILES),
    ...texts('ac_documents', DOCUMENTS),
    ...calls(),
    ...steadyValues(),
    ...errnoTranslation(),
    '#endif',
    '',
  ].join('\n');
}

function limits(): string[] {
  const hex = (value: number): string => `0x${value.toString(16)}u`;
  return [
    `#define AC_WIRE_VERSION ${WIRE_VERSION}`,
    `#define AC_PROGRAM_MAGIC ${hex(PROGRAM_MAGIC)}`,
    `#define AC_HISTORY_MAGIC ${hex(HISTORY_MAGIC)}`,
    `#define AC_HELLO_MAGIC ${hex(HELLO_MAGIC)}`,
    `#define AC_CONTRACT_DIGEST 0x${contractDigest().toString(16)}ull`,
    `#define AC_FRAME_BYTES_MAX ${hex(FRAME_BYTES_MAX)}`,
    `#define AC_OPERANDS_MAX ${OPERANDS_MAX}`,
    `#define AC_OUT_BYTES_MAX ${OUT_BYTES_MAX}`,
    `#define AC_SLOTS_MAX ${SLOTS_MAX}`,
    `#define AC_DEADLINES_MAX ${DEADLINES_MAX}`,
    `#define AC_FIRST_FIXED_FILE ${FIRST_FIXED_FILE}`,
    `#define AC_FIRST_MINOR ${FIRST_MINOR}`,
    `#define AC_STEP_FAILURES_MAX ${STEP_FAILURES_MAX}`,
    `#define AC_STEP_ANOMALIES_MAX ${STEP_ANOMALIES_MAX}`,
  ];
}

function enumeration(name: string, rows: readonly (readonly [string, number])[]): string[] {
  const members = rows.map(([row, value]) => `\t${constant(`${name}_${row}`)} = ${value},`);
  return [`enum ${name} {`, ...members, '};', ''];
}

function structure(name: RecordName): string[] {
  const fields = (RECORDS[name] as readonly Field[]).map(([field, type, meaning]) => {
    const comment = meaning === '' ? '' : ` /* ${meaning} */`;
    return `\t${C_TYPES[type]} ${field};${comment}`;
  });
  if (name === 'operation') fields.push('\tstruct ac_operand operands[AC_OPERANDS_MAX];');
  const size = name === 'operation' ? OPERATION_BYTES : LAYOUT[name].size;
  return [
    `struct ac_${name} {`,
    ...fields,
    '};',
    `_Static_assert(sizeof(struct ac_${name}) == ${size}, "struct ac_${name}");`,
    '',
  ];
}

function texts(name: string, list: readonly string[]): string[] {
  return [
    `#define ${constant(name)}_COUNT ${list.length}`,
    `static const char *const ${name}[] __attribute__((unused)) = {`,
    ...list.map((text) => `\t"${text}",`),
    '};',
    '',
  ];
}

function calls(): string[] {
  const rows = OPERATION_ROWS.filter(([, row]) => !hasBody(row));
  return [
    '/*',
    ' * X(constant, name, hands_out_bytes) of every operation that a function does. One that hands out',
    ' * bytes begins only where there is room for them.',
    ' */',
    '#define AC_CALLS(X) \\',
    ...rows.map(
      ([name, row], index) =>
        `\tX(${constant(`ac_op_${name}`)}, ${name}, ${handsOutBytes(row) ? 1 : 0})` +
        (index === rows.length - 1 ? '' : ' \\'),
    ),
    '',
  ];
}

function steadyValues(): string[] {
  const steady = OPERATION_ROWS.filter(([, row]) => isSteady(row));
  return [
    '/* Whether repeating the operation gives the same value; a change is then an anomaly. */',
    'static inline int ac_value_is_steady(unsigned code)',
    '{',
    '\tswitch (code) {',
    ...steady.map(([name]) => `\tcase ${constant(`ac_op_${name}`)}:`),
    '\t\treturn 1;',
    '\tdefault:',
    '\t\treturn 0;',
    '\t}',
    '}',
    '',
  ];
}

function errnoTranslation(): string[] {
  const rows = Object.entries(ERRNO).flatMap(([name, number]) => [
    `#ifdef ${name}`,
    `\tcase ${name}:`,
    `\t\treturn ${number};`,
    '#endif',
  ]);
  return [
    '/*',
    ' * The number on the wire of an errno of this machine. One that has no name keeps its number,',
    ' * beside a bit that tells it from the others.',
    ' */',
    'static inline uint16_t ac_errno_on_wire(int number)',
    '{',
    '\tswitch (number) {',
    '\tcase 0:',
    '\t\treturn 0;',
    ...rows,
    '\tdefault:',
    `\t\treturn (uint16_t)(${UNNAMED_ERRNO}u | ((unsigned)number & ${UNNAMED_ERRNO - 1}u));`,
    '\t}',
    '}',
    '',
  ];
}
