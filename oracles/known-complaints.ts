import type { KernelReport } from '../adapters/contract/kernel-log.ts';
import type { KernelRange } from '../catalogue/catalogue.ts';
import { isKernelIn } from '../catalogue/known.ts';

/** A complaint with which some kernels accuse themselves, whatever the target does. */
export interface KnownComplaint {
  /** What happens, in a sentence. */
  readonly summary: string;
  /** Where it can be read in the kernel, and in which versions. */
  readonly source: string;
}

interface Pattern extends KnownComplaint {
  readonly kernels: readonly KernelRange[];
  /** The line that names the defect, with the function. */
  readonly alarm: RegExp;
  /** Functions that its stack has, the inner ones first; others may stand between them. */
  readonly stack: readonly string[];
}

/**
 * Where a page of page tables cannot be had, remap_pfn_range() takes back what it mapped
 * (79a61cc3fc04, Linux 6.11 and its stable versions), and on x86 this looks for the first page,
 * which may never have been mapped. Since 6.16 the kernel remembers the range instead.
 */
const KNOWN: readonly Pattern[] = [
  {
    summary: 'x86 kernels warn of themselves in untrack_pfn when remap_pfn_range() finds no memory',
    source:
      'arch/x86/mm/pat/memtype.c, get_pat_info(), called from the error path of ' +
      'remap_pfn_range_notrack() in mm/memory.c; read in 6.1.192 and 6.12.117, gone in 7.3',
    kernels: [{ from: '6.1', until: '6.16' }],
    alarm: /\bWARNING: .* at arch\/x86\/mm\/pat\/memtype\.c:\d+ (untrack_pfn|get_pat_info)\+0x/,
    stack: ['unmap_single_vma', 'remap_pfn_range_notrack'],
  },
];

/**
 * The entry for a complaint that says nothing of the target, because the kernel makes it by itself.
 * Everything must be as it is known: the version, the place, and how the kernel got there.
 *
 * @param release uname(2)'s release of the kernel
 */
export function knownComplaint(
  report: KernelReport,
  release: string | undefined,
): KnownComplaint | undefined {
  if (release === undefined) return undefined;
  return KNOWN.find(
    ({ alarm, kernels, stack }) =>
      alarm.test(report.alarm) && isKernelIn(release, kernels) && hasStack(report.lines, stack),
  );
}

/** Whether functions stand in a stack in this order; those that are only guessed do not count. */
function hasStack(lines: readonly string[], stack: readonly string[]): boolean {
  const start = lines.findIndex((line) => /^\s*Call Trace:/.test(line));
  if (start < 0) return false;
  let next = 0;
  for (const line of lines.slice(start)) {
    const [, name] = /^\s+([\w.]+)\+0x/.exec(line) ?? [];
    if (name !== undefined && name === stack[next]) next += 1;
  }
  return next === stack.length;
}
