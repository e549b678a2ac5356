import { defectsInTaint } from '../adapters/contract/index.ts';
import { isKernelAlarm, kernelReports, reportInWords } from '../adapters/contract/kernel-log.ts';

/** The lines of a kernel log that report a defect of the kernel. */
export const kernelAlarms = (log: readonly string[]): readonly string[] =>
  log.filter(isKernelAlarm);

/** What the kernel complained of, each in a sentence that says who was involved. */
export const complaintsIn = (log: readonly string[]): readonly string[] =>
  kernelReports(log).map(reportInWords);

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
