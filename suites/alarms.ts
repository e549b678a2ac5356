/**
 * Lines with which the Linux kernel reports a defect of its own. The OOM killer is not one of them:
 * a sacrificial client provokes it on purpose.
 */
const ALARMS: readonly RegExp[] = [
  /\bBUG: /,
  /\bWARNING: (CPU|.* at )/,
  /\bOops\b/,
  /\bKernel panic\b/,
  /\bKASAN: /,
  /\bUBSAN: /,
  /\bKCSAN: /,
  /general protection fault/,
  /refcount_t: /,
  /unable to handle (kernel|page fault)/i,
  /detected stalls? on CPU/i,
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
