import {
  linux,
  type Operation,
  outcomePhrase,
  type Result,
  statOf,
  wordOf,
} from '../../adapters/contract/index.ts';
import { commandOf, type Fields } from '../../catalogue/abi-request.ts';
import { type AllocateOptions, type Allocation, type CaseContext, SUBJECT } from './context.ts';

/**
 * Observes whether a client's descriptors are as they were after requests of many kinds: one that
 * is carried out, and others that are refused for one reason each.
 *
 * @throws {@link Inconclusive} when a valid request fails
 */
export async function observeOwnDescriptors(
  context: CaseContext,
  requirement: string,
): Promise<void> {
  await context.control();
  // Something to lose: a buffer, and a descriptor that exec closes.
  const held = await context.buffer({ flags: linux.O_RDWR | linux.O_CLOEXEC });
  const { value: below } = await context.subject.dup({ fd: held.fd });
  const before = await ownDescriptors(context, below + 1n);
  const look = async (name: string, allocation: Allocation): Promise<boolean> => {
    const { word, detail } = comparedTo(before, await ownDescriptors(context, below + 1n));
    const asked = `after a request with ${name}, which ${outcomePhrase(allocation.word)}`;
    context.observe(requirement, 'own', word, `${asked}, ${detail}`);
    if (word === 'kept') await context.release(allocation);
    return word === 'kept';
  };
  for (const [name, fields, options] of variousRequests(context)) {
    if (!(await look(name, await context.allocate(fields, options)))) return;
  }
  const limit = { resource: linux.RLIMIT_NOFILE, soft: below + 1n };
  await context.subject.setrlimit(limit);
  await look('a full descriptor table', await context.allocate());
}

/** A request that is valid, and those that a right implementation refuses, each for one reason. */
function variousRequests(
  context: CaseContext,
): readonly (readonly [string, Fields, AllocateOptions?])[] {
  const { abi, page, region } = context;
  const roles = ['version', 'reserved1', 'reserved2'] as const;
  const set = roles.filter((role) => abi.fields[role] !== undefined);
  const more = region.sizeBytes ?? 0n;
  const lengths = [more, more + page].filter((length) => region.bounded && length > page);
  return [
    ['nothing wrong', {}],
    ['length 0', { length: 0n }],
    ['an unknown flag', { flags: linux.O_RDWR | (1n << 30n) }],
    ...set.map((role) => [`${role} 1`, { [role]: 1n }] as const),
    // The first is as large as the region, of which a part is taken.
    ...lengths.map((length) => [`length ${length}`, { length }] as const),
    ['a NULL pointer', {}, { placement: { kind: 'null' } }],
    ['a read-only argument', {}, { placement: { kind: 'page', protection: 'read-only' } }],
    ['an unknown command', {}, { request: commandOf(abi) + 8n }],
  ];
}

/** Descriptors of `subject` as they were at one time, by number. */
type OwnDescriptors = readonly OwnDescriptor[];

interface OwnDescriptor {
  readonly open: boolean;
  /** Which file it is, its flags and its close-on-exec, as text to compare. */
  readonly state: string;
}

/**
 * Looks at every descriptor below a number: whether it is open, which file it is, and its flags.
 * It takes calls on the descriptors themselves, so that a target without /proc shows them as well.
 */
async function ownDescriptors(context: CaseContext, below: bigint): Promise<OwnDescriptors> {
  const looks = Array.from({ length: Number(below) }, (_, index): readonly Operation[] => {
    const fd = BigInt(index);
    return [
      { op: 'fcntl', fd, command: linux.F_GETFD },
      { op: 'fcntl', fd, command: linux.F_GETFL },
      { op: 'fstat', fd },
    ];
  });
  const [results = []] = (await context.runSteps(SUBJECT, looks.flat())).threads;
  return looks.map((look, index) => {
    const [flag, status, file] = results.slice(index * look.length, (index + 1) * look.length);
    const open = flag !== undefined && wordOf(flag) === 'ok';
    return { open, state: [shownValue(flag), shownValue(status), fileOf(file)].join(', ') };
  });
}

/** What became of the descriptors that were open before, in a word and a sentence. */
function comparedTo(
  before: OwnDescriptors,
  after: OwnDescriptors,
): { readonly word: 'kept' | 'closed' | 'changed'; readonly detail: string } {
  for (const [descriptor, was] of before.entries()) {
    const is = after[descriptor];
    if (!was.open || is === undefined || is.state === was.state) continue;
    const word = is.open ? 'changed' : 'closed';
    return { word, detail: `descriptor ${descriptor} was ${was.state} and then ${is.state}` };
  }
  const open = before.filter((one) => one.open).length;
  return { word: 'kept', detail: `${open} descriptors are as they were` };
}

const shownValue = (result: Result | undefined): string => {
  if (result === undefined) return 'not run';
  const word = wordOf(result);
  return word === 'ok' ? `0x${result.value.toString(16)}` : word;
};

function fileOf(result: Result | undefined): string {
  if (result === undefined || wordOf(result) !== 'ok') return shownValue(result);
  const { device, inode, mode } = statOf(result.out);
  return `file ${device}:${inode} of mode 0${mode.toString(8)}`;
}
