import { createRequire } from 'node:module';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { cacheFolder, makeCacheFolder } from '../../base/cache.ts';
import { machineError, messageOf } from '../../base/errors.ts';
import { decodeHistory } from '../contract/codec/decode-history.ts';
import { encodeProgram, encodeProgramInPlace } from '../contract/codec/encode-program.ts';
import {
  type Adapter,
  ConnectionLost,
  type History,
  type Program,
  type Session,
  TargetDeath,
  type TargetFacts,
} from '../contract/index.ts';
import { NameTable } from '../contract/names.ts';
import { type BuiltAgent, buildAddon, buildAgent } from '../executor/build/build.ts';
import { type DeclaredRegion, withDeclared } from '../protocol/declared-region.ts';
import { paceOf, parseAgentFacts, targetFacts } from '../protocol/facts.ts';
import type { NativeTarget } from './target-url.ts';

/** An executor inside the addon, which alone can look into it. */
type Executor = object & { readonly executor?: never };

/** adapters/executor/addon/addon.c. Each function throws an Error with a sentence. */
interface Addon {
  open(regions: readonly string[], library: string, executable: string): Executor;
  facts(executor: Executor): string;
  begin(executor: Executor): void;
  /** The History is written to `room`; its bytes, or the History itself where it has no room. */
  run(executor: Executor, program: Uint8Array, room: Uint8Array): number | Uint8Array;
  /** Has a thread of the executor run a case after those before; nothing else may run meanwhile. */
  startCase(executor: Executor, programs: readonly Uint8Array[]): void;
  /** Waits for the first case that was not finished yet. */
  finishCase(executor: Executor): readonly Uint8Array[];
  close(executor: Executor): void;
}

/** Bytes of nearly any History of a few calls. */
const ROOM_BYTES = 65_536;

const load = createRequire(import.meta.url);

/**
 * The executor as an addon of this process: Programs reach the clients through shared memory. A
 * session belongs to the thread that opened it, which waits while a Program runs. Only a case that
 * is given ahead runs while that thread does something else.
 */
export class InProcessAdapter implements Adapter {
  readonly url: string;
  readonly #target: NativeTarget;
  #session: Session | undefined;

  constructor(url: string, target: NativeTarget) {
    this.url = url;
    this.#target = target;
  }

  async open(): Promise<Session> {
    await this.close();
    const { kind, path } = this.#target;
    const library = kind === 'library';
    const folder = join(cacheFolder(), 'agent');
    makeCacheFolder(folder);
    const built = await buildAddon(folder);
    // A client that replaces itself by exec goes on as an agent.
    const agent = await buildAgent(folder, { loadsLibraries: library });
    const addon: Addon = load(built.path);
    const executor = calledInAddon(() =>
      addon.open(library ? [] : [path], library ? path : '', agent.path),
    );
    try {
      this.#session = new InProcessSession(addon, executor, built, this.#target.declared);
      return this.#session;
    } catch (thrown) {
      addon.close(executor);
      throw thrown;
    }
  }

  async close(): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    await session?.close();
  }
}

class InProcessSession implements Session {
  readonly facts: TargetFacts;
  readonly #addon: Addon;
  readonly #executor: Executor;
  readonly #pace: number;
  /** Where a History lies until it is decoded. */
  readonly #room = new Uint8Array(ROOM_BYTES);
  #names = new NameTable();
  /** The last case that was given ahead. */
  #ahead: Promise<unknown> = Promise.resolve();
  /** Cases that were given ahead and have not ended. */
  #unfinished = 0;
  #closed = false;

  constructor(
    addon: Addon,
    executor: Executor,
    { digest, compiler }: BuiltAgent,
    declared: DeclaredRegion,
  ) {
    this.#addon = addon;
    this.#executor = executor;
    const said = parseAgentFacts(new TextEncoder().encode(addon.facts(executor)));
    this.#pace = paceOf(said);
    const details = { addon: digest, compiler, mode: 'in-process' };
    this.facts = withDeclared(targetFacts('native', said, details), declared);
  }

  async begin(): Promise<void> {
    while (this.#unfinished > 0) await this.#ahead;
    this.#names = new NameTable();
    calledInAddon(() => this.#addon.begin(this.#executor));
  }

  async run(asked: Program): Promise<History> {
    while (this.#unfinished > 0) await this.#ahead;
    const program = this.#paced(asked);
    const bytes = encodeProgramInPlace(program, this.#names);
    const answer = calledInAddon(() => this.#addon.run(this.#executor, bytes, this.#room));
    if (typeof answer !== 'number') return decodeHistory(answer, program, this.#names);
    return decodeHistory(this.#room.subarray(0, answer), program, this.#names, true);
  }

  #paced(program: Program): Program {
    if (this.#pace === 1 && Number.isInteger(program.deadlineMs)) return program;
    return { ...program, deadlineMs: Math.ceil(program.deadlineMs * this.#pace) };
  }

  async runCase(_caseId: string, asked: readonly Program[]): Promise<readonly History[]> {
    const before = this.#ahead;
    const names = new NameTable();
    const programs = asked.map((program) => this.#paced(program));
    const bytes = programs.map((program) => encodeProgram(program, names));
    calledInAddon(() => this.#addon.startCase(this.#executor, bytes));
    const histories = this.#finished(before, names);
    this.#ahead = histories.catch(() => undefined); // The caller of this case hears of it.
    return (await histories).map((history, index) => {
      const program = programs[index];
      if (program === undefined) throw new RangeError('the executor answers more than was asked');
      return decodeHistory(history, program, names);
    });
  }

  /** Histories of the case after that one. Waiting holds up this thread: what is due is first. */
  async #finished(before: Promise<unknown>, names: NameTable): Promise<readonly Uint8Array[]> {
    this.#unfinished += 1;
    try {
      await before;
      await setImmediate();
      if (this.#closed) throw new ConnectionLost('the session was closed');
      // What is run after this case is in it.
      this.#names = names;
      return calledInAddon(() => this.#addon.finishCase(this.#executor));
    } finally {
      this.#unfinished -= 1;
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#addon.close(this.#executor);
  }
}

/** Calls the addon; what it throws becomes a sentence of the machine's, or the target's death. */
function calledInAddon<T>(work: () => T): T {
  try {
    return work();
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException;
    if (code === 'STUCK') throw new TargetDeath('hang', messageOf(thrown));
    // What an earlier case left behind is no fault of the one that begins.
    if (code === 'NOT_BEGUN') throw new ConnectionLost(messageOf(thrown));
    throw machineError(`the executor refuses: ${messageOf(thrown)}`, thrown);
  }
}
