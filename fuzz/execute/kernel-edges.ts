import {
  type History,
  type Program,
  type Session,
  succeeded,
} from '../../adapters/contract/index.ts';
import { DEADLINE_MS, type GeneratorContext } from '../generate/scenario.ts';

/** The first reading has the calls of all clients traced; each tells what is new since the last. */
const READ: Program = {
  threads: [
    { client: 'main', operations: [{ op: 'readfile', document: '/sys/kernel/debug/kcov' }] },
  ],
  deadlineMs: DEADLINE_MS,
  seed: 0n,
};

/**
 * The edges of the kernel's code that a case has taken, as words that say nothing but whether two
 * are the same, on the same build of a kernel. They are asked for beside the Programs of a
 * scenario, which stays what it is on a kernel that tells none.
 */
export class KernelEdges {
  readonly #session: Session;
  readonly #isTold: boolean;
  readonly #log: string[] = [];

  constructor(session: Session, { tellsEdges }: GeneratorContext) {
    this.#session = session;
    this.#isTold = tellsEdges === true;
  }

  /** Before the first Program of a case. */
  async begin(): Promise<void> {
    if (this.#isTold) this.#said(await this.#session.run(READ));
  }

  /** Behind the last one: `edge 1a2b` for each; empty where none are told. */
  async taken(): Promise<readonly string[]> {
    if (!this.#isTold) return [];
    const [[read] = []] = this.#said(await this.#session.run(READ)).threads;
    if (read === undefined || !succeeded(read)) return [];
    const view = new DataView(read.out.buffer, read.out.byteOffset, read.out.byteLength);
    return Array.from({ length: Math.floor(read.out.length / 2) }, (_, index) => {
      const digits = view.getUint16(2 * index, true).toString(16);
      return `edge ${digits.padStart(4, '0')}`;
    });
  }

  /** The Histories of the case, the last of them with what the kernel said while it was asked. */
  heard(histories: readonly History[]): readonly History[] {
    const last = histories.at(-1);
    if (this.#log.length === 0 || last === undefined) return histories;
    return histories.with(-1, { ...last, log: [...last.log, ...this.#log] });
  }

  #said(history: History): History {
    this.#log.push(...history.log);
    return history;
  }
}
