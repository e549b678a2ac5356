import { linux, type Operation, type Program } from '../../adapters/contract/index.ts';
import { capacityOf, timelineOf } from '../../oracles/index.ts';
import {
  DEADLINE_MS,
  type GeneratorContext,
  pagesAllowed,
  type Scenario,
} from '../generate/scenario.ts';
import { ThreadWriter } from '../generate/thread-writer.ts';
import { signatureOf } from '../judge/judge-scenario.ts';
import type { Round } from '../judge/round-report.ts';

/** Rounds after which a target's memory is looked at: filling it costs as much as some rounds. */
const INTERVAL = 8;

/** Requests of one page at the end of a fill: what the halves left over. */
const LAST_PAGES = 8;

/** The longest region, in bytes, that is filled around rounds: much of it may be real memory. */
const REGION_MAX = 256n << 20n;

/** Runs scenarios on the target that is watched. */
export interface WatchedTarget {
  /** On the target as it is. */
  run(scenario: Scenario): Promise<Round>;
  /** On one that is started anew. */
  runFresh(scenario: Scenario): Promise<Round>;
}

/**
 * Looks every few rounds whether a target has as much memory as before: the accounting of targets
 * that have no gauge. A client that is alone fills the region, and later another does the same.
 * When it gets less, each round in between is run again between two such clients, twice, and only
 * what is lost each time counts: a target may take some for itself once.
 */
export class CapacityWatch {
  readonly #generator: GeneratorContext;
  readonly #target: WatchedTarget;
  #first: bigint | undefined;
  #before: bigint | undefined;
  readonly #since: Scenario[] = [];

  constructor(generator: GeneratorContext, target: WatchedTarget) {
    this.#generator = generator;
    this.#target = target;
  }

  /** The target was started anew: what it has is unknown. */
  reset(): void {
    this.#first = undefined;
    this.#before = undefined;
    this.#since.length = 0;
  }

  /** Whether the target has less than when it was started, so that a refusal may be right. */
  get isShort(): boolean {
    return this.#before !== undefined && this.#before < (this.#first ?? 0n);
  }

  /** Whether so little is left that nothing more can be learnt from this start of the target. */
  get isSpent(): boolean {
    return this.#before !== undefined && this.#before * 2n < (this.#first ?? 0n);
  }

  /** Whether it looks after the next round, so that none may run before that. */
  get isDue(): boolean {
    return this.#before !== undefined && (this.isSpent || this.#since.length + 1 >= INTERVAL);
  }

  /** Looks what there is before the first round on a target. */
  async before(): Promise<void> {
    if (this.#before !== undefined || !this.#isSmall) return;
    // Twice, since filling is the first thing that may lose it.
    this.#first = await this.#fill();
    this.#before = this.#first === undefined ? undefined : await this.#fill();
  }

  /**
   * Looks what there is after some rounds.
   *
   * @param known signatures that need no proof any more
   * @returns one of them between two fills, if it loses memory each time
   */
  async after(scenario: Scenario, known: ReadonlySet<string>): Promise<Round | undefined> {
    const before = this.#before;
    if (before === undefined) return undefined;
    this.#since.push(scenario);
    if (this.#since.length < INTERVAL && !this.isSpent) return undefined;
    const suspects = this.#since.splice(0).toReversed();
    this.#before = await this.#fill();
    const first = this.#first ?? before;
    if (this.#before === undefined || (this.#before >= before && !this.isSpent)) return undefined;
    const isSpent = this.#before * 2n < first;
    for (const suspect of suspects) {
      // Where little is left nothing more can be lost: a fresh target has all of it again.
      const proof = await this.#proof(suspect, known, (one) =>
        isSpent ? this.#target.runFresh(one) : this.#target.run(one),
      );
      if (proof !== undefined) return proof;
    }
    this.#before = await this.#fill();
    return undefined;
  }

  get #isSmall(): boolean {
    const { region } = this.#generator;
    return region.sizeBytes !== undefined && region.sizeBytes <= REGION_MAX;
  }

  async #proof(
    scenario: Scenario,
    known: ReadonlySet<string>,
    run: WatchedTarget['run'],
  ): Promise<Round | undefined> {
    const programs = [
      ...this.#fillPrograms('fill-0'),
      ...scenario.programs,
      ...this.#fillPrograms('fill-1'),
      ...this.#fillPrograms('fill-2'),
    ];
    let proof: Round | undefined;
    for (let times = 0; times < 2; times += 1) {
      const round = await run({ ...scenario, programs });
      const violations = round.violations.filter(
        (one) => isLoss(signatureOf(one)) && !known.has(signatureOf(one)),
      );
      if (violations.length === 0) return undefined;
      proof = { ...round, violations, suspicions: [] };
    }
    return proof;
  }

  /** Bytes that a client gets that asks until nothing more is granted; undefined if unknown. */
  async #fill(): Promise<bigint | undefined> {
    const programs = this.#fillPrograms('fill');
    const { histories } = await this.#target.run({ mode: 'fill', programs });
    if (histories.length !== programs.length) return undefined;
    const { abi, page } = this.#generator;
    return capacityOf(timelineOf(programs, histories), 'fill', abi, page);
  }

  /** A client that asks for all there may be, for half of it and so on, and ends. */
  #fillPrograms(client: string): Program[] {
    const writer = new ThreadWriter(this.#generator, client);
    writer.open();
    const pages = Number(pagesAllowed(this.#generator));
    for (let rest = pages; rest >= 1; rest = Math.floor(rest / 2)) {
      writer.allocate({ length: BigInt(rest) * writer.page });
    }
    for (let at = 0; at < LAST_PAGES; at += 1) writer.allocate({ length: writer.page });
    const ends: Operation[] = [
      { op: 'kill', client, signal: linux.SIGKILL },
      { op: 'wait', client },
    ];
    return [
      { client: 'main', operations: [{ op: 'fork', client } as const] },
      { client, operations: writer.operations },
      { client: 'main', operations: ends },
    ].map((thread): Program => ({ threads: [thread], deadlineMs: DEADLINE_MS, seed: 0n }));
  }
}

/** Whether a signature says that the target loses memory of its region. */
export const isLoss = (signature: string): boolean => /^(areas|capacity) /.test(signature);

/** A round on a target that has lost memory before: what it refuses may be for want of it. */
export const withoutRoom = (round: Round): Round => ({
  ...round,
  violations: round.violations.filter(({ oracle }) => oracle !== 'justified-failure'),
});
