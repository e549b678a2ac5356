import type { History, Program, Session } from '../../adapters/contract/index.ts';
import { kernelReports, reportInWords } from '../../adapters/contract/kernel-log.ts';
import { TAINT_WARN } from '../../adapters/contract/linux.ts';
import { taintAlarms } from '../../oracles/alarms.ts';
import { type KnownComplaint, knownComplaint } from '../../oracles/known-complaints.ts';

/** The part of a session that runs Programs. */
export type Runner = Pick<Session, 'facts' | 'run'>;

/** Complaints of one Program that are told. */
const TOLD_MAX = 3;

/** What is done about complaints. */
export interface Listener {
  /** Hears what the kernel says of the target, in words. */
  heard(complaints: string): void;
  /** Hears what this kernel is known to say of itself. */
  known(complaint: KnownComplaint): void;
}

/** Runs Programs on a session, and tells what the kernel complains of meanwhile. */
export class HeardSession implements Runner {
  readonly #session: Session;
  readonly #listener: Listener;
  #taint: bigint | undefined;

  constructor(session: Session, listener: Listener) {
    this.#session = session;
    this.#listener = listener;
  }

  get facts(): Session['facts'] {
    return this.#session.facts;
  }

  async run(program: Program): Promise<History> {
    const before = this.#taint;
    const history = await this.#session.run(program);
    this.#taint = history.taint ?? before;
    const words: string[] = [];
    let expected = 0n;
    for (const report of kernelReports(history.log)) {
      const known = knownComplaint(report, this.facts.kernel?.release);
      if (known === undefined) words.push(reportInWords(report));
      else {
        expected |= TAINT_WARN;
        this.#listener.known(known);
      }
    }
    const taint = history.taint === undefined ? undefined : history.taint & ~expected;
    const alarms = words.length > 0 ? words : taintAlarms(before, taint);
    if (alarms.length > 0) this.#listener.heard(alarms.slice(0, TOLD_MAX).join('; '));
    return history;
  }
}
