import { specOf } from '../../adapters/contract/index.ts';
import { requirementOf } from '../../catalogue/catalogue.ts';
import { formatText } from './c-text.ts';
import { constant } from './call-in-c.ts';
import { devicePath } from './head-comment.ts';
import type { SystemWatch } from './program-check.ts';
import type { ProgramLayout } from './program-layout.ts';
import {
  watchAfter,
  watchBefore,
  watchDeclarations,
  watchDuring,
  watchEach,
  watchEnd,
  watchForked,
} from './watch-text.ts';

/** One attempt, and main(), which makes as many as it is told. */
export function mainText(layout: ProgramLayout): string[] {
  return [...(layout.several ? severalText(layout) : aloneText(layout)), ...entryText(layout)];
}

const deathCheck = (watch: SystemWatch | undefined): string[] =>
  watch?.kind === 'death'
    ? ['\tif (WIFSIGNALED(status))', `\t\tviolated(WTERMSIG(status) == ${watch.signal});`]
    : [];

const ENDED = [
  '\tif (WIFSIGNALED(status) && WTERMSIG(status) != SIGKILL)',
  '\t\tnote("      a process was ended by signal %d\\n", WTERMSIG(status));',
];

const faults = (layout: ProgramLayout): boolean =>
  layout.steps.some(({ operation }) => specOf(operation.op).faults === true);

const FAILING_CHECK = [
  '\tif (!can_fail()) {',
  '\t\tfprintf(stderr, "no allocation can be made to fail here: run it as root, on a kernel with "',
  '\t\t\t"CONFIG_FAULT_INJECTION_DEBUG_FS, CONFIG_FAILSLAB and CONFIG_FAIL_PAGE_ALLOC\\n");',
  '\t\treturn 2;',
  '\t}',
];

const SHARED = 'MAP_SHARED | MAP_ANONYMOUS';

const HANDLERS = ['\tsignal(SIGSEGV, on_fault);', '\tsignal(SIGBUS, on_fault);'];

/** Numbers that are given as numbers mean the ones behind the device. */
const closing = ({ steps }: ProgramLayout): string[] =>
  steps.some(({ operation }) => 'fd' in operation && typeof operation.fd === 'bigint')
    ? ['\tfor (int i = 3; i < 64; i++)', '\t\tclose(i);']
    : [];

/** What the first process of an attempt does before all else. */
const beginning = (layout: ProgramLayout): string[] =>
  [...watchForked(layout.check.watch), ...(faults(layout) ? HANDLERS : []), ...closing(layout)].map(
    (line) => `\t${line}`,
  );

function aloneText(layout: ProgramLayout): string[] {
  const threaded = layout.threads.some(({ items }) =>
    items.some(({ kind }) => kind === 'together'),
  );
  // One thread sets each variable before it reads it.
  const variables = threaded ? layout.words.slots.variables : [];
  const ones = variables.map(({ name }) => `\t\tmemset(&${name}, 0xff, sizeof(${name}));`);
  return [
    '/* In a process of its own, so that nothing is left of it. */',
    'static void attempt(void)',
    '{',
    '\tint status;',
    '\tpid_t pid;',
    '',
    '\tmemset(s, 0, sizeof(*s));',
    '\tpid = fork();',
    '\tif (pid == 0) {',
    ...beginning(layout),
    ...ones,
    '\t\talarm(SECONDS);',
    '\t\trun();',
    '\t\t_exit(0);',
    '\t}',
    '\twaitpid(pid, &status, 0);',
    ...ENDED,
    ...deathCheck(layout.check.watch),
    '}',
    '',
  ];
}

function severalText(layout: ProgramLayout): string[] {
  const inner = (lines: readonly string[]): string[] => lines.map((line) => `\t${line}`);
  return [
    '/* The first client ends last: then all others are ended, and reaped. */',
    'static void attempt(void)',
    '{',
    '\tint status;',
    '\tpid_t pid;',
    '',
    '\tmemset(s, 0, sizeof(*s));',
    '\tmemset(slots, 0xff, sizeof(*slots));',
    '\tpid = fork();',
    '\tif (pid == 0) {',
    ...beginning(layout),
    '\t\talarm(SECONDS);',
    '\t\trun();',
    '\t\t_exit(0);',
    '\t}',
    `\ts->pid[${constant('main')}] = pid;`,
    '\twhile ((pid = wait(&status)) > 0) {',
    '\t\tfor (int i = 0; i < CLIENTS; i++) {',
    '\t\t\tif (s->pid[i] == pid) {',
    '\t\t\t\ts->status[i] = status;',
    '\t\t\t\ts->ended[i] = 1;',
    `\t\t\t} else if (pid == s->pid[${constant('main')}] && s->pid[i] > 0 && !s->ended[i]) {`,
    '\t\t\t\tkill(s->pid[i], SIGKILL);',
    '\t\t\t}',
    '\t\t}',
    ...inner(ENDED),
    ...inner(deathCheck(layout.check.watch)),
    '\t}',
    '}',
    '',
  ];
}

function entryText(layout: ProgramLayout): string[] {
  const { check, evidence, several, steps, times, unjudged } = layout;
  const { statement } = requirementOf(evidence.finding.requirement);
  const execs = steps.some(({ operation }) => operation.op === 'exec');
  const memory = (name: string, what: string): string =>
    `\t${name} = mmap(NULL, sizeof(${what}), PROT_READ | PROT_WRITE, ${SHARED}, -1, 0);`;
  return [
    'int main(int argc, char **argv)',
    '{',
    `\tlong times = argc > 2 ? atol(argv[2]) : ${times};`,
    '\tlong seen = 0;',
    ...watchDeclarations(check.watch),
    '\tint probe;',
    '',
    ...(execs ? ['\tif (argc > 1 && strcmp(argv[1], "--pause") == 0)', '\t\treturn pause();'] : []),
    `\tpath = argc > 1 ? argv[1] : "${formatText(devicePath(evidence.finding.facts))}";`,
    '\tprobe = open(path, O_RDWR | O_CLOEXEC);',
    '\tif (probe < 0 || times < 1) {',
    '\t\tfprintf(stderr, "cannot open %s (%s): give the device, then how many attempts\\n", path,',
    '\t\t\tstrerror(errno));',
    '\t\treturn 2;',
    '\t}',
    '\tclose(probe);',
    ...(steps.some(({ failing }) => failing !== undefined) ? FAILING_CHECK : []),
    memory('s', '*s'),
    ...(several ? [memory('slots', '*slots'), '\tprctl(PR_SET_CHILD_SUBREAPER, 1);'] : []),
    '\tsetvbuf(stdout, NULL, _IOLBF, 0);',
    `\tprintf("${formatText(statement)}\\n");`,
    ...watchBefore(check.watch),
    '\tfor (long i = 1; i <= times; i++) {',
    ...watchEach(check.watch),
    '\t\tattempt();',
    '\t\tif (i == 1 || (s->violated && seen == 0))',
    '\t\t\tprintf("attempt %ld:\\n%s", i, s->notes);',
    '\t\tseen += s->violated;',
    ...watchDuring(check.watch),
    '\t}',
    ...watchAfter(check.watch),
    ...endText(layout, unjudged),
    '}',
  ];
}

function endText({ check }: ProgramLayout, unjudged: string | undefined): string[] {
  if (unjudged !== undefined) {
    return [
      '\tprintf("This program cannot judge: compare the results with those in its head.\\n");',
      '\treturn seen > 0 ? 1 : 2;',
    ];
  }
  const blind =
    check.shared.length === 0 ? [] : ['\tif (seen == 0 && s->unjudged)', '\t\treturn 2;'];
  return (
    watchEnd(check) ?? [
      '\tprintf("The promise was broken in %ld of %ld attempts.\\n", seen, times);',
      ...blind,
      '\treturn seen > 0;',
    ]
  );
}
