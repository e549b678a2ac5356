import type { Duplex } from 'node:stream';
import { machineError, messageOf } from '../../base/errors.ts';
import { decodeHistory } from '../contract/codec/decode-history.ts';
import { encodeProgram } from '../contract/codec/encode-program.ts';
import { encodeNames } from '../contract/codec/wire-names.ts';
import {
  ConnectionLost,
  DEADLINES_MAX,
  type History,
  type Program,
  type Session,
  TargetDeath,
  type TargetFacts,
} from '../contract/index.ts';
import { NameTable } from '../contract/names.ts';
import type { AgentOptions } from './agent-options.ts';
import { Channel, ChannelGarbled, ChannelLost, ChannelSilent } from './channel.ts';
import { decodeDeath } from './encode-death.ts';
import { paceOf, parseAgentFacts } from './facts.ts';
import { isServed, servedFacts } from './served-facts.ts';
import {
  decodeHello,
  encodeHello,
  ownHello,
  REQUEST_BYTES_MAX,
  type WireFrame,
  type WireFrameType,
} from './wire-frames.ts';

export type { AgentOptions, LastWords } from './agent-options.ts';

/** Milliseconds beyond what is due before a silent agent counts as hung. */
const GRACE_MS = 10_000;
/** The same for a daemon: it has an agent of its own, whose silence it reports. */
const SERVED_GRACE_MS = 3 * GRACE_MS;
/** Milliseconds of silence behind a complaint; an agent speaks every five seconds. */
const STRICKEN_MS = 5_000;
/** Milliseconds for the handshake and for `begin`. */
const ANSWER_MS = 20_000;
/** Milliseconds for the facts: a daemon may first have to boot its target, or to serve others. */
const FACTS_MS = 150_000;

/**
 * Shakes hands with an agent over a stream and opens a session on it.
 *
 * @throws {@link AllocertError} when the peer is no agent, is one of another version, or refuses
 */
export async function connectAgent(stream: Duplex, options: AgentOptions): Promise<Session> {
  const channel = new Channel(stream);
  try {
    const own = ownHello();
    channel.send('hello', encodeHello(own));
    const theirs = decodeHello(
      expected(await channel.receive(options.helloTimeoutMs ?? ANSWER_MS), 'hello'),
    );
    if (theirs.version !== own.version || theirs.digest !== own.digest) {
      throw machineError(
        `the agent speaks protocol ${theirs.version} of another allocert; ` +
          'build the agent from the same version as this client',
      );
    }
    const said = parseAgentFacts(expected(await channel.receive(FACTS_MS), 'facts'));
    const served = isServed(said);
    const facts = served ? servedFacts(said) : options.describe(said);
    const pace = Math.max(options.patience ?? 1, paceOf(said));
    return new AgentSession(channel, { facts, served, pace }, options);
  } catch (thrown) {
    channel.destroy();
    if (thrown instanceof ChannelLost || thrown instanceof ChannelSilent) {
      const { message } = await options.lastWords();
      const garbled = thrown instanceof ChannelGarbled;
      const reasons = [...(garbled || message === '' ? [thrown.message] : []), message];
      throw machineError(`no agent answers: ${reasons.filter(Boolean).join('; ')}`, thrown);
    }
    if (thrown instanceof RangeError) throw machineError(messageOf(thrown), thrown);
    throw thrown;
  }
}

/** The payload of a frame of that type; a refusal is passed on as what it says. */
function expected(frame: WireFrame, type: WireFrameType): Uint8Array {
  if (frame.type === type) return frame.payload;
  if (frame.type === 'refusal') {
    throw machineError(`the agent refuses: ${new TextDecoder().decode(frame.payload)}`);
  }
  throw new RangeError(`the agent sent ${frame.type} where ${type} was due`);
}

/** The peer as the handshake shows it. */
interface Peer {
  readonly facts: TargetFacts;
  /** A daemon speaks for an adapter; an agent is on its machine. */
  readonly served: boolean;
  /** How many times longer than on a fast machine anything may take. */
  readonly pace: number;
}

/** A case: its name, and the numbers of its slots and clients. */
interface Case {
  readonly id: string;
  readonly names: NameTable;
  /** Set once its first Program is known to run; of later ones it may hear with the answers. */
  isTold: boolean;
}

class AgentSession implements Session {
  readonly facts: TargetFacts;
  readonly #served: boolean;
  readonly #pace: number;
  readonly #channel: Channel;
  readonly #options: AgentOptions;
  #case: Case = { id: '', names: new NameTable(), isTold: false };
  #turn: Promise<unknown> = Promise.resolve();
  /** Set once an answer failed: nothing more is read from the stream. */
  #failed = false;
  #closed = false;

  constructor(channel: Channel, { facts, served, pace }: Peer, options: AgentOptions) {
    this.#channel = channel;
    this.facts = facts;
    this.#served = served;
    this.#pace = pace;
    this.#options = options;
  }

  get #grace(): number {
    return this.#pace * (this.#served ? SERVED_GRACE_MS : GRACE_MS);
  }

  begin(caseId: string): Promise<void> {
    return this.#inTurn(async () => {
      this.#case = { id: caseId, names: new NameTable(), isTold: false };
      this.#channel.send('begin', new TextEncoder().encode(caseId));
      await this.#begun(this.#case);
    });
  }

  async #begun(begun: Case): Promise<void> {
    this.#options.onBegin?.();
    await this.#answered(begun, async () => {
      try {
        await this.#next('begun', ANSWER_MS + this.#grace);
      } catch (thrown) {
        // What an earlier case left behind is no fault of the one that begins.
        if (!(thrown instanceof TargetDeath) || this.#served) throw thrown;
        throw new ConnectionLost(thrown.message);
      }
    });
  }

  /** A Program that is run before the last one was answered waits for its turn. */
  run(program: Program): Promise<History> {
    return this.#inTurn(async () => {
      const { frames, paced } = this.#request(program, this.#case);
      this.#channel.sendAll(frames);
      return this.#answer(paced, this.#case);
    });
  }

  runCase(caseId: string, programs: readonly Program[]): Promise<readonly History[]> {
    const begun: Case = { id: caseId, names: new NameTable(), isTold: false };
    const requests = programs.map((program) => this.#request(program, begun));
    const begin: WireFrame = { type: 'begin', payload: new TextEncoder().encode(caseId) };
    this.#channel.sendAll([begin, ...requests.flatMap(({ frames }) => frames)]);
    return this.#inTurn(async () => {
      if (this.#failed) throw new ConnectionLost('the connection was lost in the case before');
      this.#case = begun;
      await this.#begun(begun);
      const histories: History[] = [];
      for (const { paced } of requests) histories.push(await this.#answer(paced, begun));
      return histories;
    });
  }

  /** Answers come in the order of what was asked, so each waits until those before have come. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const answered = this.#turn.then(work);
    this.#turn = answered.catch(() => undefined); // The caller of that work hears of it.
    return answered;
  }

  /** The frames that ask for a Program, and the Program with the time that it has here. */
  #request(asked: Program, { names }: Case): { frames: WireFrame[]; paced: Program } {
    const paced = { ...asked, deadlineMs: Math.ceil(asked.deadlineMs * this.#pace) };
    const bytes = encodeProgram(paced, names);
    if (this.#served && bytes.length > REQUEST_BYTES_MAX) {
      throw machineError(
        `the Program has ${bytes.length} bytes, and a daemon takes at most ${REQUEST_BYTES_MAX}`,
      );
    }
    const frames: WireFrame[] = [{ type: 'run', payload: bytes }];
    const news = this.#served ? names.takeNew() : undefined;
    if (news !== undefined) frames.unshift({ type: 'names', payload: encodeNames(news) });
    return { frames, paced };
  }

  #answer(program: Program, asked: Case): Promise<History> {
    return this.#answered(asked, async () => {
      const patience = asked.isTold ? Math.max(ANSWER_MS, program.deadlineMs) : ANSWER_MS;
      await this.#next('executing', patience + this.#grace);
      asked.isTold = true;
      return decodeHistory(await this.#history(program.deadlineMs), program, asked.names);
    });
  }

  /**
   * The answer to a Program. An agent says every few seconds that it still runs, so that silence is
   * told from long work; a daemon, which may be busy with that work itself, does not.
   */
  async #history(deadlineMs: number): Promise<Uint8Array> {
    const longest = DEADLINES_MAX * deadlineMs + this.#grace;
    const silence = this.#served ? longest : deadlineMs + this.#grace;
    const end = performance.now() + longest;
    const late = (): ChannelSilent => new ChannelSilent(`no answer came for ${longest} ms`);
    for (;;) {
      const left = end - performance.now();
      // One that says without a pause that it still runs is never silent, and no better than that.
      if (left <= 0) throw late();
      const frame = await this.#receive(Math.min(silence, left)).catch((thrown: unknown) => {
        throw thrown instanceof ChannelSilent && left < silence ? late() : thrown;
      });
      if (frame.type !== 'executing') return expected(frame, 'history');
    }
  }

  async #next(type: WireFrameType, timeoutMs: number): Promise<Uint8Array> {
    return expected(await this.#receive(timeoutMs), type);
  }

  async #receive(timeoutMs: number): Promise<WireFrame> {
    const frame = await this.#heard(timeoutMs);
    if (frame.type === 'death') throw decodeDeath(frame.payload);
    return frame;
  }

  async #heard(timeoutMs: number): Promise<WireFrame> {
    const { hasComplained } = this.#options;
    if (hasComplained === undefined) return this.#channel.receive(timeoutMs);
    for (let left = timeoutMs; ; left -= STRICKEN_MS * this.#pace) {
      const slice = Math.min(left, STRICKEN_MS * this.#pace);
      try {
        return await this.#channel.receive(slice);
      } catch (thrown) {
        if (!(thrown instanceof ChannelSilent) || slice === left || hasComplained()) throw thrown;
      }
    }
  }

  /**
   * After a failure nothing more is read from this stream: an answer that comes late, or twice,
   * must never be taken for the answer to another Program.
   */
  async #answered<T>({ id }: Case, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (thrown) {
      this.#failed = true;
      this.#channel.destroy();
      if (thrown instanceof TargetDeath && !this.#served) throw await this.#stuck(thrown);
      if (thrown instanceof ChannelSilent) throw await this.#lost(id, 'hang', thrown.message);
      if (thrown instanceof ChannelLost) throw await this.#lost(id, 'crash', thrown.message);
      // Whose fault it is that the peer makes no sense cannot be told.
      if (thrown instanceof RangeError) throw new ConnectionLost(thrown.message);
      throw thrown;
    }
  }

  /** An agent's client that does not die, with what its machine has to say. */
  async #stuck({ manner, message }: TargetDeath): Promise<TargetDeath> {
    const words = await this.#options.lastWords();
    const told = words.message === '' ? '' : `; ${words.message}`;
    return new TargetDeath(manner, `${message}${told}`, words.log);
  }

  async #lost(
    caseId: string,
    manner: 'crash' | 'hang',
    cause: string,
  ): Promise<TargetDeath | ConnectionLost> {
    if (this.#closed) return new ConnectionLost('the session was closed');
    const { message, log, forced: ended } = await this.#options.lastWords();
    const forced = ended || (manner === 'hang' && this.#options.silenceIsForced === true);
    const sentence = message === '' ? cause : message;
    const { losses } = this.#options;
    const first = losses !== undefined && manner === 'crash' && !losses.has(caseId);
    if (!first && !this.#served) return new TargetDeath(manner, sentence, log, forced);
    losses?.add(caseId);
    return new ConnectionLost(sentence);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#channel.send('bye');
    this.#channel.end();
    await this.#options.onClose();
  }
}
