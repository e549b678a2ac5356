import { setImmediate } from 'node:timers/promises';
import {
  type Adapter,
  AllocertError,
  ConnectionLost,
  machineError,
  type Session,
} from '../../adapters/contract/index.ts';
import { abiNamed } from '../../catalogue/catalogue.ts';
import type { Case } from '../kit/case.ts';
import { runCase } from '../run/run-case.ts';
import { decidingProfile, selectCases } from '../run/select.ts';
import { FaultLedger, type FaultReport } from './fault-report.ts';
import { SweepingSession } from './sweeping-session.ts';

/** Allocations of one call that fail at most, if nobody says otherwise. */
export const BOUND_DEFAULT = 64;

/** What is swept. */
export interface SweepOptions {
  readonly adapter: Adapter;
  readonly profile?: string | undefined;
  /** Case or requirement ids; empty for all. */
  readonly only: readonly string[];
  /** Allocations of one call that fail at most. */
  readonly bound: number;
  /** Stops the sweep between two cases. */
  readonly signal?: AbortSignal;
  /** Told before each case. */
  onCase?(id: string, index: number, total: number): void;
}

/**
 * Runs the cases on a target, and lets every allocation of every call of them fail.
 *
 * @throws {@link AllocertError} for a target that cannot fail on purpose, or cannot be reached
 */
export async function sweepFaults(options: SweepOptions): Promise<FaultReport> {
  const sweep = new Sweep(options);
  try {
    await sweep.run();
  } finally {
    await sweep.close();
  }
  return sweep.report;
}

class Sweep {
  readonly #options: SweepOptions;
  readonly #ledger = new FaultLedger();
  readonly #counted = new Set<string>();
  #session: Session | undefined;

  constructor(options: SweepOptions) {
    this.#options = options;
  }

  get report(): FaultReport {
    const { byOperation, counts, findings, unfinished, warnings } = this.#ledger;
    const { adapter, bound } = this.#options;
    return { target: adapter.url, counts, byOperation, findings, warnings, unfinished, bound };
  }

  async run(): Promise<void> {
    const { facts } = await this.#live();
    if (!facts.capabilities.includes('faults')) {
      throw machineError(
        `${this.#options.adapter.url} cannot fail on purpose: its kernel needs ` +
          'CONFIG_FAULT_INJECTION_DEBUG_FS with CONFIG_FAILSLAB and CONFIG_FAIL_PAGE_ALLOC, and, ' +
          'outside of vm:, root and the settings that docs/faults.md lists under "Targets"',
      );
    }
    const { abi } = decidingProfile(this.#options.profile, facts);
    const cases = selectCases(abi, this.#options.only);
    for (const [index, case_] of cases.entries()) {
      // A target in this process never waits; without this no signal or timer would be heard.
      await setImmediate();
      if (this.#options.signal?.aborted === true) {
        this.#unfinished(case_.id, 'the sweep was interrupted');
        return;
      }
      this.#options.onCase?.(case_.id, index, cases.length);
      await this.#sweepCase(case_, abi);
    }
  }

  async #sweepCase(case_: Case, abi: Parameters<typeof abiNamed>[0]): Promise<void> {
    const given = {
      abi: abiNamed(abi),
      ledger: this.#ledger,
      bound: this.#options.bound,
      counted: this.#counted,
    };
    const session = new SweepingSession(await this.#live(), given);
    this.#ledger.counts.cases += 1;
    try {
      const { end, reason } = await runCase(session, given.abi, case_, true);
      if (end !== 'completed' && end !== 'skip') this.#unfinished(case_.id, reason);
      if (end === 'crash' || end === 'hang') await this.close();
    } catch (thrown) {
      if (!(thrown instanceof AllocertError || thrown instanceof ConnectionLost)) throw thrown;
      this.#unfinished(case_.id, thrown.message);
      await this.close();
    }
  }

  #unfinished(caseId: string, reason: string): void {
    this.#ledger.unfinished.push({ caseId, reason });
  }

  async #live(): Promise<Session> {
    this.#session ??= await this.#options.adapter.open();
    return this.#session;
  }

  async close(): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    await session?.close();
  }
}
