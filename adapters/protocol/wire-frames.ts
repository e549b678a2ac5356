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

/** Puts frames together from chunks of a stream. */
export class WireFrameParser {
  #chunks: Uint8Array[] = [];
  #bytes = 0;
  #limit: number;
  /** Bytes without which the next step is not worth taking. */
  #wanted: number = LAYOUT.frame.size;

  /** @param firstBytes bytes that the first payload may have: the peer is not known yet */
  constructor(firstBytes: number = FRAME_BYTES_MAX) {
    this.#limit = firstBytes;
  }

  /**
   * The frames that a further chunk completes.
   *
   * @throws RangeError for a length or type that no peer of this version sends
   */
  push(chunk: Uint8Array): WireFrame[] {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    const frames: WireFrame[] = [];
    while (this.#bytes >= this.#wanted) {
      const frame = this.#next();
      if (frame !== undefined) frames.push(frame);
    }
    return frames;
  }

  /** Chunks are joined only once a frame is whole, so that a long one costs what it weighs. */
  #next(): WireFrame | undefined {
    const bytes = this.#chunks.length === 1 ? this.#chunks[0] : Buffer.concat(this.#chunks);
    if (bytes === undefined) return undefined;
    const { at, size } = LAYOUT.frame;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const length = view.getUint32(at.length, true);
    const type = FRAMES[view.getUint16(at.type, true) - 1];
    if (type === undefined || length > this.#limit) throw new RangeError(NO_PROTOCOL);
    const whole = bytes.length >= size + length;
    const rest = whole ? bytes.subarray(size + length) : bytes;
    this.#chunks = rest.length === 0 ? [] : [rest];
    this.#bytes = rest.length;
    this.#wanted = whole ? size : size + length;
    if (whole) this.#limit = FRAME_BYTES_MAX;
    return whole
      ? { type, payload: Uint8Array.from(bytes.subarray(size, size + length)) }
      : undefined;
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
