import type { Duplex } from 'node:stream';
import { encodeFrame, type Frame, FrameParser, type FrameType } from './frames.ts';

/** The stream ended, broke, or carried something that is no frame. */
export class ChannelLost extends Error {}

/** Nothing arrived in time. */
export class ChannelSilent extends Error {}

interface Waiter {
  resolve(frame: Frame): void;
  reject(reason: Error): void;
}

/** Frames over a byte stream, one waiting reader at a time. */
export class Channel {
  readonly #stream: Duplex;
  readonly #parser = new FrameParser();
  readonly #arrived: Frame[] = [];
  #waiter: Waiter | undefined;
  #lost: ChannelLost | undefined;

  constructor(stream: Duplex) {
    this.#stream = stream;
    stream.on('data', (chunk: Uint8Array) => this.#onData(chunk));
    stream.on('error', (error) => this.#lose(error.message));
    stream.on('close', () => this.#lose('the connection was closed'));
    stream.on('end', () => this.#lose('the peer ended the connection'));
  }

  /** Sends a frame; a broken stream shows at the next {@link receive}. */
  send(type: FrameType, payload: Uint8Array = new Uint8Array(0)): void {
    if (this.#lost === undefined) this.#stream.write(encodeFrame(type, payload));
  }

  /**
   * The next frame.
   *
   * @throws {@link ChannelLost} when the stream ends first, {@link ChannelSilent} after `timeoutMs`
   */
  async receive(timeoutMs: number): Promise<Frame> {
    const ready = this.#arrived.shift();
    if (ready !== undefined) return ready;
    if (this.#lost !== undefined) throw this.#lost;
    return new Promise<Frame>((resolve, reject) => {
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

  /** Closes the stream. */
  destroy(): void {
    this.#stream.destroy();
  }

  #onData(chunk: Uint8Array): void {
    try {
      this.#arrived.push(...this.#parser.push(chunk));
    } catch (thrown) {
      this.#lose(thrown instanceof Error ? thrown.message : String(thrown));
      this.#stream.destroy();
      return;
    }
    const waiter = this.#waiter;
    if (waiter === undefined) return;
    const frame = this.#arrived.shift();
    if (frame === undefined) return;
    this.#waiter = undefined;
    waiter.resolve(frame);
  }

  #lose(message: string): void {
    this.#lost ??= new ChannelLost(message);
    const waiter = this.#waiter;
    this.#waiter = undefined;
    waiter?.reject(this.#lost);
  }
}
