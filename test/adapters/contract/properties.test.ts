/** What must hold for every value, not only for those that somebody thought of. */
import fc from 'fast-check';
import t from 'tap';
import { encodeProgram } from '../../../adapters/contract/codec/encode-program.ts';
import { LAYOUT } from '../../../adapters/contract/codec/layout.ts';
import {
  bigintOf,
  contractText,
  hexOf,
  type Operation,
  type Placement,
  type Program,
  parseProgram,
  toJson,
} from '../../../adapters/contract/index.ts';
import { NameTable } from '../../../adapters/contract/names.ts';
import { encodeWireFrame, WireFrameParser } from '../../../adapters/protocol/wire-frames.ts';
import { fieldOf, readField, requestBytes } from '../../../catalogue/abi-request.ts';
import { abiNamed } from '../../../catalogue/catalogue.ts';
import { kernelAlarms } from '../../../oracles/alarms.ts';

const word = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });
const bytes = fc.uint8Array({ maxLength: 64 });
const placement: fc.Arbitrary<Placement> = fc.oneof(
  fc.constantFrom<Placement>({ kind: 'plain' }, { kind: 'null' }, { kind: 'kernel' }),
  fc.record({ kind: fc.constant('unaligned' as const), by: fc.integer({ min: 1, max: 15 }) }),
  fc.record({
    kind: fc.constant('page-end' as const),
    distance: fc.integer({ min: -64, max: 64 }),
    neighbour: fc.constantFrom('unmapped' as const, 'none' as const, 'read-only' as const),
  }),
);
const operation: fc.Arbitrary<Operation> = fc.oneof(
  fc.record({ op: fc.constant('close' as const), fd: word }),
  fc.record({ op: fc.constant('munmap' as const), address: word, length: word, offset: word }),
  fc.record({
    op: fc.constant('ioctl' as const),
    fd: word,
    request: word,
    argument: fc.record({ bytes, placement }),
  }),
  fc.record({ op: fc.constant('store' as const), address: word, length: word, bytes }),
);
const repeat: fc.Arbitrary<Operation> = fc.record({
  op: fc.constant('repeat' as const),
  times: fc.bigInt({ min: 0n, max: 1000n }),
  stop: fc.constantFrom('never' as const, 'failure' as const, 'success' as const),
  body: fc.array(operation, { minLength: 1, maxLength: 4 }),
});
const program: fc.Arbitrary<Program> = fc.record({
  deadlineMs: fc.integer({ min: 1, max: 60_000 }),
  seed: word,
  threads: fc.array(
    fc.record({
      client: fc.constantFrom('main', 'other'),
      operations: fc.array(fc.oneof(operation, repeat), { maxLength: 6 }),
    }),
    { minLength: 1, maxLength: 3 },
  ),
});

t.test('every Program survives its text form', async (t) => {
  fc.assert(
    fc.property(program, (one) => {
      const text = JSON.stringify(toJson(one));
      return JSON.stringify(toJson(parseProgram(JSON.parse(text), 'test'))) === text;
    }),
  );
  t.pass('for every Program generated');
});

t.test('the text of a value is that of its plain JSON', async (t) => {
  const member = fc.oneof(word, bytes, fc.string(), fc.double(), fc.constant(undefined));
  const value = fc.oneof(program, fc.dictionary(fc.string(), member), fc.array(member));
  fc.assert(fc.property(value, (one) => contractText(one) === JSON.stringify(toJson(one))));
  t.pass('for every value generated');
});

t.test('every Program says on the wire how long it is', async (t) => {
  fc.assert(
    fc.property(program, (one) => {
      const encoded = encodeProgram(one, new NameTable());
      const view = new DataView(encoded.buffer);
      const { at, size } = LAYOUT.program;
      const threads = view.getUint16(at.threads, true) * LAYOUT.thread.size;
      const operations = view.getUint32(at.operations, true) * 128;
      return encoded.length === size + threads + operations + view.getUint32(at.data_bytes, true);
    }),
  );
  t.pass('for every Program generated');
});

t.test('frames come out of a stream as they went in, however it is cut', async (t) => {
  const payloads = fc.array(bytes, { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(payloads, fc.integer({ min: 1, max: 40 }), (parts, chunkBytes) => {
      const stream = Buffer.concat(parts.map((payload) => encodeWireFrame('run', payload)));
      const parser = new WireFrameParser();
      const found: Uint8Array[] = [];
      for (let at = 0; at < stream.length; at += chunkBytes) {
        const frames = parser.push(stream.subarray(at, at + chunkBytes));
        found.push(...frames.map(({ payload }) => payload));
      }
      return (
        found.length === parts.length &&
        found.every((payload, index) => Buffer.from(payload).equals(parts[index] ?? bytes0))
      );
    }),
  );
  t.pass('for every cut generated');
});

const bytes0 = new Uint8Array(0);

t.test(
  'garbage in a stream is refused or waited for, and never waited for without bound',
  async (t) => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 8, maxLength: 64 }), (garbage) => {
        const view = new DataView(garbage.buffer, garbage.byteOffset);
        const sane = view.getUint32(0, true) <= 64 << 20 && view.getUint16(4, true) - 1 < 9;
        try {
          new WireFrameParser().push(garbage);
          return sane;
        } catch (thrown) {
          return thrown instanceof RangeError;
        }
      }),
    );
    t.pass('for every garbage generated');
  },
);

t.test('64-bit values and fields are read as they were written', async (t) => {
  fc.assert(fc.property(fc.bigInt(), (value) => bigintOf(hexOf(value)) === value));
  const abi = abiNamed('simple-allocator');
  fc.assert(
    fc.property(word, (length) => {
      const request = requestBytes(abi, { length });
      return readField(request, fieldOf(abi, 'length')) === length;
    }),
  );
  t.pass('for every value generated');
});

t.test('ordinary log lines are no alarm', async (t) => {
  const calm = fc
    .string()
    .filter((line) => !/[A-Z]{3}|fault|opcode|divide|error|stall|lockup/i.test(line));
  fc.assert(fc.property(fc.array(calm), (lines) => kernelAlarms(lines).length === 0));
  t.pass('for every line generated');
});
