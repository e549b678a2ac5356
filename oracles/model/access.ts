import { linux, type OperationOf } from '../../adapters/contract/index.ts';
import { type ClientModel, type Contents, contentsAt, type ModelMapping } from './client.ts';
import type { Expectation, ModelStep, OperationRules } from './expectation.ts';

const { PROT_READ, PROT_WRITE } = linux;
const FAULTS = ['SIGSEGV', 'SIGBUS'];

/** One page of an access. */
interface Touched {
  readonly mapping: ModelMapping;
  /** Page of the buffer; at or past its number of pages when the mapping was grown. */
  readonly page: bigint;
}

/** Accesses to mapped memory. */
export const accessRules: OperationRules = {
  load: {},
  scan: {
    expects: (step, { address, bytes, length, offset = 0n }) => {
      const start = step.timeline.valueOf(address) + step.timeline.valueOf(offset);
      const touched = touchedBy(step.model, start, step.timeline.valueOf(length));
      if (touched === undefined || bytes.length === 0) return undefined;
      return expectedScan(step.model, touched, bytes);
    },
  },
  store: {
    expects: ({ model, timeline }, { address, length, offset = 0n }) => {
      const start = timeline.valueOf(address) + timeline.valueOf(offset);
      const touched = touchedBy(model, start, timeline.valueOf(length));
      if (touched === undefined) return undefined;
      const readOnly = touched.find(({ mapping }) => (mapping.protection & PROT_WRITE) === 0n);
      if (readOnly !== undefined) return { requirement: 'MAP-03', words: FAULTS };
      const beyond = touched.some(isBeyond);
      return { requirement: beyond ? 'MAP-10' : 'MAP-01', words: beyond ? FAULTS : ['ok'] };
    },
    follows: (step, operation) => {
      followStore(step, operation);
      return true;
    },
    fails: followStore,
  },
};

/** A store that was completed, or ended in a fault. */
function followStore(
  { event, model, timeline }: ModelStep,
  { address, bytes, length: count, offset = 0n }: OperationOf<'store'>,
): void {
  const start = timeline.valueOf(address) + timeline.valueOf(offset);
  const length = timeline.valueOf(count);
  const whole = event.result.outcome === 'returned' && start % model.page === 0n;
  const repeats = model.page % BigInt(bytes.length) === 0n;
  for (let at = start - (start % model.page); at < start + length; at += model.page) {
    const mapping = model.at(at);
    if (mapping === undefined) continue;
    const page = mapping.first + (at - mapping.start) / model.page;
    const known = whole && repeats && at + model.page <= start + length;
    const contents: Contents = known ? bytes : 'unknown';
    (mapping.shared ? mapping.buffer.contents : mapping.copies).set(page, contents);
  }
}

/** The pages of an access; undefined unless all of them are mapped and it is one of whole pages. */
function touchedBy(model: ClientModel, start: bigint, length: bigint): Touched[] | undefined {
  if (start % model.page !== 0n || length % model.page !== 0n) return undefined;
  const touched: Touched[] = [];
  for (let at = start; at < start + length; ) {
    const mapping = model.at(at);
    if (mapping === undefined) return undefined;
    for (; at < start + length && at < mapping.end; at += model.page) {
      touched.push({ mapping, page: mapping.first + (at - mapping.start) / model.page });
    }
  }
  return touched;
}

const isBeyond = ({ mapping, page }: Touched): boolean => page >= mapping.buffer.pages;

/** How much of what is there repeats some bytes. */
function expectedScan(
  model: ClientModel,
  touched: readonly Touched[],
  bytes: Uint8Array,
): Expectation | undefined {
  const pageBytes = Number(model.page);
  let equal = 0n;
  let same = 0;
  let last: Touched | undefined;
  let before: Contents | undefined;
  for (const one of touched) {
    last = one;
    if (isBeyond(one)) return { requirement: 'MAP-10', words: FAULTS };
    // Memory that may be written to only can be read all the same on many machines.
    if ((one.mapping.protection & PROT_READ) === 0n) {
      const none = one.mapping.protection === 0n;
      return none ? { requirement: 'MAP-01', words: FAULTS } : undefined;
    }
    const contents = contentsAt(one.mapping, one.page);
    if (contents === undefined || contents === 'unknown') return undefined;
    if (pageBytes % bytes.length !== 0) return undefined;
    // One store gives many pages the same contents.
    if (contents !== before) same = commonBytes(contents, bytes, pageBytes);
    before = contents;
    if (same < pageBytes) {
      equal += BigInt(same);
      break;
    }
    equal += model.page;
  }
  return last === undefined ? undefined : { ...wrongContents(last), ...exactly(equal) };
}

const exactly = (equal: bigint): Pick<Expectation, 'words' | 'holds'> => ({
  words: ['ok'],
  holds: ({ result }) => result.value === equal,
});

/** The rule that is broken when a page shows other bytes. */
function wrongContents({ mapping, page }: Touched): Pick<Expectation, 'requirement' | 'wrong'> {
  if (!mapping.shared) return { requirement: 'MAP-11', wrong: 'a private page shows other bytes' };
  if (!mapping.buffer.contents.has(page)) {
    return { requirement: 'ISO-01', wrong: 'a new page is not zero' };
  }
  return { requirement: 'MAP-02', wrong: 'a page shows other bytes' };
}

/** Leading bytes of two repeated patterns that are the same, at most so many. */
function commonBytes(one: Uint8Array, other: Uint8Array, most: number): number {
  if (one === other) return most;
  const end = Math.min(most, one.length * other.length);
  for (let at = 0; at < end; at += 1) {
    if (one[at % one.length] !== other[at % other.length]) return at;
  }
  return most;
}
