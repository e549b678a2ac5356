import type { History, Program, Session } from '../../adapters/contract/index.ts';
import { complaintsIn, taintAlarms } from '../../oracles/alarms.ts';

/** The part of a session that runs Programs. */
export type Runner = Pick<Session, 'facts' | 'run'>;

/** Complaints of one Program that are told. */
const TOLD_MAX = 3;

/** Runs Programs on a session, and tells what the kernel complains of meanwhile. */
export class HeardSession implements Runner {
  readonly #session: Session;
  readonly #heard: (complaints: string) => void;
  #taint: bigint | undefined;

  constructor(session: Session, heard: (complaints: string) => void) {
    this.#session = session;
    this.#heard = heard;
  }

  get facts(): Session['facts'] {
    return this.#session.facts;
  }

  async run(program: Program): Promise<History> {
    const before = this.#taint;
    const history = await this.#session.run(program);
    this.#taint = history.taint ?? before;
    const words = complaintsIn(history.log);
    const alarms = words.length > 0 ? words : taintAlarms(before, history.taint);
    if (alarms.length > 0) this.#heard(alarms.slice(0, TOLD_MAX).join('; '));
    return history;
  }
}
