import type { Duplex } from 'node:stream';
import { AllocertError, messageOf } from '../../base/errors.ts';
import { decodeProgram } from '../contract/codec/decode-program.ts';
import { encodeHistory } from '../contract/codec/encode-history.ts';
import { FRAME_BYTES_MAX } from '../contract/codec/layout.ts';
import { decodeNames, WireNames } from '../contract/codec/wire-names.ts';
import { ConnectionLost, type Session, TargetDeath } from '../contract/index.ts';
import { Channel, ChannelLost, ChannelSilent } from '../protocol/channel.ts';
import { encodeDeath, encodeRefusal } from '../protocol/encode-death.ts';
import { encodeServedFacts } from '../protocol/served-facts.ts';
import { decodeHello, encodeHello, ownHello, REQUEST_BYTES_MAX } from '../protocol/wire-frames.ts';

/** How long a daemon waits for its clients, in milliseconds. */
export interface DaemonTimeouts {
  /** For the first word of a client. */
  readonly helloMs: number;
  /** For the next request of a client, and for it to take an answer. */
  readonly idleMs: number;
  /** Of a client, for its turn on a target that serves one at a time. */
  readonly turnMs: number;
}

/** The times of a daemon that is given none. */
export const DAEMON_TIMEOUTS: DaemonTimeouts = { helloMs: 10_000, idleMs: 600_000, turnMs: 60_000 };

/** Bytes of the first frame; a hello is shorter, and the client is not known yet. */
const FIRST_BYTES = 1024;
const CASE_ID_BYTES = 1024;
/** The longest deadline, in milliseconds: a target may be kept busy by one call as long as that. */
const DEADLINE_MS_MAX = 3_600_000;

/** The client that a session is opened for. */
export type Peer = Pick<Channel, 'unlessLost'>;

/**
 * Serves one client: the handshake, then `begin` and `run` until it leaves, does what it must not,
 * or the target dies. The client gets the operations of the contract on that one session and
 * nothing more.
 *
 * @param open the session, once the client has said hello
 * @returns why the client was dropped, or undefined when it left by itself
 */
export async function serveClient(
  stream: Duplex,
  open: (peer: Peer) => Promise<Session>,
  timeouts: DaemonTimeouts,
): Promise<string | undefined> {
  const channel = new Channel(stream, { firstBytes: FIRST_BYTES, otherBytes: REQUEST_BYTES_MAX });
  let session: Session | undefined;
  try {
    await greet(channel, timeouts);
    session = await open(channel);
    channel.send('facts', encodeServedFacts(session.facts));
    await new ServedClient(channel, session, timeouts).serve();
    return undefined;
  } catch (thrown) {
    return farewell(channel, thrown);
  } finally {
    channel.end();
    await session?.close();
  }
}

async function greet(channel: Channel, timeouts: DaemonTimeouts): Promise<void> {
  const own = ownHello();
  const { type, payload } = await channel.receive(timeouts.helloMs);
  channel.send('hello', encodeHello(own));
  if (type !== 'hello') throw new RangeError('the client did not start with a hello');
  const theirs = decodeHello(payload);
  if (theirs.version !== own.version || theirs.digest !== own.digest) {
    throw new RangeError('client and daemon are of different versions; use the same allocert');
  }
}

/** Tells the client why it ends here, and says it for the log. */
function farewell(channel: Channel, thrown: unknown): string {
  if (thrown instanceof TargetDeath) {
    channel.send('death', encodeDeath(thrown));
    return `the target died: ${thrown.message}`;
  }
  // The way to the target broke, not the target: the client sees the same as here.
  if (thrown instanceof ConnectionLost) return thrown.message;
  if (thrown instanceof ChannelLost || thrown instanceof ChannelSilent) return thrown.message;
  const expected = thrown instanceof RangeError || thrown instanceof AllocertError;
  const sentence = expected ? thrown.message : `a bug in allocert: ${messageOf(thrown)}`;
  channel.send('refusal', encodeRefusal(sentence));
  return sentence;
}

class ServedClient {
  readonly #channel: Channel;
  readonly #session: Session;
  readonly #timeouts: DaemonTimeouts;
  #names: WireNames | undefined;

  constructor(channel: Channel, session: Session, timeouts: DaemonTimeouts) {
    this.#channel = channel;
    this.#session = session;
    this.#timeouts = timeouts;
  }

  async serve(): Promise<void> {
    const { idleMs } = this.#timeouts;
    for (;;) {
      const { type, payload } = await this.#channel.receive(idleMs);
      if (type === 'bye') return;
      if (type === 'begin') await this.#begin(payload);
      else if (type === 'names') this.#begun().learn(decodeNames(payload));
      else if (type === 'run') await this.#run(payload);
      else throw new RangeError(`the client sent ${type}, which a daemon does not expect`);
      await this.#channel.flushed(idleMs);
    }
  }

  async #begin(payload: Uint8Array): Promise<void> {
    if (payload.length > CASE_ID_BYTES) {
      throw new RangeError('the name of the case is longer than 1024 bytes');
    }
    this.#names = new WireNames();
    const caseId = new TextDecoder().decode(payload);
    await this.#channel.unlessLost(this.#session.begin(caseId));
    this.#channel.send('begun');
  }

  async #run(payload: Uint8Array): Promise<void> {
    const names = this.#begun();
    const program = decodeProgram(payload, names);
    if (program.deadlineMs > DEADLINE_MS_MAX) {
      throw new RangeError('the Program has a deadline of more than an hour');
    }
    this.#channel.send('executing');
    // What a client that went away asked for ends with its session.
    const history = await this.#channel.unlessLost(this.#session.run(program));
    const bytes = encodeHistory(history, program, names.numberOf);
    if (bytes.length > FRAME_BYTES_MAX) throw new RangeError('the History is too long to be sent');
    this.#channel.send('history', bytes);
  }

  #begun(): WireNames {
    if (this.#names === undefined) throw new RangeError('the first Program came before any begin');
    return this.#names;
  }
}
