import {
  linux,
  type Operand,
  type Operation,
  type OperationName,
  type OperationOf,
  succeeded,
} from '../../adapters/contract/index.ts';
import type { Abi } from '../../catalogue/catalogue.ts';
import { commandText, requestLiteral } from './abi-text.ts';
import {
  mappingFlags,
  openFlags,
  protectionFlags,
  remappingFlags,
  stringLiteral,
  Unwritable,
  unsigned,
  whenceName,
} from './c-text.ts';
import { type CStep, identifier } from './c-threads.ts';
import type { CVariables } from './c-variables.ts';
import { type PlacedCall, placed } from './placement.ts';

/** The names and facts that calls are written with. */
export interface Vocabulary {
  readonly abi: Abi;
  readonly slots: CVariables;
  /** Bytes in a page of the target. */
  readonly page: number;
  readonly architecture: string;
}

/** One operation in C. */
export interface CallInC {
  /** Statements before it. */
  readonly before: readonly string[];
  /** The call itself, an expression. */
  readonly call: string;
  /** Where its value goes: the left side and what casts it. */
  readonly to: { readonly name: string; readonly cast: string } | undefined;
  /** Statements after it. */
  readonly after: readonly string[];
}

/**
 * An operation in C.
 *
 * @throws {@link Unwritable} when C cannot say it alone
 */
export function callInC(words: Vocabulary, step: CStep): CallInC {
  const plain = plainCall(words, step);
  if (step.failing === undefined) return plain;
  return { ...plain, call: `FAILING(${unsigned(step.failing)}, ${plain.call})` };
}

function plainCall(words: Vocabulary, step: CStep): CallInC {
  const { operation } = step;
  if (operation.op === 'ioctl') return request(words, step, operation);
  if (operation.op === 'close' && metOnce(step)) {
    const call = `close_soon(${words.slots.descriptor(operation.fd)})`;
    return { before: [], call, to: undefined, after: [] };
  }
  const write = CALLS[operation.op] as Writer<Operation> | undefined;
  if (write === undefined) {
    throw new Unwritable(`the operation ${operation.op} has no counterpart in a C program`);
  }
  const variable = words.slots.of(step);
  const cast =
    variable?.kind === 'address' ? '(char *)' : variable?.kind === 'number' ? '' : '(int)';
  const to =
    variable === undefined || variable.kind === 'pair' ? undefined : { name: variable.name, cast };
  return { before: [], call: write(operation, words, variable?.name ?? ''), to, after: [] };
}

/**
 * Whether a call on a guessed number met it. What it met may be there for microseconds, and a
 * program that tries once would come too early nearly always.
 */
const metOnce = ({ failing, operation, result }: CStep): boolean =>
  failing === undefined &&
  'fd' in operation &&
  typeof operation.fd === 'bigint' &&
  result !== undefined &&
  succeeded(result);

type Writer<Of> = (operation: Of, words: Vocabulary, variable: string) => string;
type Writers = { readonly [Name in OperationName]?: Writer<OperationOf<Name>> };

/** Operations that a line of C says. Those of `exec` and `exit` never come back. */
const CALLS: Writers = {
  open: ({ file, flags }, { slots }) => `open(${path(file)}, ${slots.word(flags, openFlags)})`,
  close: ({ fd }, { slots }) => `close(${slots.descriptor(fd)})`,
  dup: ({ fd }, { slots }) => `dup(${slots.descriptor(fd)})`,
  dup2: ({ fd, to }, { slots }) => `dup2(${slots.descriptor(fd)}, ${slots.descriptor(to)})`,
  dup3: ({ fd, flags, to }, { slots }) =>
    `dup3(${slots.descriptor(fd)}, ${slots.descriptor(to)}, ${slots.word(flags, openFlags)})`,
  fcntl: ({ command, fd, value = 0n }, { slots }) =>
    `fcntl(${slots.descriptor(fd)}, ${slots.word(command)}, ${slots.word(value)})`,
  lseek: ({ fd, offset, whence }, { slots }) =>
    `lseek(${slots.descriptor(fd)}, ${slots.word(offset)}, ${slots.word(whence, whenceName)})`,
  ftruncate: ({ fd, length }, { slots }) =>
    `ftruncate(${slots.descriptor(fd)}, ${slots.word(length)})`,
  mmap: ({ fd, flags, length, offset = 0n, protection }, { slots }) => {
    const how = [slots.word(protection, protectionFlags), slots.word(flags, mappingFlags)];
    const what = [slots.descriptor(fd), slots.word(offset)];
    return `mmap(NULL, ${[slots.word(length), ...how, ...what].join(', ')})`;
  },
  munmap: ({ address, length, offset }, { slots }) =>
    `munmap(${access(slots, address, offset)}, ${slots.word(length)})`,
  mprotect: ({ address, length, offset, protection }, { slots }) => {
    const where = `${access(slots, address, offset)}, ${slots.word(length)}`;
    return `mprotect(${where}, ${slots.word(protection, protectionFlags)})`;
  },
  mremap: ({ address, flags, newLength, oldLength }, { slots }) => {
    const lengths = `${slots.word(oldLength)}, ${slots.word(newLength)}`;
    return `mremap(${slots.address(address)}, ${lengths}, ${slots.word(flags, remappingFlags)})`;
  },
  madvise: ({ address, advice, length, offset }, { slots }) =>
    `madvise(${access(slots, address, offset)}, ${slots.word(length)}, ${slots.word(advice)})`,
  store: ({ address, bytes, length, offset }, { slots }) =>
    `store(${access(slots, address, offset)}, ${slots.word(length)}, ${pattern(bytes)})`,
  scan: ({ address, bytes, length, offset }, { slots }) =>
    `scan(${access(slots, address, offset)}, ${slots.word(length)}, ${pattern(bytes)})`,
  load: ({ address, length, offset }, { slots }) =>
    `touch(${access(slots, address, offset)}, ${slots.word(length)})`,
  frames: ({ address, length }, { slots }) =>
    `touch(${slots.address(address)}, ${slots.word(length)})`,
  sleep: ({ microseconds }, { slots }) => `usleep(${slots.word(microseconds)})`,
  fork: ({ client }) => `start(${constant(client)}, ${identifier(client)})`,
  wait: ({ client }) => `await_end(${constant(client)})`,
  kill: ({ client, signal }, { slots }) =>
    `end_client(${constant(client)}, ${slots.word(signal, signalName)})`,
  exit: ({ status }, { slots }) => `end(${slots.word(status)})`,
  exec: () => 'execl("/proc/self/exe", "reproducer", "--pause", (char *)NULL)',
  socketpair: (_, _words, variable) => `socketpair(AF_UNIX, SOCK_DGRAM, 0, ${variable})`,
  sendfd: ({ fd, passed }, { slots }) =>
    `send_descriptor(${slots.descriptor(fd)}, ${slots.descriptor(passed)})`,
  recvfd: ({ fd }, { slots }) => `receive_descriptor(${slots.descriptor(fd)})`,
};

/** The name of a client as the C program numbers it. */
export const constant = (client: string): string => identifier(client).toUpperCase();

const signalName = (signal: bigint): string =>
  signal === linux.SIGKILL ? 'SIGKILL' : String(signal);

/** An address and an offset. */
function access(slots: CVariables, address: Operand, offset: Operand | undefined): string {
  const at = slots.address(address);
  return offset === undefined || offset === 0n ? at : `${at} + ${slots.word(offset)}`;
}

const pattern = (bytes: Uint8Array): string => `${stringLiteral(bytes)}, ${bytes.length}`;

function path(file: OperationOf<'open'>['file']): string {
  if (file === 'region:0') return 'path';
  if (file.startsWith('/')) return `"${file}"`;
  throw new Unwritable(`it opens ${file}, and a C program is told of one device only`);
}

function request(words: Vocabulary, step: CStep, operation: OperationOf<'ioctl'>): CallInC {
  const { abi, slots } = words;
  const { argument, fd } = operation;
  const variable = slots.of(step);
  if (variable === undefined || argument.bytes.length !== abi.command.size) {
    throw new Unwritable(`a request has ${argument.bytes.length} bytes, unlike the ABI's`);
  }
  if (typeof operation.request !== 'bigint') {
    throw new Unwritable('the number of an ioctl is the result of another operation');
  }
  const [head = '', ...others] = requestLiteral(abi, argument.bytes);
  const filled = [`${variable.name} = ${head}`, ...others];
  filled[filled.length - 1] = `${filled.at(-1)};`;
  const { before, pointer, after }: PlacedCall = placed(variable.name, argument, words);
  const number = commandText(abi, operation.request);
  const call = `ioctl(${slots.descriptor(fd)}, ${number}, ${pointer})`;
  return { before: [...filled, ...before], call, to: undefined, after };
}
