import type { ProgramCheck, SystemWatch } from './program-check.ts';

/**
 * Blocks of attempts that must each lose memory: others use it too, and what they take by chance
 * in one block they do not take in the next ones as well.
 */
export const BLOCKS = 3;

/** Variables of main() that watching takes. */
export function watchDeclarations(watch: SystemWatch | undefined): string[] {
  if (watch?.kind === 'memory') return ['\tlong before, after, since = 0, blocks = 0;'];
  return watch?.kind === 'areas' ? ['\tlong before, after;'] : [];
}

/** Statements before the first attempt. */
export function watchBefore(watch: SystemWatch | undefined): string[] {
  if (watch?.kind === 'memory') return ['\tbefore = free_kilobytes();'];
  if (watch?.kind === 'areas') return ['\tbefore = taken_pages();'];
  if (watch?.kind !== 'log') return [];
  return [
    '\tcomplaints = count_complaints();',
    '\tif (complaints < 0) {',
    `\t\tprintf("The kernel's log ${UNREADABLE}");`,
    '\t\treturn 2;',
    '\t}',
    '\tsignal(SIGALRM, stuck);',
  ];
}

/** Statements before attempt i: one that a stuck process keeps from its end is given up. */
export const watchEach = (watch: SystemWatch | undefined): string[] =>
  watch?.kind === 'log' ? ['\t\talarm(3 * SECONDS);'] : [];

/** Statements at the beginning of a process that has a time of its own. */
export const watchForked = (watch: SystemWatch | undefined): string[] =>
  watch?.kind === 'log' ? ['\tsignal(SIGALRM, SIG_DFL);'] : [];

/** Statements behind attempt i, at the end of the loop over attempts. */
export function watchDuring(watch: SystemWatch | undefined): string[] {
  // A kernel that has complained is damaged: what further attempts show says nothing.
  if (watch?.kind === 'log') {
    return [
      '\t\tif (count_complaints() > complaints) {',
      '\t\t\tif (i > 1)',
      '\t\t\t\tprintf("attempt %ld:\\n%s", i, s->notes);',
      '\t\t\tprintf("The kernel complained in attempt %ld.\\n", i);',
      '\t\t\treturn 1;',
      '\t\t}',
    ];
  }
  if (watch?.kind !== 'memory') return [];
  const gone = watch.kilobytes > 0n ? 'before - after' : 'after - before';
  const each = watch.kilobytes > 0n ? watch.kilobytes : -watch.kilobytes;
  return [
    `\t\tif (i != times && (blocks == ${BLOCKS - 1} || i - since < times / ${BLOCKS}))`,
    '\t\t\tcontinue;',
    '\t\tafter = free_kilobytes();',
    '\t\tif (before < 0 || after < 0) {',
    '\t\t\tprintf("/proc/meminfo has no %s: nothing can be said.\\n", GAUGE);',
    '\t\t\treturn 2;',
    '\t\t}',
    '\t\tprintf("%s went from %ld kB to %ld kB in %ld attempts.\\n", GAUGE, before, after,',
    '\t\t       i - since);',
    `\t\tseen += ${gone} >= (i - since) * ${each} / 2;`,
    '\t\tblocks++;',
    '\t\tsince = i;',
    '\t\tbefore = after;',
  ];
}

/** Statements behind the last attempt. */
export function watchAfter(watch: SystemWatch | undefined): string[] {
  if (watch?.kind !== 'areas') return [];
  return [
    // What the kernel frees later has its time.
    '\tusleep(500000);',
    '\tafter = taken_pages();',
    '\tif (before < 0 || after < 0) {',
    `\t\tprintf("${AREAS} ${UNREADABLE}");`,
    '\t\treturn 2;',
    '\t}',
    '\tseen = after > before ? after - before : 0;',
  ];
}

const UNREADABLE = 'cannot be read (run it as root): nothing can be said.\\n';
const AREAS = '/sys/kernel/debug/cma';

/** The end of main(), with its status; undefined where the attempts decide it. */
export function watchEnd({ times = 1, watch }: ProgramCheck): string[] | undefined {
  switch (watch?.kind) {
    case 'machine':
      return [
        '\tprintf("The machine has survived %ld attempts.\\n", times);',
        '\treturn seen > 0;',
      ];
    case 'memory':
      return memoryEnd(times);
    case 'log':
      return [
        '\tprintf("The kernel did not complain in %ld attempts.\\n", times);',
        '\treturn seen > 0;',
      ];
    case 'areas':
      return [
        '\tprintf("%ld pages stay taken after %ld attempts.\\n", seen, times);',
        '\treturn seen > 0;',
      ];
    default:
      return undefined;
  }
}

/** A loss in some of the blocks, or in few attempts, may have another cause. */
const memoryEnd = (times: number): string[] => [
  `\tif (times < ${times}) {`,
  `\t\tprintf("Fewer than ${times} attempts do not rule noise out: nothing can be said.\\n");`,
  '\t\treturn 2;',
  '\t}',
  '\tif (seen > 0 && seen < blocks) {',
  '\t\tprintf("Only %ld of %ld blocks of attempts show it, so that others may have done it: "',
  '\t\t       "nothing can be said.\\n", seen, blocks);',
  '\t\treturn 2;',
  '\t}',
  '\tprintf("The promise was %s.\\n", seen > 0 ? "broken" : "kept");',
  '\treturn seen > 0;',
];
