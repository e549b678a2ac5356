import type { Duplex } from 'node:stream';

/** A byte stream to a peer, and what is known of its other end. */
export interface Connection {
  readonly stream: Duplex;
  /**
   * The peer's last words, or how it ended, once the stream is lost; `forced` when a signal of
   * another process ended it.
   */
  lastWords(): Promise<{
    readonly message: string;
    readonly log: readonly string[];
    readonly forced?: boolean;
  }>;
  /**
   * Whether the peer dropped this connection before it said anything, as one that has too many
   * does: another may fare better.
   */
  turnedAway?(): boolean;
  /** Ends whatever was started for it. */
  close(): Promise<void>;
}

/** A socket says nothing beyond its own error. */
export const socketConnection = (stream: Duplex): Connection => ({
  stream,
  lastWords: async () => ({ message: '', log: [] }),
  close: async () => {
    stream.destroy();
  },
});
