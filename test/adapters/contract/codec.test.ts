/** Each half of the binary form undoes the other, for every Program and every History. */
import fc from 'fast-check';
import t from 'tap';
import { decodeHistory, recordsOf } from '../../../adapters/contract/codec/decode-history.ts';
import { decodeProgram } from '../../../adapters/contract/codec/decode-program.ts';
import { encodeHistory } from '../../../adapters/contract/codec/encode-history.ts';
import { encodeProgram } from '../../../adapters/contract/codec/encode-program.ts';
import {
  decodeNames,
  encodeNames,
  WireNames,
} from '../../../adapters/contract/codec/wire-names.ts';
import {
  type ArgumentKind,
  DOCUMENTS,
  ERRNO,
  FILES,
  type History,
  OPERATION_ROWS,
  type Operation,
  type Program,
  type Result,
  STOPS,
} from '../../../adapters/contract/index.ts';
import { NameTable } from '../../../adapters/contract/names.ts';
import { SIGNALS } from '../../../adapters/contract/signals.ts';

const U64 = (1n << 64n) - 1n;
const word = fc.bigInt({ min: 0n, max: U64 });
const bytes = fc.uint8Array({ maxLength: 40 });
const int32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const width = fc.constantFrom(1 as const, 2 as const, 4 as const, 8 as const);

const placement = fc.oneof(
  ...(['null', 'unmapped', 'kernel'] as const).map((kind) => fc.constant({ kind })),
  fc.record({
    kind: fc.constant('page' as const),
    protection: fc.constantFrom('none', 'read-only', 'write-only'),
  }),
  fc.record({
    kind: fc.constant('page-end' as const),
    distance: int32,
    neighbour: fc.constantFrom('unmapped', 'none', 'read-only', 'write-only'),
  }),
  fc.record({ kind: fc.constant('unaligned' as const), by: int32 }),
  fc.record({ kind: fc.constant('flipped' as const), offset: int32, width, value: word }),
);

/** References to what every Program below begins with; `b[i]` only where there is an i. */
const operand = (inside: boolean): fc.Arbitrary<unknown> =>
  fc.oneof(
    word,
    fc
      .tuple(
        fc.constantFrom('a', 'b[2]', ...(inside ? ['b[i]'] : [])),
        fc.option(fc.record({ offset: fc.nat(), width, signed: fc.boolean() }), { nil: undefined }),
      )
      .map(([slot, field]) => {
        if (field === undefined) return { slot };
        const { signed, ...rest } = field;
        return { slot, ...rest, ...(signed ? { signed } : {}) };
      }),
  );

function argumentOf(kind: ArgumentKind, inside: boolean): fc.Arbitrary<unknown> {
  if (kind === 'bytes') return bytes;
  if (kind === 'argument') {
    return fc.oneof(fc.record({ bytes }), fc.record({ bytes, placement }));
  }
  if (kind === 'client') return fc.constantFrom('main', 'subject', 'other');
  if (kind === 'file') return fc.constantFrom('region:0', 'region:255', 'minor:3', ...FILES);
  if (kind === 'document') return fc.constantFrom(...DOCUMENTS);
  if (kind === 'stop') return fc.constantFrom(...STOPS);
  if (kind === 'word?') return operand(inside).filter((value) => value !== 0n);
  return operand(inside);
}

const operations = (inside: boolean): fc.Arbitrary<Operation>[] =>
  OPERATION_ROWS.filter(([op]) => op !== 'repeat').map(([op, row]) => {
    const rows = Object.entries(row.arguments);
    const needed = rows.filter(([, kind]) => kind !== 'word?').map(([name]) => name);
    const slot = fc.constantFrom('a', 'b[1]', 'c', ...(inside ? ['b[i]'] : []));
    const model: Record<string, fc.Arbitrary<unknown>> = { op: fc.constant(op), slot };
    for (const [name, kind] of rows) model[name] = argumentOf(kind, inside);
    const always: string[] = ['op', ...needed];
    return fc.record(model, { requiredKeys: always }) as fc.Arbitrary<unknown> as never;
  });

const repeat = (depth: number): fc.Arbitrary<Operation> =>
  fc.record({
    op: fc.constant('repeat' as const),
    times: fc.bigInt({ min: 0n, max: 3n }),
    stop: fc.constantFrom(...STOPS),
    body: fc.array(fc.oneof(...operations(true), ...(depth > 1 ? [repeat(depth - 1)] : [])), {
      minLength: 1,
      maxLength: 3,
    }),
  });

const BEGINNING: readonly Operation[] = [
  { op: 'dup', fd: 0n, slot: 'a' },
  { op: 'repeat', times: 3n, stop: 'never', body: [{ op: 'dup', fd: 0n, slot: 'b[i]' }] },
];

const program: fc.Arbitrary<Program> = fc.record(
  {
    deadlineMs: fc.integer({ min: 1, max: 2 ** 32 - 1 }),
    seed: word.filter((value) => value !== 0n),
    threads: fc
      .array(
        fc.record({
          client: fc.constantFrom('main', 'subject', 'third'),
          operations: fc.array(fc.oneof(...operations(false), repeat(3)), { maxLength: 5 }),
        }),
        { minLength: 1, maxLength: 3 },
      )
      .map((threads) => [{ client: 'main', operations: BEGINNING }, ...threads]),
  },
  { requiredKeys: ['deadlineMs', 'threads'] },
);

/** The Program as a peer reads it, and its bytes. */
function carried(one: Program): { decoded: Program; encoded: Uint8Array; names: NameTable } {
  const names = new NameTable();
  const encoded = encodeProgram(one, names);
  const wire = new WireNames();
  const news = names.takeNew();
  if (news !== undefined) wire.learn(decodeNames(encodeNames(news)));
  return { decoded: decodeProgram(encoded, wire), encoded, names };
}

t.test('every Program comes out of its bytes as it went in', async (t) => {
  let repeats = 0;
  fc.assert(
    fc.property(program, (one) => {
      const { decoded, encoded } = carried(one);
      t.strictSame(plain(decoded), plain(one));
      repeats += one.threads.flatMap((thread) => thread.operations).length;
      t.ok(Buffer.from(encodeProgram(decoded, new NameTable())).equals(encoded));
    }),
    { numRuns: 300 },
  );
  t.ok(repeats > 1000, `${repeats} operations`);
});

t.test('nothing of one Program is left in the bytes of the next', async (t) => {
  const written = (length: number, times = 1): Operation[] =>
    Array.from({ length: times }, () => ({
      ...{ op: 'pwrite' as const, fd: U64 },
      bytes: new Uint8Array(length).fill(255),
    }));
  const bytesOf = (operations: Operation[]): Uint8Array =>
    encodeProgram({ threads: [{ client: 'main', operations }], deadlineMs: 1 }, new NameTable());
  const short: Operation[] = [{ op: 'pwrite', fd: 1n, bytes: new Uint8Array(1) }];
  const first = bytesOf(short);
  t.strictSame(first.subarray(-8), new Uint8Array(8), 'data, and what fills them up');
  for (const other of [written(31, 3), written(100_000, 2), written(31, 3)]) {
    bytesOf(other);
    t.strictSame(bytesOf(short), first);
    t.throws(() => bytesOf([...other, { op: 'close', fd: { slot: 'unknown' } }]), /before any/);
    t.strictSame(bytesOf(short), first);
  }
});

const int64 = fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n });
const result: fc.Arbitrary<Result> = fc
  .record({
    outcome: fc.constantFrom('returned', 'lost', 'unsupported', 'not-run', 'faulted' as const),
    errno: fc.constantFrom(undefined, ...(Object.keys(ERRNO) as (keyof typeof ERRNO)[])),
    signal: fc.constantFrom(...Object.keys(SIGNALS)),
    value: int64,
    out: bytes,
    call: word,
    return: fc.option(word, { nil: undefined }),
    faultOffset: word,
    redZone: fc.constantFrom(undefined, ['before'], ['after'], ['before', 'after'] as const),
  })
  .map(({ errno, signal, faultOffset, return: end, redZone, ...rest }) => ({
    ...rest,
    ...(errno === undefined ? {} : { errno }),
    ...(end === undefined ? {} : { return: end }),
    ...(rest.outcome === 'faulted' ? { signal, faultOffset } : {}),
    ...(redZone === undefined ? {} : { redZone }),
  })) as fc.Arbitrary<Result>;

const failureWord = fc.constantFrom('EINVAL', 'ENOMEM', 'SIGBUS', 'lost', 'unsupported', 'not-run');
const step = fc.record({
  succeeded: word,
  failed: word,
  first: result,
  last: result,
  failures: fc.dictionary(failureWord, word).map((counts) => ({ ...counts })),
  anomalies: fc.array(fc.record({ iteration: word, result }), { maxLength: 3 }),
});

function resultOf(operation: Operation): fc.Arbitrary<Result> {
  const inner = recordsOf(operation) - 1;
  if (inner === 0) return result;
  const steps = fc.array(step, { minLength: inner, maxLength: inner });
  return fc.tuple(result, fc.option(steps, { nil: undefined })).map(([one, found]) => ({
    ...one,
    out: new Uint8Array(0),
    ...(found === undefined ? {} : { steps: found }),
  }));
}

const answered: fc.Arbitrary<{ one: Program; history: History }> = program.chain((one) =>
  fc
    .record({
      threads: fc.tuple(
        ...one.threads.map(({ operations: list }) => fc.tuple(...list.map(resultOf))),
      ),
      deaths: fc.array(
        fc.record({
          client: fc.constant('main'),
          status: fc.option(int32, { nil: undefined }),
          signal: fc.constantFrom('SIGKILL', 'SIG40'),
          reason: fc.constantFrom('own' as const, 'deadline' as const),
        }),
        { maxLength: 2 },
      ),
      log: fc.array(fc.stringMatching(/^[ -~]{1,20}$/), { maxLength: 3 }),
      taint: fc.option(word, { nil: undefined }),
      deadlineHit: fc.boolean(),
    })
    .map(({ deaths, taint, ...rest }) => ({
      one,
      history: {
        ...rest,
        deaths: deaths.map(({ client, status, signal, reason }) =>
          status === undefined ? { client, signal, reason } : { client, status, reason },
        ),
        ...(taint === undefined ? {} : { taint }),
      },
    })),
);

t.test('every History comes out of its bytes as it went in', async (t) => {
  let results = 0;
  fc.assert(
    fc.property(answered, ({ one, history }) => {
      const { decoded, names } = carried(one);
      const encoded = encodeHistory(history, decoded, (name) => names.client(name));
      const back = decodeHistory(encoded, one, names);
      t.strictSame(plain(back), plain(history));
      results += back.threads.flat().length;
    }),
    { numRuns: 200 },
  );
  t.ok(results > 500, `${results} results`);
});

/** Bytes as arrays: views into a message and arrays of their own are the same to nobody else. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return [...value];
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, member]) => [key, plain(member)]),
  );
}

t.test('a History that does not answer its Program is not sent', async (t) => {
  const one: Program = { deadlineMs: 1, threads: [{ client: 'main', operations: BEGINNING }] };
  const returned: Result = { outcome: 'returned', value: 0n, out: new Uint8Array(0), call: 1n };
  const encode = (threads: History['threads']): Uint8Array =>
    encodeHistory({ threads, deaths: [], log: [], deadlineHit: false }, one, () => 0);
  t.throws(() => encode([]), /one result an operation/);
  t.throws(() => encode([[returned]]), /one result an operation/);
  t.throws(() => encode([[returned, { ...returned, steps: [] }]]), /one result an operation/);
  t.ok(encode([[returned, returned]]).length > 0);
});

t.test('whatever is done to the bytes of a Program, it is read or refused', async (t) => {
  const broken = fc.tuple(program, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }));
  let refused = 0;
  fc.assert(
    fc.property(broken, fc.integer({ min: 0, max: 9 }), ([one, edits], cut) => {
      const names = new NameTable();
      const encoded = encodeProgram(one, names);
      const wire = new WireNames();
      const news = names.takeNew();
      if (news !== undefined) wire.learn(news);
      for (const [at, value] of edits) encoded[at % encoded.length] = value;
      try {
        decodeProgram(encoded.subarray(0, encoded.length - cut), wire);
      } catch (thrown) {
        if (!(thrown instanceof RangeError)) throw thrown;
        refused += 1;
      }
    }),
    { numRuns: 500 },
  );
  t.ok(refused > 50, `${refused} refused`);
});

t.test('names that no table says are refused', async (t) => {
  const bad: [object, RegExp][] = [
    [{ slots: [['A', 0, 1]], clients: [] }, /cannot have/],
    [{ slots: [['a', -1, 1]], clients: [] }, /cannot have/],
    [{ slots: [['a', 0, 70_000]], clients: [] }, /cannot have/],
    [
      {
        slots: [
          ['a', 0, 2],
          ['b', 1, 1],
        ],
        clients: [],
      },
      /cannot have/,
    ],
    [{ slots: [], clients: [['x', 0]] }, /cannot have/],
    [{ slots: [], clients: [['x', 9e9]] }, /cannot have/],
    [{ slots: [['a', '0', 1]], clients: [] }, /malformed/],
    [{ slots: [] }, /malformed/],
  ];
  for (const [names, message] of bad) {
    const payload = new TextEncoder().encode(JSON.stringify(names));
    t.throws(() => new WireNames().learn(decodeNames(payload)), { name: 'RangeError', message });
  }
  t.throws(() => decodeNames(Uint8Array.of(1, 2)), /malformed/);
  t.throws(() => new WireNames().slot(3, false), /given no name/);
  t.throws(() => new WireNames().client(3), /given no name/);
  const wire = new WireNames();
  wire.learn({ slots: [['b', 2, 4]], clients: [['x', 1]] });
  t.equal(wire.slot(2, true), 'b[i]');
  t.equal(wire.slot(5, false), 'b[3]');
  t.throws(() => wire.slot(3, true), /given no name/);
  t.throws(() => wire.slot(6, false), /given no name/);
  t.equal(wire.client(wire.numberOf('x')), 'x');
});
