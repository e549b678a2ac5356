/** What a peer sends costs no more than its bytes, and what it may not send costs nothing. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import t from 'tap';
import { decodeHistory } from '../../../adapters/contract/codec/decode-history.ts';
import { decodeProgram } from '../../../adapters/contract/codec/decode-program.ts';
import { encodeHistory } from '../../../adapters/contract/codec/encode-history.ts';
import { encodeProgram, OPERATION_BYTES } from '../../../adapters/contract/codec/encode-program.ts';
import { LAYOUT } from '../../../adapters/contract/codec/layout.ts';
import { WireNames } from '../../../adapters/contract/codec/wire-names.ts';
import { type History, type Program, TargetDeath } from '../../../adapters/contract/index.ts';
import { NameTable } from '../../../adapters/contract/names.ts';
import {
  decodeDeath,
  encodeDeath,
  encodeRefusal,
} from '../../../adapters/protocol/encode-death.ts';
import {
  encodeWireFrame,
  PAYLOAD_BYTES_MAX,
  WireFrameParser,
  type WireFrameType,
} from '../../../adapters/protocol/wire-frames.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Bytes that this process holds on to. */
function held(): number {
  collect();
  const { heapUsed, external, arrayBuffers } = process.memoryUsage();
  return heapUsed + Math.max(external, arrayBuffers);
}

/** The head of a frame that is to be so long. */
const headOf = (type: WireFrameType, length: number): Uint8Array => {
  const head = encodeWireFrame(type, new Uint8Array(0));
  new DataView(head.buffer).setUint32(LAYOUT.frame.at.length, length, true);
  return head;
};

t.test('a frame that comes a byte at a time costs no more than one that comes at once', (t) => {
  const length = 1 << 20;
  const parser = new WireFrameParser();
  parser.push(headOf('run', length));
  const before = held();
  for (let at = 0; at < length - 1; at += 1) parser.push(Uint8Array.of(at & 255));
  const cost = held() - before;
  t.ok(cost < 8 * length, `${cost} bytes are held for ${length}`);
  const [frame] = parser.push(Uint8Array.of(9));
  t.equal(frame?.payload.length, length);
  t.equal(frame?.payload[258], 2);
  t.equal(frame?.payload.at(-1), 9);
  t.end();
});

t.test('a length that is only announced costs nothing', (t) => {
  const before = held();
  const parsers = Array.from({ length: 64 }, () => new WireFrameParser());
  for (const parser of parsers) parser.push(headOf('run', PAYLOAD_BYTES_MAX.run));
  const cost = held() - before;
  t.ok(cost < 16 << 20, `${cost} bytes are held for 64 announcements`);
  t.equal(parsers.length, 64);
  t.end();
});

t.test('each type of frame is refused beyond its length before any of it is kept', (t) => {
  for (const [name, most] of Object.entries(PAYLOAD_BYTES_MAX)) {
    const type = name as WireFrameType;
    t.strictSame(new WireFrameParser().push(headOf(type, most)), []);
    const message = /does not speak the allocert protocol/;
    t.throws(() => new WireFrameParser().push(headOf(type, most + 1)), { message }, type);
  }
  const limits = { firstBytes: 64, otherBytes: 100 };
  const parser = new WireFrameParser(limits);
  t.throws(() => parser.push(headOf('hello', 65)), {
    message: /hello has 65 bytes, of at most 64/,
  });
  const other = new WireFrameParser(limits);
  t.equal(other.push(encodeWireFrame('hello', new Uint8Array(64))).length, 1);
  t.throws(() => other.push(headOf('run', 101)), { message: /run has 101 bytes, of at most 100/ });
  t.end();
});

t.test('what is told of a death or a refusal is cut to what a peer takes', (t) => {
  const log = Array.from({ length: 5000 }, (_, at) => `${at} ${'\u001b'.repeat(1000)}`);
  const payload = encodeDeath(new TargetDeath('crash', 'é'.repeat(100_000), log));
  t.ok(payload.length <= PAYLOAD_BYTES_MAX.death, `${payload.length} bytes`);
  const death = decodeDeath(payload);
  t.equal(death.log.at(-1), log.at(-1), 'of the log the end is kept');
  t.match(death.message, /^é+…$/);
  t.ok(encodeRefusal('\u{1f600}'.repeat(100_000)).length <= PAYLOAD_BYTES_MAX.refusal);
  t.strictSame(decodeDeath(encodeDeath(new TargetDeath('hang', 'why', ['a']))).log, ['a']);
  const one = decodeDeath(encodeDeath(new TargetDeath('hang', 'why', ['x'.repeat(2 << 20)])));
  t.strictSame(one.log, [], 'a single line that is too long is left out');
  t.end();
});

t.test('operations cannot all have the same long data', (t) => {
  const bytes = new Uint8Array(1024).fill(7);
  const operations = Array.from({ length: 100 }, () => ({
    op: 'pwrite' as const,
    fd: 1n,
    bytes: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8),
  }));
  const program: Program = {
    deadlineMs: 1000,
    threads: [{ client: 'main', operations: [{ op: 'pwrite', fd: 1n, bytes }, ...operations] }],
  };
  const encoded = encodeProgram(program, new NameTable());
  t.equal(decodeProgram(encoded, new WireNames()).threads[0]?.operations.length, 101);
  const view = new DataView(encoded.buffer);
  for (let record = 1; record <= 100; record += 1) {
    const base = LAYOUT.program.size + LAYOUT.thread.size + record * OPERATION_BYTES;
    view.setUint32(base + LAYOUT.operation.at.data_offset, 0, true);
    view.setUint32(base + LAYOUT.operation.at.data_length, 1024, true);
  }
  t.throws(() => decodeProgram(encoded, new WireNames()), { message: /share their data/ });
  t.end();
});

t.test('results cannot all have the same long bytes', (t) => {
  const operations = Array.from({ length: 100 }, () => ({
    op: 'pread' as const,
    fd: 1n,
    length: 8n,
  }));
  const program: Program = { deadlineMs: 1000, threads: [{ client: 'main', operations }] };
  const result = (out: Uint8Array) =>
    ({ outcome: 'returned', value: 8n, out, call: 1n, return: 2n }) as const;
  const results = operations.map((_, at) => result(new Uint8Array(at === 0 ? 1024 : 8)));
  const history: History = { threads: [results], deaths: [], log: [], deadlineHit: false };
  const encoded = encodeHistory(history, program, () => 0);
  t.equal(decodeHistory(encoded, program, new NameTable()).threads[0]?.length, 100);
  const view = new DataView(encoded.buffer, encoded.byteOffset);
  for (let record = 1; record < 100; record += 1) {
    const base = LAYOUT.history.size + record * LAYOUT.result.size;
    view.setUint32(base + LAYOUT.result.at.out_offset, 0, true);
    view.setUint32(base + LAYOUT.result.at.out_length, 1024, true);
  }
  t.throws(() => decodeHistory(encoded, program, new NameTable()), { message: /the same bytes/ });
  t.end();
});

t.test('names are no longer than anybody writes them', (t) => {
  const long = 'x'.repeat(129);
  const names = new WireNames();
  t.throws(() => names.learn({ slots: [[long, 0, 1]], clients: [] }), { message: /a slot has/ });
  t.throws(() => names.learn({ slots: [], clients: [[long, 1]] }), { message: /too long/ });
  names.learn({ slots: [[long.slice(1), 0, 1]], clients: [[long.slice(1), 1]] });
  t.equal(names.slot(0, false), long.slice(1));
  t.end();
});
