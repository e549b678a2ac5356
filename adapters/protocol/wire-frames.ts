import { contractDigest } from '../contract/codec/digest.ts';
import {
  FRAME_BYTES_MAX,
  FRAMES,
  HELLO_MAGIC,
  LAYOUT,
  WIRE_VERSION,
} from '../contract/codec/layout.ts';

const NO_PROTOCOL = 'the peer does not speak the allocert protocol';

/** A type of frame between a client and an agent. */
export type WireFrameType = (typeof FRAMES)[number];

const KIB = 1024;

/**
 * Bytes that a payload of each type has at most. Only a Program and its History are long; what else
 * claims to be is refused before it is kept.
 */
export const PAYLOAD_BYTES_MAX: Readonly<Record<WireFrameType, number>> = {
  hello: 4 * KIB,
  facts: 1024 * KIB,
  begin: 4 * KIB,
  begun: 4 * KIB,
  run: FRAME_BYTES_MAX,
  executing: 4 * KIB,
  history: FRAME_BYTES_MAX,
  refusal: 64 * KIB,
  bye: 4 * KIB,
  names: 4096 * KIB,
  death: 1024 * KIB,
};

/**
 * Bytes of what a client may ask of a daemon at once: each of many may have sent half of it. The
 * longest Program of any case has less than 1 MiB.
 */
export const REQUEST_BYTES_MAX = 8192 * KIB;

/** How long the frames of a peer may be beyond what their type allows. */
export interface FrameLimits {
  /** Bytes that the first payload may have: the peer is not known yet. */
  readonly firstBytes: number;
  /** Bytes that every other may have. */
  readonly otherBytes: number;
}

/** One frame. */
export interface WireFrame {
  readonly type: WireFrameType;
  readonly payload: Uint8Array;
}

/** A frame as bytes: header, then payload. */
export function encodeWireFrame(type: WireFrameType, payload: Uint8Array): Uint8Array {
  const { at, size } = LAYOUT.frame;
  const bytes = new Uint8Array(size + payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(at.length, payload.length, true);
  view.setUint16(at.type, FRAMES.indexOf(type) + 1, true);
  bytes.set(payload, size);
  return bytes;
}

/** Bytes that a payload is given before more of it has come. */
const START_BYTES = 64 * KIB;

/**
 * Puts frames together from chunks of a stream. What a peer has sent is kept in one piece that
 * grows with it, so that it costs no more than twice its bytes in however many chunks it came.
 */
export class WireFrameParser {
  readonly #head = new Uint8Array(LAYOUT.frame.size);
  #headBytes = 0;
  #type: WireFrameType | undefined;
  #length = 0;
  #payload: Uint8Array = new Uint8Array(0);
  #filled = 0;
  #limit: number;
  readonly #otherBytes: number;

  constructor({ firstBytes, otherBytes }: Partial<FrameLimits> = {}) {
    this.#otherBytes = otherBytes ?? FRAME_BYTES_MAX;
    this.#limit = firstBytes ?? this.#otherBytes;
  }

  /**
   * The frames that a further chunk completes.
   *
   * @throws RangeError for a length or type that no peer of this version sends
   */
  push(chunk: Uint8Array): WireFrame[] {
    const frames: WireFrame[] = [];
    for (let rest = chunk; rest.length > 0; ) {
      const taken = this.#type === undefined ? this.#takeHead(rest) : this.#takePayload(rest);
      rest = rest.subarray(taken);
      if (this.#type !== undefined && this.#filled === this.#length) {
        frames.push({ type: this.#type, payload: this.#payload });
        this.#type = undefined;
        this.#limit = this.#otherBytes;
      }
    }
    return frames;
  }

  /** @returns how many bytes were taken */
  #takeHead(rest: Uint8Array): number {
    const part = rest.subarray(0, this.#head.length - this.#headBytes);
    this.#head.set(part, this.#headBytes);
    this.#headBytes += part.length;
    if (this.#headBytes === this.#head.length) this.#begin();
    return part.length;
  }

  #begin(): void {
    const view = new DataView(this.#head.buffer);
    const { at } = LAYOUT.frame;
    const type = FRAMES[view.getUint16(at.type, true) - 1];
    const length = view.getUint32(at.length, true);
    if (type === undefined || length > FRAME_BYTES_MAX) throw new RangeError(NO_PROTOCOL);
    const most = Math.min(this.#limit, PAYLOAD_BYTES_MAX[type]);
    if (length > most) {
      throw new RangeError(`${NO_PROTOCOL}: ${type} has ${length} bytes, of at most ${most}`);
    }
    this.#headBytes = 0;
    this.#type = type;
    this.#length = length;
    this.#filled = 0;
    this.#payload = new Uint8Array(Math.min(length, START_BYTES));
  }

  #takePayload(rest: Uint8Array): number {
    const part = rest.subarray(0, this.#length - this.#filled);
    const filled = this.#filled + part.length;
    if (filled > this.#payload.length) {
      const room = Math.min(this.#length, Math.max(filled, 2 * this.#payload.length));
      const larger = new Uint8Array(room);
      larger.set(this.#payload.subarray(0, this.#filled));
      this.#payload = larger;
    }
    this.#payload.set(part, this.#filled);
    this.#filled = filled;
    return part.length;
  }
}

/** The first frame of each end. */
export interface Hello {
  readonly version: number;
  readonly digest: bigint;
}

/** This end's hello. */
export function ownHello(): Hello {
  return { version: WIRE_VERSION, digest: contractDigest() };
}

/** A hello as the payload of its frame. */
export function encodeHello(hello: Hello): Uint8Array {
  const { at, size } = LAYOUT.hello;
  const view = new DataView(new ArrayBuffer(size));
  view.setUint32(at.magic, HELLO_MAGIC, true);
  view.setUint16(at.version, hello.version, true);
  view.setBigUint64(at.digest, hello.digest, true);
  return new Uint8Array(view.buffer);
}

/**
 * A hello from the payload of its frame.
 *
 * @throws RangeError when it is none
 */
export function decodeHello(payload: Uint8Array): Hello {
  const { at, size } = LAYOUT.hello;
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  if (payload.length !== size || view.getUint32(at.magic, true) !== HELLO_MAGIC) {
    throw new RangeError(NO_PROTOCOL);
  }
  return {
    version: view.getUint16(at.version, true),
    digest: view.getBigUint64(at.digest, true),
  };
}
