import type { Duplex } from 'node:stream';
import { decodeHistory } from '../contract/codec/decode-history.ts';
import { encodeProgram } from '../contract/codec/encode-program.ts';
import { machineError, messageOf } from '../contract/errors.ts';
import {
  type History,
  type Program,
  type Session,
  TargetDeath,
  type TargetFacts,
} from '../contract/index.ts';
import { NameTable } from '../contract/names.ts';
import { Channel, ChannelLost, ChannelSilent } from './channel.ts';
import { type AgentFacts, parseAgentFacts } from './facts.ts';
import { decodeHello, encodeHello, type Frame, type FrameType, ownHello } from './frames.ts';

/** Milliseconds beyond a Program's deadline before a silent agent counts as hung. */
const GRACE_MS = 10_000;
/** Milliseconds for the handshake and for `begin`. */
const ANSWER_MS = 20_000;

/** What an adapter tells a session about its agent. */
export interface AgentOptions {
  /** Milliseconds until the agent's first word; a target that boots takes longer than others. */
  readonly helloTimeoutMs?: number;
  /** Facts in the contract's form, from what the agent said. */
  describe(agent: AgentFacts): TargetFacts;
  /** Called once a death is seen: waits for the target's last words and says what happened. */
  lastWords(): Promise<{ readonly message: string; readonly log: readonly string[] }>;
  /** Called when the session ends. */
  onClose(): Promise<void>;
}

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
    const agent = parseAgentFacts(expected(await channel.receive(ANSWER_MS), 'facts'));
    return new AgentSession(channel, options.describe(agent), options);
  } catch (thrown) {
    channel.destroy();
    if (thrown instanceof ChannelLost || thrown instanceof ChannelSilent) {
      const { message } = await options.lastWords();
      throw machineError(`no agent answers: ${message === '' ? thrown.message : message}`, thrown);
    }
    if (thrown instanceof RangeError) throw machineError(messageOf(thrown), thrown);
    throw thrown;
  }
}

/** The payload of a frame of that type; a refusal is passed on as what it says. */
function expected(frame: Frame, type: FrameType): Uint8Array {
  if (frame.type === type) return frame.payload;
  if (frame.type === 'refusal') {
    throw machineError(`the agent refuses: ${new TextDecoder().decode(frame.payload)}`);
  }
  throw new RangeError(`the agent sent ${frame.type} where ${type} was due`);
}

class AgentSession implements Session {
  readonly facts: TargetFacts;
  readonly #channel: Channel;
  readonly #options: AgentOptions;
  #names = new NameTable();
  #turn: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(channel: Channel, facts: TargetFacts, options: AgentOptions) {
    this.#channel = channel;
    this.facts = facts;
    this.#options = options;
  }

  async begin(caseId: string): Promise<void> {
    this.#names = new NameTable();
    this.#channel.send('begin', new TextEncoder().encode(caseId));
    await this.#answer('begun', ANSWER_MS);
  }

  /** A Program that is run before the last one was answered waits for its turn. */
  run(program: Program): Promise<History> {
    const answered = this.#turn.then(() => this.#runNow(program));
    this.#turn = answered.catch(() => undefined); // Whoever waits for that Program hears of it.
    return answered;
  }

  async #runNow(program: Program): Promise<History> {
    const bytes = encodeProgram(program, this.#names);
    this.#channel.send('run', bytes);
    await this.#answer('executing', ANSWER_MS);
    const history = await this.#answer('history', program.deadlineMs + GRACE_MS);
    return decodeHistory(history, program, this.#names);
  }

  async #answer(type: FrameType, timeoutMs: number): Promise<Uint8Array> {
    try {
      return expected(await this.#channel.receive(timeoutMs), type);
    } catch (thrown) {
      if (thrown instanceof ChannelLost) throw await this.#death('crash', thrown.message);
      if (thrown instanceof ChannelSilent) throw await this.#death('hang', thrown.message);
      throw thrown;
    }
  }

  async #death(manner: 'crash' | 'hang', cause: string): Promise<TargetDeath> {
    const { message, log } = await this.#options.lastWords();
    return new TargetDeath(manner, message === '' ? cause : message, log);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#channel.send('bye');
    this.#channel.destroy();
    await this.#options.onClose();
  }
}
