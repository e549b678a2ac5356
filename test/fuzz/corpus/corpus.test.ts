/** The corpus: what counts as new, what is kept, what becomes of it, and what must never run. */
import fc from 'fast-check';
import t from 'tap';
import {
  linux,
  type Operation,
  type Program,
  type Thread,
} from '../../../adapters/contract/index.ts';
import { openSimulator } from '../../../adapters/simulator/adapter.ts';
import { Choices } from '../../../fuzz/corpus/choices.ts';
import { CORPUS_LIMITS, Corpus, initialState } from '../../../fuzz/corpus/corpus.ts';
import { coverOf } from '../../../fuzz/corpus/cover.ts';
import { type Coverage, coverageOf } from '../../../fuzz/corpus/coverage.ts';
import { entryFrom, entryOf, readEntry, type StoredEntry } from '../../../fuzz/corpus/entry.ts';
import { fitsTarget } from '../../../fuzz/corpus/fit.ts';
import { mutateEntry } from '../../../fuzz/corpus/mutate.ts';
import { isSafe } from '../../../fuzz/corpus/safety.ts';
import { slotsAreSettled } from '../../../fuzz/corpus/slots.ts';
import { Snapshot, SnapshotReader } from '../../../fuzz/corpus/snapshot.ts';
import { runScenario } from '../../../fuzz/execute/run-scenario.ts';
import { MODES } from '../../../fuzz/generate/modes.ts';
import { scaffolded } from '../../../fuzz/generate/scaffold.ts';
import type { GeneratorContext, Scenario } from '../../../fuzz/generate/scenario.ts';
import { ThreadWriter } from '../../../fuzz/generate/thread-writer.ts';
import { campaignContext } from '../../../fuzz/plan/campaign-context.ts';
import { planOf, scenarioOf } from '../../../fuzz/plan/round-plan.ts';

const session = await openSimulator('sim:').open();
const { modes, rules, generator } = campaignContext(session.facts, {
  modes: ['all'],
  memoryLimit: 8n << 20n,
});
const unbounded: GeneratorContext = {
  ...generator,
  region: { ...generator.region, bounded: false },
};

const SIGNATURE = 'close ok full0 live0 met0 descriptor';

/** A scenario of one client and one thread. */
function acting(write: (writer: ThreadWriter) => void): Scenario {
  const writer = new ThreadWriter(generator, 't0');
  write(writer);
  const act = [{ client: 'client-0', operations: writer.operations }];
  return scaffolded(generator, 'hammer', ['client-0'], [act], 1n);
}

async function seen(scenario: Scenario): Promise<Coverage> {
  let coverage: Coverage | undefined;
  await runScenario(session, generator, rules, scenario, ({ buffers, timeline }) => {
    coverage = coverageOf(generator, timeline, buffers);
  });
  if (coverage === undefined) throw new Error('nobody looked');
  return coverage;
}

t.test('a signature says what came, how full and torn memory was, and who held what', async (t) => {
  const { page } = generator;
  const plain = await seen(
    acting((writer) => {
      const buffer = writer.allocate({ length: 2n * page });
      writer.close(buffer);
      writer.close(buffer);
    }),
  );
  t.ok(plain.signatures.includes('close ok full1 live1 met0 descriptor'), plain.signatures.join());
  t.ok(plain.signatures.includes('close EBADF full0 live0 met0 none'));
  t.equal(plain.peakBytes, 2n * page);
  const torn = await seen(
    acting((writer) => {
      const all = [1, 2, 3].map(() => writer.allocate());
      for (const buffer of all) {
        writer.map(buffer);
        writer.look(buffer);
      }
      const [, middle, last] = all;
      if (middle === undefined || last === undefined) throw new Error('there are three');
      writer.close(middle);
      writer.unmap(middle);
      writer.add({ op: 'dup', slot: writer.slot(), fd: writer.descriptor(last) });
      writer.close(last);
    }),
  );
  t.ok(torn.signatures.includes('munmap ok full1 gap0 met0 mapping'), torn.signatures.join());
  t.ok(torn.signatures.includes('dup ok full1 gap1 met0 mapped'), 'the middle one left a hole');
  t.ok(torn.signatures.includes('close ok full1 gap1 met0 duplicated'));
  t.strictSame(await seen(acting(() => {})), await seen(acting(() => {})), 'the same twice');
});

t.test('calls of other threads that are under way are told', async (t) => {
  const threads = ['t0', 't1', 't2'].map((name) => {
    const writer = new ThreadWriter(generator, name);
    for (let at = 0; at < 6; at += 1) writer.allocate();
    return { client: 'client-0', operations: writer.operations };
  });
  const { signatures } = await seen(scaffolded(generator, 'hammer', ['client-0'], [threads], 3n));
  t.ok(signatures.some((one) => one.startsWith('ioctl ok') && one.includes('met2')));
  t.ok(signatures.some((one) => one.startsWith('open ok') && one.includes('met0')));
});

const stub = (digest: string, signatures: string[], operations = 1): StoredEntry => ({
  ...{ digest, signatures, operations, mode: 'hammer', text: digest },
});

t.test('a text stays where it is from epoch to epoch, and all threads read it there', async (t) => {
  const corpus = new Corpus(initialState([stub('a', ['1'])], CORPUS_LIMITS), CORPUS_LIMITS);
  const [first] = corpus.snapshot.packed().entries;
  corpus.offer(stub('b', ['2']));
  corpus.advance();
  const [same, added] = corpus.snapshot.packed().entries;
  t.ok(first?.text instanceof SharedArrayBuffer);
  t.equal(same?.text, first?.text, 'no copy');
  corpus.advance();
  t.equal(corpus.snapshot.packed().entries[1]?.text, added?.text);
  const read = new SnapshotReader().read(corpus.snapshot.packed());
  t.strictSame(
    read.entries.map(({ text }) => text),
    ['a', 'b'],
  );
  const [long] = new Snapshot([stub('a'.repeat(1000), ['1'])]).packed().entries;
  t.ok((long?.text.byteLength ?? 1000) < 100, 'and it is held deflated');
});

t.test('a cover has every signature, is small, and does not depend on order', async (t) => {
  const entries = [
    stub('a', ['1', '2']),
    stub('b', ['3']),
    stub('c', ['1', '2', '3'], 9),
    stub('d', ['4'], 5),
    stub('e', ['4'], 4),
    stub('f', []),
  ];
  const digests = coverOf(entries).map(({ digest }) => digest);
  t.strictSame(digests, ['c', 'e']);
  t.strictSame(
    coverOf(entries.toReversed()).map(({ digest }) => digest),
    digests,
  );
  const lists = fc.array(fc.array(fc.integer({ min: 0, max: 30 }).map(String)), { maxLength: 40 });
  fc.assert(
    fc.property(lists, (all) => {
      const some = all.map((signatures, at) => stub(String(at), signatures));
      const cover = coverOf(some);
      const of = (these: readonly StoredEntry[]) =>
        [...new Set(these.flatMap(({ signatures }) => signatures))].toSorted();
      t.strictSame(of(cover), of(some));
      for (const one of cover) {
        const before = of(cover.slice(0, cover.indexOf(one)));
        t.ok(
          one.signatures.some((signature) => !before.includes(signature)),
          'each adds some',
        );
      }
    }),
    { seed: 1 },
  );
});

t.test(
  'a corpus takes what is new, shows it in the next epoch, and stays within limits',
  async (t) => {
    const limits = { entries: 2, bytes: 100 };
    const corpus = new Corpus(initialState([stub('a', ['1'])], limits), limits);
    t.equal(corpus.offer(stub('b', ['1'])), undefined, 'nothing new');
    t.strictSame(corpus.offer(stub('c', ['1', '2']))?.fresh, ['2']);
    t.strictSame(corpus.offer(stub('d', ['3', '2']))?.fresh, ['3']);
    t.equal(corpus.snapshot.entries.length, 1);
    t.notOk(corpus.snapshot.known.has('2'));
    const { evicted, number } = corpus.advance();
    t.equal(number, 1);
    t.strictSame(evicted, ['a'], 'what others show too goes first');
    t.strictSame(
      corpus.snapshot.entries.map(({ digest }) => digest),
      ['c', 'd'],
    );
    corpus.offer(stub('e', ['4', '5']));
    t.equal(corpus.advance().evicted.length, 1);
    t.equal(corpus.offer(stub('f', ['1', '2', '3'])), undefined, 'what went stays known');
  },
);

/** An entry for each mode that has some, as rounds bring them. */
function someEntries(): StoredEntry[] {
  const kept = modes.filter(({ name }) => name !== 'arguments');
  return Array.from({ length: 60 }, (_, index) => {
    const scenario = scenarioOf(generator, kept, { version: 'test', seed: 2n, index });
    return entryOf(generator, scenario, [SIGNATURE]);
  });
}

t.test('what the modes generate may be kept; entries survive their way through text', async (t) => {
  const seenModes = new Set<string>();
  for (let index = 0; index < 300; index += 1) {
    const scenario = scenarioOf(generator, modes, { version: 'test', seed: 1n, index });
    // Its arguments are safe where the generator put them, and nowhere else.
    if (scenario.mode !== 'arguments') {
      t.ok(isSafe(generator, scenario), `round ${index}, ${scenario.mode}`);
    }
    seenModes.add(scenario.mode);
  }
  t.equal(seenModes.size, MODES.length);
  for (const entry of someEntries().slice(0, 12)) {
    t.strictSame(readEntry(entry.text, 'it'), entry);
    t.ok(fitsTarget(generator, entryFrom(entry.text)));
  }
});

t.test(
  'a round follows from version, seed, index and snapshot, and from nothing else',
  async (t) => {
    const snapshot = new Snapshot(someEntries(), [SIGNATURE]);
    const plan = (index: number, from = snapshot) =>
      planOf(generator, modes, { version: 'test', seed: 3n, index }, from);
    const read = new SnapshotReader().read(snapshot.packed());
    t.equal(read.digest, snapshot.digest);
    const other = new Snapshot(snapshot.entries.slice(1));
    let changed = 0;
    for (let index = 0; index < 200; index += 1) {
      const one = plan(index);
      t.strictSame(plan(index, read), one, 'the same in a worker');
      if (one.parent === undefined) t.strictSame(one, plan(index, new Snapshot([])), 'a fresh one');
      else if (JSON.stringify(one, text) !== JSON.stringify(plan(index, other), text)) changed += 1;
    }
    t.ok(changed > 50, `${changed} of 200 rounds follow from the snapshot`);
  },
);

const text = (_key: string, value: unknown): unknown =>
  typeof value === 'bigint' ? String(value) : value;

t.test(
  'mutants are safe, differ from their parent, and grow no further than they may',
  async (t) => {
    for (const at of [generator, unbounded]) {
      let snapshot = new Snapshot(
        someEntries().filter(({ text }) => fitsTarget(at, entryFrom(text))),
      );
      let differ = 0;
      for (let index = 0; index < 300; index += 1) {
        const made = mutateEntry(at, modes, snapshot, new Choices(`${index}`), ({ name }) =>
          scenarioOf(
            at,
            modes.filter((one) => one.name === name),
            {
              ...{ version: 'test', seed: 4n, index },
            },
          ),
        );
        if (made === undefined) continue;
        const entry = entryOf(at, made.scenario, [SIGNATURE]);
        if (entry.digest !== made.parent) differ += 1;
        const isFit = fitsTarget(at, entryFrom(entry.text));
        t.ok(isFit, `mutant ${index} of ${made.parent}`);
        // The next generation comes from this one.
        snapshot = new Snapshot([...snapshot.entries.slice(1), entry]);
      }
      t.ok(differ > 200, `${differ} of 300 differ`);
    }
  },
);

/** A safe scenario of two clients, and what makes it unsafe. */
const base = (): Program[] => {
  const threads = ['client-0', 'client-1'].map((client) => {
    const writer = new ThreadWriter(generator, client);
    const buffer = writer.allocate();
    writer.map(buffer);
    writer.close(buffer);
    return { client, operations: writer.operations };
  });
  return [...scaffolded(generator, 'hammer', ['client-0', 'client-1'], [threads], 1n).programs];
};

/** The scenario with an operation more, in the Program of that number. */
const plus = (operation: Operation, program = 2): Program[] => {
  const programs = base();
  const { threads, ...rest } = programs[program] as Program;
  const [first, ...others] = threads;
  const operations = [...(first?.operations ?? []), operation];
  const client = first?.client ?? 'main';
  return programs.with(program, { ...rest, threads: [{ client, operations }, ...others] });
};

/** The scenario with an operation before all others of its thread. */
const behind = (operation: Operation): Program[] => {
  const [start, list, { threads, ...rest }, ...others] = base() as Three;
  const [{ client, operations }, ...more] = threads as [Thread, ...Thread[]];
  const first = { client, operations: [operation, ...operations] };
  return [start, list, { ...rest, threads: [first, ...more] }, ...others];
};

/** The scenario with a thread more in a client that has one. */
const beside = (operation: Operation): Program[] => {
  const [start, list, { threads, ...rest }, ...others] = base() as Three;
  const more = { client: 'client-0', operations: [operation] };
  return [start, list, { ...rest, threads: [...threads, more] }, ...others];
};

type Three = [Program, Program, Program, ...Program[]];

t.test('what could harm, hang or be unfair is refused', async (t) => {
  const safe = (programs: readonly Program[], at = generator): boolean =>
    isSafe(at, { mode: 'hammer', programs });
  t.ok(safe(base()));
  t.ok(safe(base(), unbounded));
  t.ok(safe(plus({ op: 'exit', status: 0n })), 'an exit at the end');
  const slot = { slot: 'client-1-1', offset: 20, width: 4, signed: true } as const;
  const length = 9n << 20n;
  const mapped: Operation = { op: 'scan', address: 0x1000n, length, bytes: Uint8Array.of(0) };
  const operations: Operation[] = [{ op: 'close', fd: 5n }];
  const late: Program = { threads: [{ client: 'client-0', operations }], deadlineMs: 1000 };
  const device: Operation = { op: 'open', file: 'region:9', flags: linux.O_RDWR };
  for (const [what, programs] of [
    ['a wait for who lives', plus({ op: 'wait', client: 'client-1' })],
    ['a signal that is not SIGKILL', plus({ op: 'kill', client: 'client-1', signal: 15n })],
    ['a client that nobody ends', plus({ op: 'fork', client: 'other' })],
    ['a descriptor of the executor’s own', plus({ op: 'close', fd: 0n })],
    ['an address that nobody gave', plus(mapped)],
    ['another device', plus(device)],
    ['a barrier', plus({ op: 'barrier', id: 1n, parties: 2n } as Operation)],
    ['memory read in between', plus({ op: 'readfile', document: '/proc/meminfo' })],
    ['a list of descriptors among calls', plus({ op: 'descriptors' })],
    ['a slot of another thread', plus({ op: 'close', fd: slot })],
    ['a slot that is filled twice', plus({ op: 'dup', slot: 'client-0-1', fd: 5n })],
    ['a buffer of main', plus({ op: 'dup', fd: { slot: 'device' } }, 0)],
    ['a client that is not there yet', base().toSpliced(0, 1)],
    ['no end', base().slice(0, -1)],
    ['a call behind an exit', behind({ op: 'exit', status: 0n })],
    ['a thread beside an exec', beside({ op: 'exec' })],
    ['a client that is dead', plus({ op: 'exit', status: 0n }).toSpliced(3, 0, late)],
    ['a long deadline', base().map((one) => ({ ...one, deadlineMs: 60_000 }))],
    [
      'too many Programs',
      [...base().slice(0, 2), ...Array(20).fill(base()[1]), ...base().slice(2)],
    ],
  ] as const) {
    t.notOk(safe(programs), what);
  }
  const big = acting((writer) => {
    writer.allocate({ length: 5n << 20n });
    writer.allocate({ length: 5n << 20n });
  });
  t.ok(safe(big.programs), 'a bounded region looks after itself');
  t.notOk(safe(big.programs, unbounded), 'more than the limit together');
  const absurd = acting((writer) => writer.allocate({ length: (1n << 64n) - 1n }));
  t.ok(safe(absurd.programs, unbounded), 'what nothing can hold takes nothing');
  t.ok(slotsAreSettled(base()));
});

t.test('an entry for another kind of target does not fit', async (t) => {
  const entry = entryFrom((someEntries()[0] as StoredEntry).text);
  t.ok(fitsTarget(generator, entry));
  t.notOk(fitsTarget(generator, { ...entry, abi: 'dma-heap' }));
  t.notOk(fitsTarget({ ...generator, page: 16384n }, entry));
  t.notOk(fitsTarget({ ...generator, capabilities: new Set(['files']) }, entry));
  t.notOk(fitsTarget(generator, { ...entry, mode: 'nope' }));
  t.notOk(fitsTarget(generator, { ...entry, region: 'region:7' }));
});
