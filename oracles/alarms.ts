import { defectsInTaint } from '../adapters/contract/index.ts';

/**
 * Lines with which the Linux kernel reports a defect of its own. The OOM killer is not one of them:
 * a sacrificial client provokes it on purpose.
 */
const ALARMS: readonly RegExp[] = [
  /\bBUG: /,
  /\bBUG [\w-]+ \(.*\): /, // SLUB: poison overwritten, object already free, …
  /kernel BUG at /,
  /\bWARNING: /,
  /VFS: Close: file count is 0/,
  /invalid opcode: /,
  /divide error: /,
  /Internal error: /,
  /\bkmemleak: \d+ new/,
  /\bOops\b/,
  /\bKernel panic\b/,
  /\bKASAN: /,
  /\bUBSAN: /,
  /\bKCSAN: /,
  /general protection fault/,
  /refcount_t: /,
  /unable to handle (kernel|page fault)/i,
  /detected (expedited )?stalls?/i,
  /soft lockup/,
  /blocked for more than \d+ seconds/,
  /list_(add|del) corruption/,
  /possible (circular|recursive) locking dependency/,
  /Bad (page state|rss-counter state)/,
];

/** The lines of a kernel log that report a defect of the kernel. */
export function kernelAlarms(log: readonly string[]): readonly string[] {
  return log.filter((line) => ALARMS.some((pattern) => pattern.test(line)));
}

/** Lines with which the OOM killer says what it ended. */
const OOM_KILLS = /\b(?:[Oo]ut of memory: Killed process|oom-kill:|oom_reaper: reaped process)/;

/** The first line of a kernel log in which the OOM killer says what it ended. */
export const oomKill = (log: readonly string[]): string | undefined =>
  log.find((line) => OOM_KILLS.test(line));

/** The taints that the kernel got between two readings, in words. */
export function taintAlarms(before: bigint | undefined, after: bigint | undefined): string[] {
  if (before === undefined || after === undefined) return [];
  const fresh = defectsInTaint(after & ~before);
  return fresh.map((meaning) => `the kernel is now tainted by ${meaning}`);
}

/** The longest line of a Linux kernel's log; what else writes logs may write longer ones. */
const LINE_MAX = 1024;

/** A line without its numbers: times, addresses, page frames and ids change from run to run. */
export const withoutNumbers = (line: string): string =>
  line
    .replace(/^\[[^\]]*\] */, '')
    .replaceAll(/\b(CPU|PID|UID|pid|task|Comm):? ?\S+/g, '')
    .replaceAll(/\b(0x)?[0-9a-f]*[0-9][0-9a-f]*\b|\b[0-9a-f]{8,}\b/g, '…')
    .replaceAll(/\s+/g, ' ')
    .trim()
    .slice(0, LINE_MAX);
