import type { History } from './history.ts';
import type { Capability } from './operations.ts';
import type { PackedTarget } from './packed.ts';
import type { Program } from './program.ts';

/** The ABIs that allocert knows how to speak. */
export type AbiName = 'simple-allocator' | 'dma-heap';

/** A region of memory that a target allocates from. */
export interface RegionFacts {
  /** `region:N`, as Programs name it. */
  readonly name: `region:${number}`;
  /** The device node on the target. */
  readonly node: string;
  /** The ABI that the node's place says it speaks; undefined when nothing says so. */
  readonly abi?: AbiName;
  /** Whether it can be filled safely; an unbounded one ends in the OOM killer instead of ENOMEM. */
  readonly bounded: boolean;
  /** Bytes in the whole region, where known. */
  readonly sizeBytes?: bigint;
  /** The line of /proc/meminfo that counts its free memory, where there is one. */
  readonly gauge?: 'MemFree' | 'CmaFree';
}

/**
 * What a target says of itself. Detected, never configured; only a URL may say that a region is
 * bounded or not, and the details say so then.
 */
export interface TargetFacts {
  /** Scheme of the target's URL: `sim`, `vm`, `remote`, … */
  readonly kind: string;
  /** What implements the allocator: a simulator behaviour, a kernel, a library. */
  readonly implementation: string;
  /** uname(2) of the target, where it runs one. */
  readonly kernel?: { readonly release: string; readonly version: string };
  /** Machine name of uname(2), such as x86_64. */
  readonly architecture: string;
  readonly pageSize: number;
  readonly pointerBytes: number;
  readonly regions: readonly RegionFacts[];
  readonly capabilities: readonly Capability[];
  /** Whether Histories carry the kernel's log and taint. */
  readonly kernelLog: boolean;
  /** Whatever else helps to tell this target from another: image digests, emulator, versions. */
  readonly details: Readonly<Record<string, string>>;
}

/** Details that differ from one session on a target to the next. */
const PASSING_DETAILS: readonly string[] = [
  'taint',
  'slowness',
  'alarmAtBoot',
  'instruments',
  'failedStart',
];

/** Details of regions that do, too: pages that others had when the session began. */
const PASSING_OF_REGIONS = /^region:\d+ used$/;

/** The details by which one target is told from another. */
export const steadyDetails = ({ details }: TargetFacts): TargetFacts['details'] =>
  Object.fromEntries(
    Object.entries(details).filter(
      ([name]) => !PASSING_DETAILS.includes(name) && !PASSING_OF_REGIONS.test(name),
    ),
  );

/**
 * Runs Programs on a target. One Program at a time; callers wait for each History.
 *
 * Names of slots and clients live from one `begin` to the next.
 */
export interface Session {
  readonly facts: TargetFacts;
  /**
   * Starts a case with nothing left of the one before: every client is gone and a fresh `main` is
   * there, all slots are empty.
   *
   * @param caseId what is about to run, for the target's own log and for replay
   */
  begin(caseId: string): Promise<void>;
  /**
   * Runs a Program to its end.
   *
   * @throws {@link TargetDeath} when the target died or stopped answering during it
   * @throws {@link ConnectionLost} when only the way to the target is known to be broken
   * @throws {@link AllocertError} when the Program cannot be carried to the target
   */
  run(program: Program): Promise<History>;
  /**
   * Starts a case and runs Programs in it, as `begin` and `run` do, where they can be handed over
   * together: none of them waits for the way that the History of the one before takes. It may be
   * called while an earlier case still runs, which then ends first; what ends the session during
   * that one is a {@link ConnectionLost} here. Left out where it would save nothing.
   *
   * @throws as `begin` and `run` do
   */
  runCase?(caseId: string, programs: readonly Program[]): Promise<readonly History[]>;
  /** Ends the session; safe to call after a death, and twice. */
  close(): Promise<void>;
}

/** Opens Sessions on one target. It never judges. */
export interface Adapter {
  /** The URL that the user typed. */
  readonly url: string;
  /**
   * Opens a session, starting the target when it does not run (again, after a death).
   *
   * @throws {@link AllocertError} when the target cannot be reached or started
   */
  open(): Promise<Session>;
  /** Stops whatever the adapter started. */
  close(): Promise<void>;
  /** Set when each session is a target of its own, so that any number may be open at once. */
  readonly independent?: true;
  /**
   * Set when every adapter that the URL opens has a target of its own, so that several of them may
   * work at once, each with a session.
   */
  readonly separate?: true;
  /** Set when threads can use the target together, by packed Programs. */
  readonly packed?: PackedTarget;
}

/** The target died (`crash`) or no longer answers (`hang`) while a Program ran. */
export class TargetDeath extends Error {
  readonly manner: 'crash' | 'hang';
  /** The last lines that the target's console or kernel log showed. */
  readonly log: readonly string[];
  /**
   * Whether something outside of the target ended it, as far as that can be told: a signal to the
   * emulator that it runs in. It may be no fault of the target then.
   */
  readonly forced: boolean;

  constructor(
    manner: 'crash' | 'hang',
    message: string,
    log: readonly string[] = [],
    forced = false,
  ) {
    super(message);
    this.name = 'TargetDeath';
    this.manner = manner;
    this.log = log;
    this.forced = forced;
  }
}

/**
 * The connection to the target was lost while a case ran, of which the target itself may know
 * nothing: the session is over, and the case may be run again in another one.
 */
export class ConnectionLost extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ConnectionLost';
  }
}

/** A recording has no answer to what was asked of it; the case is inconclusive. */
export class NotRecorded extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'NotRecorded';
  }
}
