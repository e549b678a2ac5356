import { abiDefinitions } from './abi-text.ts';
import { allThreads, type ThreadItem, threadConstant } from './c-threads.ts';
import { constant } from './call-in-c.ts';
import type { ProgramLayout } from './program-layout.ts';

/** The ABI, the shared memory and the variables. */
export function definitionsOf(layout: ProgramLayout, code: string): string {
  const { abi, slots } = layout.words;
  const lines = [...abiDefinitions(abi), ''];
  const uses = (name: string): boolean => new RegExp(`\\b${name}\\b`).test(code);
  if (uses('PAGE')) lines.push(`#define PAGE ((size_t)${layout.words.page})`);
  if (uses('SECONDS')) lines.push('#define SECONDS 10 /* for one attempt */');
  const { watch } = layout.check;
  if (watch?.kind === 'memory') lines.push(`#define GAUGE "${watch.gauge}"`);
  if (watch?.kind === 'log') lines.push(`#define COMPLAINT "${watch.complaint}"`);
  const who = layout.named ? 'who, ' : '';
  lines.push(`#define DO(call) tell(${who}#call, (long)(call))`, '');
  lines.push(...sharedText(layout), '');
  const variables = slots.variables.map(({ declaration }) => declaration);
  if (layout.several) {
    lines.push('/* What calls gave; all ones until then. */', 'static struct slots {');
    lines.push(...variables.map((one) => `\t${one};`), '} *slots;');
  } else {
    lines.push(...variables.map((one) => `static ${one};`));
  }
  lines.push('', 'static const char *path;');
  const widths = layout.threads.flatMap(({ items }) => items.map(widthOf));
  if (uses('MOST_TOGETHER')) {
    lines.push('', `#define MOST_TOGETHER ${Math.max(...widths)}`, '');
    lines.push('static pthread_barrier_t beginning;');
  }
  return lines.join('\n');
}

const widthOf = (item: ThreadItem): number => (item.kind === 'together' ? item.threads.length : 0);

function sharedText({ check, threads, order, several }: ProgramLayout): string[] {
  const all = allThreads(threads).filter((thread) => order.awaited.has(thread));
  const text: string[] = [];
  if (several) {
    const names = threads.map(({ client }) => constant(client));
    text.push(`enum { ${[...names, 'CLIENTS'].join(', ')} };`);
  }
  if (all.length > 0) {
    const owners = all.map(({ client }) => constant(client)).join(', ');
    text.push(`enum { ${[...all.map(threadConstant), 'LINES'].join(', ')} };`);
    if (several) text.push(`static const int client_of[LINES] = { ${owners} };`);
  }
  const members = [
    'char notes[1 << 16];',
    'atomic_size_t noted;',
    'atomic_int violated;',
    ...(check.shared.some((one) => one.startsWith('uint64_t frames'))
      ? ['atomic_int unjudged;']
      : []),
    ...check.shared.map((one) => `${one};`),
    ...(all.length > 0 ? ['atomic_int steps[LINES];'] : []),
    ...(several ? ['atomic_int ended[CLIENTS];', 'int status[CLIENTS];'] : []),
    ...(several ? ['volatile pid_t pid[CLIENTS];'] : []),
  ];
  text.push('', '/* What all processes of an attempt see. */', 'static struct shared {');
  return [...text.slice(text[0] === '' ? 1 : 0), ...members.map((one) => `\t${one}`), '} *s;'];
}

/** The text of an attempt: main() prints it, as clients may die and must not mix lines. */
export function noteText({ named }: ProgramLayout): string {
  const format = named ? '%s%s' : '%s';
  const who = named ? 'who, ' : '';
  return `/* Takes down what happens; main() prints it. */
static void __attribute__((format(printf, 1, 2))) note(const char *format, ...)
{
	char line[256];
	va_list arguments;
	size_t at, length;

	va_start(arguments, format);
	vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	length = strlen(line);
	at = atomic_fetch_add(&s->noted, length);
	if (at + length < sizeof(s->notes))
		memcpy(s->notes + at, line, length);
}

/* Notes a call and what came of it; errno stays as the call left it. */
static long tell(${named ? 'const char *who, ' : ''}const char *call, long result)
{
	int error = errno;

	if (result == -1)
		note("${format} = -1, errno %d: %s\\n", ${who}call, error, strerror(error));
	else if (result > 0xffff || result < 0)
		note("${format} = %#lx\\n", ${who}call, (unsigned long)result);
	else
		note("${format} = %ld\\n", ${who}call, result);
	errno = error;
	return result;
}`;
}
