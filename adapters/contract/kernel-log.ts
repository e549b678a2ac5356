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

/** The end of a line inside of a message, as /dev/kmsg writes it. */
const INNER_END = '\\x0a';

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
  const all = log.flatMap((raw) => withoutTime(raw).split(INNER_END));
  for (const [index, line] of all.entries()) {
    const last = reports.at(-1);
    const isInside = last?.open === true && last.lines.length < REPORT_LINES_MAX;
    if (isKernelAlarm(line) && !(isInside && (isFramed(last.lines) || GOES_ON.test(line)))) {
      const before = all[index - 1] ?? '';
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

/** Functions through which memory is taken and given back, and a system call ends: not to blame. */
const MACHINERY = new RegExp(
  '^_*(kasan|kmem_cache|kmalloc|kzalloc|kcalloc|krealloc|kfree|kvfree|kvmalloc|kmemdup|kstrdup|slab' +
    '|do_slab|rcu_|call_rcu|task_work|resume_user_mode|syscall_|do_syscall|entry_|handle_softirqs' +
    '|irq_|sysvec|asm_|kthread|ret_from|worker_thread|process_one_work|alloc_empty_file|alloc_file)',
);

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
    who('allocated by', culprit(lines, /^Allocated by task /)),
    who('freed by', culprit(lines, /^Freed by task /, /potentially related work creation:$/)),
  ].filter((word) => word !== undefined);
  return words.length === 0 ? alarm : `${alarm} (${words.join('; ')})`;
}

const who = (verb: string, name: string | undefined): string | undefined =>
  name === undefined ? undefined : `${verb} ${name}`;

/**
 * Who stands in the first stack with one of these heads: a module if one does, also in what it left
 * for later (`others`), else the first function that is no machinery.
 */
function culprit(lines: readonly string[], head: RegExp, others?: RegExp): string | undefined {
  const [own = [], ...later] = [
    ...stacksUnder(lines, head),
    ...(others === undefined ? [] : stacksUnder(lines, others)),
  ];
  const inModule = [own, ...later].flat().find((frame) => frame.endsWith(']'));
  return inModule ?? own.find((frame) => !MACHINERY.test(frame));
}

/** The frames of every stack whose head is such, as `function` or `function [module]`. */
function stacksUnder(lines: readonly string[], head: RegExp): string[][] {
  return lines.flatMap((line, start) => {
    if (!head.test(line)) return [];
    const after = lines.slice(start + 1).map((one) => /^ ([\w.]+)\+0x\S+( \[\w+\])?/.exec(one));
    const end = after.indexOf(null);
    const frames = end < 0 ? after : after.slice(0, end);
    return [frames.map((frame) => `${frame?.[1] ?? ''}${frame?.[2] ?? ''}`)];
  });
}
