import type { Snippet } from './snippet.ts';

/** Accesses that may fault, and arguments that lie where they should not. */
export const MEMORY_SNIPPETS: readonly Snippet[] = [
  {
    names: ['guarded'],
    text: `static __thread sigjmp_buf fault;
static __thread volatile sig_atomic_t guarded;

/* An access that faults is a result; any other fault ends the process as it would have done. */
static void on_fault(int number)
{
	if (guarded)
		siglongjmp(fault, number);
	signal(number, SIG_DFL);
	raise(number);
}`,
  },
  {
    names: ['scan'],
    text: `/* How many bytes from \`at\` on repeat the pattern; -1 when reading them faults. */
static long scan(const char *at, size_t length, const char *pattern, size_t period)
{
	volatile size_t same = 0;

	guarded = 1;
	if (sigsetjmp(fault, 1) != 0) {
		guarded = 0;
		errno = EFAULT;
		return -1;
	}
	while (same < length && ((const volatile char *)at)[same] == pattern[same % period])
		same++;
	guarded = 0;
	return (long)same;
}`,
  },
  {
    names: ['store'],
    text: `/* Repeats the pattern over \`length\` bytes; -1 when writing them faults. */
static long store(char *at, size_t length, const char *pattern, size_t period)
{
	volatile size_t done = 0;

	guarded = 1;
	if (sigsetjmp(fault, 1) != 0) {
		guarded = 0;
		errno = EFAULT;
		return -1;
	}
	for (; done < length; done++)
		((volatile char *)at)[done] = pattern[done % period];
	guarded = 0;
	return (long)length;
}`,
  },
  {
    names: ['touch'],
    text: `/* Reads a byte of each page; -1 when that faults. */
static long touch(const char *at, size_t length)
{
	volatile size_t done = 0;

	guarded = 1;
	if (sigsetjmp(fault, 1) != 0) {
		guarded = 0;
		errno = EFAULT;
		return -1;
	}
	for (; done < length; done += PAGE)
		(void)((const volatile char *)at)[done];
	guarded = 0;
	return (long)length;
}`,
  },
  {
    names: ['place', 'UNMAPPED'],
    text: `#define UNMAPPED -1

/*
 * Copies a request to \`offset\` in two fresh pages, which then get these protections. They lie far
 * below what other threads map: none of that must fill a page that is to be missing.
 */
static char *place(const void *request, size_t length, size_t offset, int own, int neighbour)
{
	static unsigned long count;
	unsigned long at = __atomic_fetch_add(&count, 1, __ATOMIC_RELAXED) % 4096;
	char *pages = mmap((void *)(0x20000000ul + 0x10000ul * at), 2 * PAGE,
			   PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	memcpy(pages + offset, request, length);
	if (neighbour == UNMAPPED)
		munmap(pages + PAGE, PAGE);
	else
		mprotect(pages + PAGE, PAGE, neighbour);
	mprotect(pages, PAGE, own);
	return pages + offset;
}`,
  },
  {
    names: ['take_back'],
    text: `/* Copies back what the request has become, as far as it lies in memory. */
static void take_back(void *request, char *at, size_t offset, size_t present)
{
	int error = errno;

	mprotect(at - offset, PAGE, PROT_READ | PROT_WRITE);
	mprotect(at - offset + PAGE, PAGE, PROT_READ | PROT_WRITE);
	memcpy(request, at, present);
	errno = error;
}`,
  },
  {
    names: ['flip', 'flip_start'],
    text: `/* A field that changes between two values for as long as a call runs. */
struct flip {
	volatile uint64_t *field;
	uint64_t values[2];
	atomic_int started;
	atomic_int stop;
};

static void *flip_run(void *data)
{
	struct flip *flip = data;

	for (unsigned i = 1; !flip->stop; i++) {
		*flip->field = flip->values[i & 1];
		flip->started = 1;
	}
	return NULL;
}

static pthread_t flip_start(struct flip *flip)
{
	pthread_t thread;

	pthread_create(&thread, NULL, flip_run, flip);
	while (!flip->started)
		sched_yield();
	return thread;
}`,
  },
];
