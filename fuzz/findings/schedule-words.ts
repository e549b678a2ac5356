import {
  linux,
  type Operand,
  type Operation,
  type OperationName,
  type OperationOf,
  type Placement,
  pageFramesIn,
  type Result,
  specOf,
  succeeded,
  toJson,
  type UntypedOperation,
  wordOf,
} from '../../adapters/contract/index.ts';
import { commandOf, fieldOf, readField } from '../../catalogue/abi-request.ts';
import type { Abi, Role } from '../../catalogue/catalogue.ts';

/** The words for an operation: its request, and its result. */
export interface CallWords {
  readonly asks: string;
  /** Empty when nothing is known of it. */
  readonly came: string;
}

/** How what an operation gives is named, by what it is; undefined when it keeps the slot's name. */
function stemOf(op: OperationName): string | undefined {
  const { gives } = specOf(op);
  switch (gives?.kind) {
    case 'request':
      return 'buffer';
    case 'mapping':
      return 'map';
    case 'pair':
      return 'pair';
    case 'descriptor':
      return gives.of === undefined || gives.byCommand === true ? undefined : 'copy';
    default:
      return undefined;
  }
}

/** Says in a few words what operations of Programs do, and with what result. */
export class ScheduleWords {
  readonly #abi: Abi;
  readonly #page: bigint;
  readonly #names = new Map<string, string>();

  /**
   * @param page bytes in a page of the target
   * @param operations in the order in which what they give is numbered
   */
  constructor(abi: Abi, page: bigint, operations: readonly Operation[]) {
    this.#abi = abi;
    this.#page = page;
    const counts = new Map<string, number>();
    for (const { op, slot } of operations) {
      const stem = stemOf(op);
      if (slot === undefined || stem === undefined) continue;
      const number = (counts.get(stem) ?? 0) + 1;
      counts.set(stem, number);
      this.#names.set(slot, `${stem}${number}`);
    }
  }

  /** The name of what an operation gives; undefined when it has none of its own. */
  nameOf({ slot }: Operation): string | undefined {
    return slot === undefined ? undefined : this.#names.get(slot);
  }

  of(operation: Operation, result: Result | undefined): CallWords {
    const name = this.nameOf(operation);
    const gives = name === undefined ? '' : `${name} = `;
    return { asks: gives + this.#asks(operation), came: this.#came(operation, result) };
  }

  #asks(operation: Operation): string {
    switch (operation.op) {
      case 'ioctl':
        return this.#request(operation);
      case 'open':
        return `open ${operation.file} ${this.#word(operation.flags, accessMode)}`;
      case 'mmap':
        return this.#mapping(operation);
      case 'munmap':
        return `munmap ${this.#part(operation)}`;
      case 'mremap': {
        const lengths = [operation.oldLength, operation.newLength].map((one) => this.#bytes(one));
        return `mremap ${this.#word(operation.address)} ${lengths.join(' to ')}`;
      }
      case 'store':
        return `fill ${this.#part(operation)} with ${pattern(operation.bytes)}`;
      case 'scan':
        return `look for ${pattern(operation.bytes)} in ${this.#part(operation)}`;
      case 'frames':
        return `page frames of ${this.#word(operation.address)}`;
      case 'kill':
        return `kill ${operation.client}${operation.signal === linux.SIGKILL ? '' : ` ${operation.signal}`}`;
      case 'lseek':
        return `lseek ${this.#word(operation.fd)} ${this.#word(operation.offset)} ${this.#word(operation.whence, whence)}`;
      case 'sendfd':
        return `send ${this.#word(operation.passed)} through ${this.#word(operation.fd)}`;
      default:
        return this.#plainly(operation as UntypedOperation);
    }
  }

  /** The name and the arguments in their order. */
  #plainly({ op, slot: _slot, ...rest }: UntypedOperation): string {
    const words = Object.values(rest).map((value) => {
      if (typeof value === 'bigint' || isReference(value)) return this.#word(value);
      return typeof value === 'string' ? value : JSON.stringify(toJson(value));
    });
    return [op, ...words].join(' ');
  }

  #request({ argument, fd, request }: OperationOf<'ioctl'>): string {
    const { bytes, placement } = argument;
    const where = placementWords(placement, this.#page);
    const device = typeof fd === 'bigint' ? ` on ${fd}` : '';
    const isCommand = request === commandOf(this.#abi) && bytes.length === this.#abi.command.size;
    const what = isCommand ? 'allocate' : `ioctl ${this.#word(request)}`;
    if (bytes.length !== this.#abi.command.size) return `${what}${device}${where}`;
    return `${what} ${this.#fields(bytes)}${device}${where}`;
  }

  /** The length, and whatever else departs from an ordinary request. */
  #fields(bytes: Uint8Array): string {
    const length = this.#bytes(readField(bytes, fieldOf(this.#abi, 'length')));
    const others = (Object.keys(this.#abi.fields) as Role[]).flatMap((role) => {
      const value = readField(bytes, fieldOf(this.#abi, role));
      if (role === 'length' || value === (role === 'flags' ? ORDINARY : 0n)) return [];
      return [`${role} 0x${BigInt.asUintN(64, value).toString(16)}`];
    });
    return [length, ...others].join(', ');
  }

  #mapping({ fd, flags, length, offset, protection }: OperationOf<'mmap'>): string {
    const how = `${this.#word(protection, access)}${flags === linux.MAP_PRIVATE ? ' private' : ''}`;
    const from = offset === undefined || offset === 0n ? '' : ` from ${this.#bytes(offset)}`;
    return `mmap ${this.#word(fd)} ${this.#bytes(length)}${from} ${how}`;
  }

  #part({ address, length, offset }: OperationOf<'munmap' | 'scan' | 'store'>): string {
    const from = offset === undefined || offset === 0n ? '' : `+${this.#bytes(offset)}`;
    return `${this.#word(address)}${from} ${this.#bytes(length)}`;
  }

  /** Bytes in pages where they are whole ones. */
  #bytes(value: Operand): string {
    if (typeof value !== 'bigint') return this.#word(value);
    const pages = value / this.#page;
    if (value === 0n || value % this.#page !== 0n || value >= 1n << 48n)
      return `${value < 1n << 32n ? value : hexed(value)} B`;
    return `${pages} ${pages === 1n ? 'page' : 'pages'}`;
  }

  #word(operand: Operand, literal: (value: bigint) => string = hexed): string {
    if (typeof operand === 'bigint') return literal(operand);
    const name = this.#names.get(operand.slot) ?? operand.slot;
    if (name.startsWith('pair') && operand.offset !== undefined)
      return `${name}[${operand.offset / 4}]`;
    return name;
  }

  #came(operation: Operation, result: Result | undefined): string {
    if (result === undefined) return '';
    const word = wordOf(result);
    if (!succeeded(result)) return word;
    switch (operation.op) {
      case 'ioctl':
        return operation.request === commandOf(this.#abi)
          ? `fd ${readField(result.out, fieldOf(this.#abi, 'descriptor'))}`
          : word;
      case 'scan':
        if (result.value === operation.length) return 'all of it';
        return `byte ${result.value} is ${hexByte(result.out[0])}`;
      case 'frames':
        return framesIn(result.out);
      case 'lseek':
        return this.#bytes(result.value);
      default:
        return specOf(operation.op).result === 'descriptor' ? `fd ${result.value}` : word;
    }
  }
}

const ORDINARY = linux.O_RDWR | linux.O_CLOEXEC;

const isReference = (value: unknown): value is Exclude<Operand, bigint> =>
  typeof value === 'object' && value !== null && 'slot' in value;

const hexed = (value: bigint): string =>
  value < 10_000n && value > -10_000n
    ? String(value)
    : `0x${BigInt.asUintN(64, value).toString(16)}`;

const hexByte = (byte: number | undefined): string =>
  `0x${(byte ?? 0).toString(16).padStart(2, '0')}`;

const accessMode = (flags: bigint): string =>
  (['O_RDONLY', 'O_WRONLY', 'O_RDWR', 'O_ACCMODE'] as const)[Number(flags & 3n)] +
  (flags > 3n ? ` + ${hexed(flags & ~3n)}` : '');

const access = (bits: bigint): string =>
  ['r', 'w', 'x'].map((letter, bit) => ((bits >> BigInt(bit)) & 1n ? letter : '-')).join('');

const whence = (value: bigint): string => ['SET', 'CUR', 'END'][Number(value)] ?? String(value);

/** Bytes as text where they are text, and else in hex. */
function pattern(bytes: Uint8Array): string {
  const isText = bytes.length > 1 && bytes.every((byte) => byte >= 0x20 && byte < 0x7f);
  if (isText) return `"${new TextDecoder().decode(bytes)}"`;
  return bytes.length === 1 && bytes[0] === 0 ? 'zeros' : Buffer.from(bytes).toString('hex');
}

function placementWords(placement: Placement | undefined, page: bigint): string {
  if (placement === undefined) return '';
  switch (placement.kind) {
    case 'plain':
      return '';
    case 'page':
      return ` in a ${placement.protection === 'none' ? 'forbidden' : placement.protection} page`;
    case 'page-end':
      return ` ${placement.distance} B before a page that is ${placement.neighbour}`;
    case 'unaligned':
      return ` ${placement.by} B off`;
    case 'flipped': {
      const pages = placement.value / page;
      return ` flipping to ${placement.value % page === 0n ? `${pages} pages` : placement.value}`;
    }
    default:
      return ` at ${placement.kind === 'null' ? 'NULL' : `${placement.kind} memory`}`;
  }
}

/** The first frames of a mapping. */
function framesIn(out: Uint8Array): string {
  const frames = pageFramesIn(out);
  const first = frames.slice(0, 2).map((frame) => frame.toString(16));
  return `${first.join(' ')}${frames.length > 2 ? ` … (${frames.length})` : ''}`;
}
