import type { Duplex } from 'node:stream';
import { messageOf } from '../../base/errors.ts';
import {
  encodeWireFrame,
  type FrameLimits,
  type WireFrame,
  WireFrameParser,
  type WireFrameType,
} from './wire-frames.ts';

/** The stream ended, broke, or carried something that is no frame. */
export class ChannelLost extends Error {}

/** The peer sent something that is no frame. */
export class ChannelGarbled extends ChannelLost {}

/** Nothing arrived in time. */
export class ChannelSilent extends Error {}

interface Waiter {
  resolve(frame: WireFrame): void;
  reject(reason: Error): void;
}

/** Bytes of frames that have not been read yet; beyond them the peer has to wait. */
const AHEAD_BYTES = 1 << 20;

/** Milliseconds that a peer gets to take the last frame. */
const END_MS = 1000;

/** Bytes that a frame costs beside its payload, so that empty ones are not free. */
const FRAME_COST = 64;

/** Frames over a byte stream, one waiting reader at a time. */
export class Channel {
  readonly #stream: Duplex;
  readonly #parser: WireFrameParser;
  readonly #arrived: WireFrame[] = [];
  #ahead = 0;
  #waiter: Waiter | undefined;
  #lost: ChannelLost | undefined;
  /** What to do once the peer is lost. */
  readonly #whenLost = new Set<(reason: ChannelLost) => void>();

  #ended = false;

  /** @param limits how long the peer's frames may be; left out: of any length */
  constructor(stream: Duplex, limits?: FrameLimits) {
    this.#parser = new WireFrameParser(limits);
    this.#stream = stream;
    stream.on('data', (chunk: Uint8Array) => this.#onData(chunk));
    stream.on('error', (error) => this.#lose(new ChannelLost(error.message)));
    stream.on('close', () => this.#lose(new ChannelLost('the connection was closed')));
    stream.on('end', () => this.#lose(new ChannelLost('the peer ended the connection')));
    // A peer that ended before anybody listened says so no second time.
    if (stream.destroyed || stream.readableEnded) {
      this.#lose(new ChannelLost('the peer ended the connection'));
    }
  }

  /** Sends a frame; a broken stream shows at the next {@link receive}. */
  send(type: WireFrameType, payload: Uint8Array = new Uint8Array(0)): void {
    if (this.#lost === undefined) this.#stream.write(encodeWireFrame(type, payload));
  }

  /** Sends frames that another end may take in one piece. */
  sendAll(frames: readonly WireFrame[]): void {
    if (this.#lost !== undefined) return;
    const bytes = frames.map(({ payload, type }) => encodeWireFrame(type, payload));
    this.#stream.write(Buffer.concat(bytes));
  }

  /**
   * The next frame.
   *
   * @param timeoutMs milliseconds that the peer gets for it
   * @throws {@link ChannelLost} when the stream ends first, {@link ChannelSilent} after `timeoutMs`
   */
  async receive(timeoutMs: number): Promise<WireFrame> {
    const ready = this.#take();
    if (ready !== undefined) return ready;
    if (this.#lost !== undefined) throw this.#lost;
    return new Promise<WireFrame>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiter = undefined;
        reject(new ChannelSilent(`nothing came for ${timeoutMs} ms`));
      }, timeoutMs);
      const settled = (): void => clearTimeout(timer);
      this.#waiter = {
        resolve: (frame) => {
          settled();
          resolve(frame);
        },
        reject: (reason) => {
          settled();
          reject(reason);
        },
      };
    });
  }

  /**
   * Waits until the peer has taken what was sent; one that reads nothing must not fill memory here.
   *
   * @throws {@link ChannelLost} when the stream ends first, {@link ChannelSilent} after `timeoutMs`
   */
  async flushed(timeoutMs: number): Promise<void> {
    if (this.#lost !== undefined) throw this.#lost;
    if (!this.#stream.writableNeedDrain) return;
    const taken = new Promise<void>((resolve, reject) => {
      const settle = (done: () => void): void => {
        clearTimeout(timer);
        this.#stream.off('drain', drained).off('close', drained);
        done();
      };
      const drained = (): void => settle(resolve);
      const late = new ChannelSilent(`the peer took nothing for ${timeoutMs} ms`);
      const timer = setTimeout(() => settle(() => reject(late)), timeoutMs);
      this.#stream.once('drain', drained).once('close', drained);
    });
    await this.unlessLost(taken);
  }

  /**
   * What becomes of some work for the peer, or of the peer, whichever comes first. The work is not
   * ended by that; nobody hears of it any more.
   *
   * @throws {@link ChannelLost} when the peer is gone, or goes
   */
  unlessLost<T>(work: Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const settled = (): boolean => this.#whenLost.delete(reject);
      work.then(resolve, reject).finally(settled);
      if (this.#lost === undefined) this.#whenLost.add(reject);
      else reject(this.#lost);
    });
  }

  /** Whether the stream is lost, so that no answer is needed any more. */
  get lost(): boolean {
    return this.#lost !== undefined;
  }

  /**
   * Closes the stream once what was sent has been taken. What still comes is thrown away: closing a
   * socket with bytes unread could take the last frame from the peer.
   */
  end(): void {
    this.#ended = true;
    if (this.lost) this.#stream.destroy();
    if (this.#stream.destroyed) return;
    this.#stream.resume();
    this.#stream.end();
    const timer = setTimeout(() => this.#stream.destroy(), END_MS);
    this.#stream.once('close', () => clearTimeout(timer));
  }

  /** Closes the stream. */
  destroy(): void {
    this.#stream.destroy();
  }

  #onData(chunk: Uint8Array): void {
    if (this.#ended) return;
    try {
      const frames = this.#parser.push(chunk);
      this.#arrived.push(...frames);
      for (const { payload } of frames) this.#ahead += FRAME_COST + payload.length;
    } catch (thrown) {
      this.#lose(new ChannelGarbled(messageOf(thrown)));
      this.#stream.destroy();
      return;
    }
    this.#deliver();
    if (this.#ahead > AHEAD_BYTES) this.#stream.pause();
  }

  #take(): WireFrame | undefined {
    const frame = this.#arrived.shift();
    if (frame === undefined) return undefined;
    this.#ahead -= FRAME_COST + frame.payload.length;
    if (this.#ahead <= AHEAD_BYTES && this.#stream.isPaused()) this.#stream.resume();
    return frame;
  }

  #deliver(): void {
    const waiter = this.#waiter;
    if (waiter === undefined) return;
    const frame = this.#take();
    if (frame === undefined) return;
    this.#waiter = undefined;
    waiter.resolve(frame);
  }

  #lose(reason: ChannelLost): void {
    this.#lost ??= reason;
    const waiter = this.#waiter;
    this.#waiter = undefined;
    waiter?.reject(this.#lost);
    for (const tell of this.#whenLost) tell(this.#lost);
    this.#whenLost.clear();
  }
}
