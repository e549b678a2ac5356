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
  /hard LOCKUP/,
  /blocked for more than \d+ seconds/,
  /list_(add|del) corruption/,
  /possible (circular|recursive) locking dependency/,
  /trying to register non-static key/, // lockdep: a lock that nobody initialised
  /usercopy: Kernel memory (exposure|overwrite) attempt/,
  /Bad (page state|rss-counter state)/,
];

/** Whether a line of a kernel's log reports a defect of the kernel. */
export const isKernelAlarm = (line: string): boolean =>
  ALARMS.some((pattern) => pattern.test(line));

/** A complaint of the kernel with everything that it said about it. */
export interface KernelReport {
  /** The line that names the defect. */
  readonly alarm: string;
  readonly lines: readonly string[];
}

/** Lines that are kept of one report: KASAN's have up to about a hundred, with three stacks. */
const REPORT_LINES_MAX = 150;

/** A line before the alarm that belongs to its report. */
const OPENS = /^(={20,}|-+\[ cut here \]-+)$/;
/** The last line of a report. */
const CLOSES = /^(={20,}|-+\[ cut here \]-+|---\[ end (trace|Kernel panic).*)$/;

/** Alarms that go on with the report that they stand in: what the processor made of the defect. */
const GOES_ON = /^(Oops\b|invalid opcode|Kernel panic|KASAN: |general protection)/;

/** A line without the time that consoles put before it, and maybe the task or processor. */
export const withoutTime = (line: string): string =>
  line.replace(/^\[\s*\d+\.\d+\](\[\s*[CT]\d+\])? ?/, '');

/**
 * The complaints in a kernel's log, in order, each with its excerpt: from the line that opens it to
 * the one that closes it, or to the next complaint.
 */
export function kernelReports(log: readonly string[]): readonly KernelReport[] {
  const reports: { alarm: string; lines: string[]; open: boolean }[] = [];
  for (const [index, raw] of log.entries()) {
    const line = withoutTime(raw);
    const last = reports.at(-1);
    const isInside = last?.open === true && last.lines.length < REPORT_LINES_MAX;
    if (isKernelAlarm(line) && !(isInside && (isFramed(last.lines) || GOES_ON.test(line)))) {
      const before = withoutTime(log[index - 1] ?? '');
      const opening = OPENS.test(before) ? [before] : [];
      reports.push({ alarm: line, lines: [...opening, line], open: true });
    } else if (last !== undefined && isInside) {
      if (OPENS.test(line) && !isFramed(last.lines)) last.open = false;
      else last.lines.push(line);
      if (CLOSES.test(line)) last.open = false;
    }
  }
  return reports.map(({ alarm, lines }) => ({ alarm, lines }));
}

/** Whether a report began with a line of KASAN's that another one like it ends: all is part of it. */
const isFramed = ([first = '']: readonly string[]): boolean => first.startsWith('====');

/** Functions through which an allocator of the kernel's is entered: none of them is to blame. */
const MACHINERY =
  /^(__)?(kasan|kmem_cache|kmalloc|kzalloc|kcalloc|krealloc|kfree|kvfree|kvmalloc|kstrdup|kmemdup|slab|do_slab|poison|set_track|stack_trace|dump_stack|print_|check_|end_report|asan|unpoison|rcu_|call_rcu|rcu)/;

/**
 * A complaint in a sentence. KASAN's says what was done, and who allocated and freed the memory:
 * "BUG: KASAN: slab-use-after-free in f+0x12/0x30 (write of size 8; allocated by g; freed by h)".
 */
export function reportInWords({ alarm, lines }: KernelReport): string {
  if (!alarm.includes('KASAN: ')) return alarm;
  const access = lines
    .map((line) => /^(Read|Write|Free) of (size \d+|addr)/.exec(line))
    .find(Boolean);
  const words = [
    access === undefined || access === null || access[2] === 'addr'
      ? undefined
      : `${access[1]?.toLowerCase()} of ${access[2]}`,
    culprit(lines, /^Allocated by task /, 'allocated by'),
    culprit(lines, /^Freed by task /, 'freed by'),
  ].filter((word) => word !== undefined);
  return words.length === 0 ? alarm : `${alarm} (${words.join('; ')})`;
}

/** The first function of a stack that is no part of the allocator's machinery. */
function culprit(lines: readonly string[], head: RegExp, verb: string): string | undefined {
  const start = lines.findIndex((line) => head.test(line));
  if (start < 0) return undefined;
  for (const line of lines.slice(start + 1)) {
    const name = /^ (?:\? )?([\w.]+)\+0x/.exec(line)?.[1];
    if (name === undefined) return undefined;
    if (!MACHINERY.test(name)) return `${verb} ${name}`;
  }
  return undefined;
}
