import type { Argument, Neighbour, Placement } from '../contract/program.ts';
import type { Random } from './random.ts';

/** What memory around the argument holds: the red zones of the executor. */
const ZONE_BYTE = 0xa5;
/** Arguments longer than an ioctl number can say are refused, as by the executor. */
const ARGUMENT_BYTES_MAX = 16_384;

/** Bytes at which the protection of memory around the argument changes. */
interface Stretch {
  /** Offset from the argument's first byte up to which this holds. */
  readonly end: number;
  readonly readable: boolean;
  readonly writable: boolean;
  /** Whether there is memory at all. */
  readonly mapped: boolean;
}

const OPEN = { readable: true, writable: true, mapped: true };
const NOTHING = { readable: false, writable: false, mapped: false };
/** A page that can be written can also be read: x86 page tables know nothing else. */
const PROTECTIONS: Readonly<Record<Neighbour, Omit<Stretch, 'end'>>> = {
  unmapped: NOTHING,
  none: { readable: false, writable: false, mapped: true },
  'read-only': { readable: true, writable: false, mapped: true },
  'write-only': OPEN,
};

const NO_ZONES: readonly 'after'[] = [];
const PLAIN: readonly Stretch[] = [{ end: Number.POSITIVE_INFINITY, ...OPEN }];

function stretchesOf(placement: Placement, length: number, pageBytes: number): readonly Stretch[] {
  const forever = Number.POSITIVE_INFINITY;
  switch (placement.kind) {
    case 'null':
    case 'kernel':
    case 'unmapped':
      return [{ end: forever, ...NOTHING }];
    case 'page': {
      const own = Math.max(1, Math.ceil(length / pageBytes)) * pageBytes;
      return [
        { end: 0, ...OPEN },
        { end: own, ...PROTECTIONS[placement.protection] },
        { end: forever, ...OPEN },
      ];
    }
    case 'page-end': {
      const boundary = length + placement.distance;
      return [
        { end: boundary, ...OPEN },
        { end: boundary + pageBytes, ...PROTECTIONS[placement.neighbour] },
        { end: forever, ...NOTHING },
      ];
    }
    default:
      return PLAIN;
  }
}

const canBePlaced = ({ bytes, placement }: Argument, pageBytes: number): boolean => {
  if (bytes.length > ARGUMENT_BYTES_MAX) return false;
  if (placement?.kind === 'page-end') return Math.abs(placement.distance) <= pageBytes;
  if (placement?.kind === 'unaligned') return placement.by >= 0 && placement.by < 4096;
  if (placement?.kind !== 'flipped') return true;
  return placement.offset >= 0 && placement.offset + placement.width <= bytes.length;
};

/** An ioctl argument in the caller's memory, as copy_from_user and copy_to_user see it. */
export class UserArgument {
  readonly #stretches: readonly Stretch[];
  readonly #memory: Uint8Array;
  #touchedAfter = false;
  #flipped: { offset: number; values: readonly [Uint8Array, Uint8Array] } | undefined;
  #phase: 0 | 1 = 0;

  private constructor(argument: Argument, pageBytes: number, random: Random) {
    const { bytes, placement } = argument;
    this.#memory = bytes.slice();
    this.#stretches =
      placement === undefined ? PLAIN : stretchesOf(placement, bytes.length, pageBytes);
    if (placement?.kind !== 'flipped') return;
    const { offset, width, value } = placement;
    const other = new Uint8Array(8);
    new DataView(other.buffer).setBigUint64(0, BigInt.asUintN(64, value), true);
    const original = bytes.slice(offset, offset + width);
    this.#flipped = { offset, values: [original, other.slice(0, width)] };
    this.#phase = random.below(2) === 0 ? 0 : 1;
    this.flip();
  }

  /** Places an argument; undefined when the placement cannot be made. */
  static place(argument: Argument, pageBytes: number, random: Random): UserArgument | undefined {
    if (!canBePlaced(argument, pageBytes)) return undefined;
    return new UserArgument(argument, pageBytes, random);
  }

  /** What the other thread of a `flipped` placement does while the call is preempted. */
  flip(): void {
    if (this.#flipped === undefined) return;
    this.#phase = this.#phase === 0 ? 1 : 0;
    this.#memory.set(this.#flipped.values[this.#phase], this.#flipped.offset);
  }

  /** copy_from_user: the bytes, or undefined when some cannot be read (EFAULT). */
  copyIn(length: number, offset = 0): Uint8Array | undefined {
    if (this.#reach('readable', offset, length) < length) return undefined;
    const present = this.#memory.slice(offset, offset + length);
    if (present.length === length) return present;
    const bytes = new Uint8Array(length).fill(ZONE_BYTE);
    bytes.set(present);
    return bytes;
  }

  /**
   * copy_to_user: writes as far as memory lets it.
   *
   * @returns whether all of it was written; EFAULT when not
   */
  copyOut(bytes: Uint8Array): boolean {
    const reach = this.#reach('writable', 0, bytes.length);
    if (reach > this.#memory.length) this.#touchedAfter = true;
    const room = Math.min(reach, this.#memory.length);
    this.#memory.set(room === bytes.length ? bytes : bytes.subarray(0, room));
    return reach === bytes.length;
  }

  /** strndup_user: the text up to its NUL; undefined for EFAULT, null when it is longer. */
  copyText(lengthMax: number): string | undefined | null {
    const codes: number[] = [];
    for (let at = 0; at < lengthMax; at += 1) {
      const code = this.copyIn(1, at)?.[0];
      if (code === undefined) return undefined;
      if (code === 0) return String.fromCharCode(...codes);
      codes.push(code);
    }
    return null;
  }

  /** How many bytes from `offset` on allow the access. */
  #reach(access: 'readable' | 'writable', offset: number, length: number): number {
    if (this.#stretches === PLAIN) return length;
    for (const stretch of this.#stretches) {
      if (stretch.end <= offset || stretch[access]) continue;
      const start = this.#startOf(stretch);
      if (start < offset + length) return Math.max(0, start - offset);
    }
    return length;
  }

  #startOf(stretch: Stretch): number {
    const before = this.#stretches[this.#stretches.indexOf(stretch) - 1];
    return before?.end ?? Number.NEGATIVE_INFINITY;
  }

  /** The argument as it is now; empty when there is no memory where it was put. */
  get bytes(): Uint8Array {
    if (this.#stretches === PLAIN) return this.#memory;
    const mapped = this.#stretches.some((stretch) => stretch.mapped && stretch.end > 0);
    return mapped ? this.#memory : new Uint8Array(0);
  }

  /** Sides on which something wrote outside of the argument. */
  get touchedZones(): readonly 'after'[] {
    return this.#touchedAfter ? ['after'] : NO_ZONES;
  }
}
