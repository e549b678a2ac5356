import { OPERATION_BYTES } from '../adapters/contract/codec/encode-program.ts';
import {
  type Field,
  FRAMES,
  LAYOUT,
  PLACEMENTS,
  RECORDS,
  type RecordName,
  WIRE_VERSION,
} from '../adapters/contract/codec/layout.ts';
import {
  DOCUMENTS,
  FILES,
  OPERATION_ROWS,
  OUT_BYTES_MAX,
  SLOTS_MAX,
  STOPS,
} from '../adapters/contract/operations.ts';
import { OUT_SHAPES } from '../adapters/contract/out-bytes.ts';

/** The text of `docs/protocol.md`: the contract's binary form, for whoever writes another peer. */
export function protocolPage(): string {
  return [
    '# The protocol between a client and an executor',
    '',
    '<!-- Derived from the table of operations by `npm run generate`; do not edit. -->',
    '',
    `This is version ${WIRE_VERSION}. All numbers are little-endian; records are naturally aligned`,
    'and have fixed sizes. A Program is sent as one block of bytes: a `program` record, its `thread`',
    'records, its `operation` records (each followed by six `operand` records), then its data. A',
    'History comes back the same way: a `history` record, one `result` record for each operation',
    'record, `death` records, data, and the kernel log as text.',
    '',
    '## Operations',
    '',
    'Arguments marked `?` are 0 when left out. Arguments travel in operands in the order shown,',
    'except `bytes`, `argument` (data of the operation) and `body` (operation records that follow).',
    '',
    '| code | operation | arguments | returns | out bytes | group | what it does |',
    '| ---: | --- | --- | --- | --- | --- | --- |',
    ...OPERATION_ROWS.map(
      ([name, row]) =>
        `| ${row.code} | \`${name}\` | ${argumentsOf(row.arguments)} | ${row.result} | ${row.out} | ` +
        `${row.capability} | ${row.summary} |`,
    ),
    '',
    'Shapes of out bytes:',
    '',
    ...Object.entries(OUT_SHAPES).map(([shape, meaning]) => `- \`${shape}\`: ${meaning}`),
    '',
    'A result that says `returned` has all of its bytes: where an executor has no room left for them,',
    'the operation is `not run`.',
    '',
    ...list(
      'Files that `open` reaches, from number 256 on (regions have 0 to 255, nodes by minor 512 to 767)',
      FILES,
    ),
    ...list('Documents that `readfile` reaches, from 0 on', DOCUMENTS),
    ...list('Stop rules of `repeat`, from 0 on', STOPS),
    ...list('Placements of an ioctl’s argument, from 0 on', PLACEMENTS),
    '## Limits',
    '',
    `Slots are numbered below ${SLOTS_MAX}; an operation returns at most ${OUT_BYTES_MAX} bytes.`,
    '',
    '## Records',
    '',
    ...(Object.keys(RECORDS) as RecordName[]).flatMap(record),
    ...frames(),
    '## A daemon instead of an agent',
    '',
    '`allocert serve` speaks for an adapter. Its facts hold `target.version=1` and `target=`, the',
    'facts of the adapter as one line of JSON, with 64-bit values as hexadecimal strings. Adapters',
    'know slots and clients by name, so `names` goes before the first Program that uses new numbers:',
    '`{"slots":[[NAME,FIRST,COUNT],…],"clients":[[NAME,NUMBER],…]}`, forgotten at the next `begin`.',
    'When its target dies, the daemon answers `death`, `{"manner":"crash"|"hang","message":…,"log":[…]}`',
    'with `"forced":true` when something outside ended it, and ends the connection; a connection that',
    'ends otherwise says nothing about the target.',
    '',
  ].join('\n');
}

/** The part of the page about messages. */
function frames(): string[] {
  return [
    '## Frames',
    '',
    'Over a stream, each message is a `frame` record and its payload. Types, from 1 on:',
    '',
    ...FRAMES.map((name, index) => `${index + 1}. \`${name}\``),
    '',
    'Each end first sends `hello`; a peer with another version or digest is refused with a sentence.',
    'The agent then sends `facts`, lines of `key=value`. From there on the client asks and the agent',
    'answers. `begin`, with a case’s id, is answered by `begun`. `run`, with a Program, is answered by',
    '`executing` before the first operation and every five seconds while it runs. After the last',
    'operation comes `history`, or `death` (JSON as below) when a client is stuck in the kernel.',
    '`refusal` carries a sentence. The fact `slowness` says how many times longer work took than on a',
    'fast machine.',
    'Before the first Program of a case runs, `begun` and `executing` have been sent: a machine that dies',
    'is known to have died of that case. For later ones `executing` may come together with `history`,',
    'or a quarter of a second after the start. A client may ask ahead; then answers go out together.',
    '',
  ];
}

const argumentsOf = (given: Readonly<Record<string, string>>): string =>
  Object.entries(given)
    .map(([name, kind]) => `\`${name}\`: ${kind}`)
    .join(', ') || 'none';

const list = (title: string, rows: readonly string[]): string[] => [
  `${title}: ${rows.map((row) => `\`${row}\``).join(', ')}.`,
  '',
];

function record(name: RecordName): string[] {
  const size = name === 'operation' ? OPERATION_BYTES : LAYOUT[name].size;
  const at = LAYOUT[name].at as Readonly<Record<string, number>>;
  return [
    `### \`${name}\`, ${size} bytes`,
    '',
    '| offset | field | type | meaning |',
    '| ---: | --- | --- | --- |',
    ...(RECORDS[name] as readonly Field[]).map(
      ([field, type, meaning]) => `| ${at[field]} | \`${field}\` | ${type} | ${meaning} |`,
    ),
    '',
  ];
}
