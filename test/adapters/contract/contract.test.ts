/** The contract's plain data: names, text form, errno, and the records on the wire. */
import t from 'tap';
import { encodeProgram, OPERATION_BYTES } from '../../../adapters/contract/codec/encode-program.ts';
import { LAYOUT, RECORDS } from '../../../adapters/contract/codec/layout.ts';
import { ERRNO, errnoNumber, errnoWord } from '../../../adapters/contract/errno.ts';
import {
  AllocertError,
  bigintOf,
  createClient,
  errnoName,
  fromJson,
  type History,
  hexOf,
  isErrnoWord,
  OPERATION_ROWS,
  type Program,
  parseProgram,
  type Result,
  toJson,
  wordOf,
} from '../../../adapters/contract/index.ts';
import { NameTable } from '../../../adapters/contract/names.ts';
import { signalName, signalNumber } from '../../../adapters/contract/signals.ts';

const program: Program = {
  deadlineMs: 1000,
  seed: 7n,
  threads: [
    {
      client: 'main',
      operations: [
        { op: 'open', slot: 'dev', file: 'region:0', flags: 2n },
        {
          op: 'repeat',
          times: 3n,
          stop: 'failure',
          body: [
            {
              op: 'ioctl',
              slot: 'b[i]',
              fd: { slot: 'dev' },
              request: 0xc0205300n,
              argument: {
                bytes: new Uint8Array(32),
                placement: { kind: 'page-end', distance: -1, neighbour: 'unmapped' },
              },
            },
          ],
        },
        { op: 'close', fd: { slot: 'b[1]', offset: 24, width: 4, signed: true } },
      ],
    },
  ],
};

t.test('a Program survives its text form, 64-bit values and bytes included', async (t) => {
  const json = JSON.parse(JSON.stringify(toJson(program)));
  t.strictSame(parseProgram(json, 'test'), program);
});

t.test('text that is no Program is refused with the place', async (t) => {
  const json = toJson(program) as { threads: { operations: { op: string }[] }[] };
  (json.threads[0]?.operations[0] as { op: string }).op = 'opens';
  t.throws(() => parseProgram(json, 'x.json'), { name: 'AllocertError', message: /x\.json.*\/op/ });
  t.throws(() => parseProgram({ threads: [] }, 'x.json'), AllocertError);
  const extra = { ...(toJson(program) as object), extra: 1 };
  t.throws(
    () => parseProgram(extra, 'x.json'),
    /x\.json is not a Program: at the top, "extra" is unknown$/,
  );
});

t.test('64-bit values are never lossy', async (t) => {
  for (const value of [0n, 1n, -1n, (1n << 64n) - 1n, (1n << 53n) + 1n, -(1n << 63n)]) {
    t.equal(bigintOf(hexOf(value)), value);
    t.equal(fromJson(toJson(value)), value);
  }
});

t.test('slots are numbered by name, families by iteration', async (t) => {
  const names = new NameTable();
  t.strictSame(names.define('dev', 1), { number: 0, indexed: false });
  t.strictSame(names.define('b[i]', 10), { number: 1, indexed: true });
  t.strictSame(names.resolve('b[9]'), { number: 10, indexed: false });
  t.strictSame(names.define('after', 1), { number: 11, indexed: false });
  t.strictSame(names.define('dev', 1), { number: 0, indexed: false }, 'a name keeps its number');
  t.throws(() => names.resolve('b[10]'), /b\[10\] is used before/);
  t.throws(() => names.resolve('never'), /never is used before/);
  t.throws(() => names.define('Bad Name', 1), /is not a slot name/);
  t.throws(() => names.define('many[i]', 70_000), /65536 slots/);
});

t.test('records are naturally aligned and as long as documented', async (t) => {
  t.equal(OPERATION_BYTES, 128);
  t.equal(LAYOUT.result.size, 64);
  t.equal(LAYOUT.history.size, 32);
  t.equal(LAYOUT.operation.size % 8, 0, 'operands follow aligned');
  t.ok(Object.keys(RECORDS).length > 10);
});

t.test('a Program is laid out as the records say', async (t) => {
  const bytes = encodeProgram(program, new NameTable());
  const view = new DataView(bytes.buffer);
  t.equal(Buffer.from(bytes.subarray(0, 4)).toString('latin1'), 'ACPR');
  t.equal(view.getUint32(LAYOUT.program.at.operations, true), 4, 'the body counts');
  const first = LAYOUT.program.size + LAYOUT.thread.size;
  const repeat = first + OPERATION_BYTES;
  t.equal(view.getUint16(repeat, true), 36);
  t.equal(view.getUint32(repeat + LAYOUT.operation.at.body, true), 1);
  const ioctl = repeat + OPERATION_BYTES;
  t.equal(view.getUint16(ioctl + LAYOUT.operation.at.flags, true), 3, 'slot, indexed');
  t.equal(view.getInt32(ioctl + LAYOUT.operation.at.distance, true), -1);
  const request = ioctl + LAYOUT.operation.size + LAYOUT.operand.size;
  t.equal(view.getBigUint64(request + LAYOUT.operand.at.value, true), 0xc0205300n);
});

t.test('files and references that do not exist are refused', async (t) => {
  const with_ = (operation: object): Program =>
    ({ deadlineMs: 1, threads: [{ client: 'main', operations: [operation] }] }) as Program;
  const encode = (operation: object) => () => encodeProgram(with_(operation), new NameTable());
  t.throws(encode({ op: 'open', file: '/etc/shadow', flags: 0n }), /not a file that Programs may/);
  t.throws(encode({ op: 'open', file: 'region:256', flags: 0n }), /not a file that Programs may/);
  t.throws(encode({ op: 'readfile', document: '/etc/passwd' }), /not a document/);
  t.throws(encode({ op: 'close', fd: { slot: 'nothing' } }), /used before/);
});

t.test('operation codes are unique and argument tables fit the wire', async (t) => {
  const codes = OPERATION_ROWS.map(([, row]) => row.code);
  t.equal(new Set(codes).size, codes.length);
  for (const [name, row] of OPERATION_ROWS) {
    const operands = Object.values(row.arguments).filter(
      (kind) => !['bytes', 'argument', 'body'].includes(kind),
    );
    t.ok(operands.length <= 6, `${name} has ${operands.length} operands`);
  }
});

t.test('errno and signals go by name', async (t) => {
  t.equal(errnoName(25), 'ENOTTY');
  t.equal(ERRNO.EMFILE, 24);
  t.throws(() => errnoName(4095), RangeError);
  t.equal(errnoWord(25), 'ENOTTY');
  t.equal(errnoWord(0x8000 + 524), 'errno 524', 'one without a name keeps its number');
  for (const word of ['ENOTTY', 'errno 515', 'errno 4095'] as const) {
    t.equal(errnoWord(errnoNumber(word)), word);
    t.ok(isErrnoWord(word));
  }
  for (const word of ['errno 0', 'errno 4096', 'errno', 'EWHAT']) t.notOk(isErrnoWord(word));
  for (const number of [524, 0x8000, 0x8000 + 4096]) t.throws(() => errnoWord(number), RangeError);
  t.equal(signalNumber(signalName(7)), 7);
  t.equal(signalName(40), 'SIG40');
  t.equal(signalNumber('SIG40'), 40);
});

t.test('a Client runs each method as a Program and hands out slots', async (t) => {
  const asked: Program[] = [];
  const ok: Result = { outcome: 'returned', value: 3n, out: new Uint8Array(0), call: 0n };
  const run = async (one: Program): Promise<History> => {
    asked.push(one);
    return { threads: [[ok]], deaths: [], log: [], deadlineHit: false };
  };
  let slots = 0;
  const nextSlot = (): string => `s${slots++}`;
  const session = { run };
  const client = createClient({ session, clientName: 'c', deadlineMs: () => 9, nextSlot });
  const opened = await client.open({ file: 'region:0', flags: 2n });
  await client.close({ fd: opened });
  t.equal(opened.word, 'ok');
  t.strictSame(asked[1]?.threads[0], {
    client: 'c',
    operations: [{ op: 'close', slot: 's1', fd: { slot: 's0' } }],
  });
});

t.test('a result is one word', async (t) => {
  const base = { value: -1n, out: new Uint8Array(0), call: 0n };
  t.equal(wordOf({ ...base, outcome: 'returned', errno: 'EINVAL' }), 'EINVAL');
  t.equal(wordOf({ ...base, outcome: 'faulted', signal: 'SIGBUS' }), 'SIGBUS');
  t.equal(wordOf({ ...base, outcome: 'lost' }), 'lost');
  t.equal(wordOf({ ...base, outcome: 'returned', value: 0n }), 'ok');
});
