import type { Snippet } from './snippet.ts';

/** Code that proves that a promise is broken. */
export const JUDGING_SNIPPETS: readonly Snippet[] = [
  {
    names: ['violated'],
    text: `/* Once is enough: an attempt in which this is told of something true has shown it. */
static void violated(int is)
{
	if (!is)
		return;
	note("      ^ here the promise is broken\\n");
	s->violated = 1;
}`,
  },
  {
    names: ['unjudged'],
    text: `/* What an attempt could not look at, it says nothing of. */
static void unjudged(const char *why)
{
	note("      ^ nothing can be said: %s\\n", why);
	s->unjudged = 1;
}`,
  },
  {
    names: ['share_pages'],
    text: `/* Whether what is written to a page of the one mapping shows in a page of the other. */
static int share_pages(char *one, size_t bytes, const char *other, size_t other_bytes)
{
	for (size_t at = 0; at < bytes; at += PAGE) {
		uint64_t mark = 0x5ca1ab1e00000000u + at;

		memcpy(one + at, &mark, sizeof(mark));
		for (size_t there = 0; there < other_bytes; there += PAGE) {
			if (memcmp(other + there, &mark, sizeof(mark)) != 0)
				continue;
			note("      byte %zu of the one is byte %zu of the other\\n", at, there);
			return 1;
		}
	}
	return 0;
}`,
  },
  {
    names: ['read_frames'],
    text: `/* Page frame numbers of a mapping, by /proc/self/pagemap; 0 where they are hidden. */
static void read_frames(const char *at, size_t pages, uint64_t *frames)
{
	int descriptor = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	off_t first = (off_t)((uintptr_t)at / PAGE * sizeof(*frames));

	memset(frames, 0, pages * sizeof(*frames));
	touch(at, pages * PAGE);
	if (pread(descriptor, frames, pages * sizeof(*frames), first) < 0)
		note("      pagemap cannot be read: %s\\n", strerror(errno));
	close(descriptor);
	for (size_t i = 0; i < pages; i++)
		frames[i] &= (1ull << 55) - 1;
	if (frames[0] == 0)
		unjudged("page frames are hidden; run it as root");
}`,
  },
  {
    names: ['common_frame'],
    text: `static int common_frame(const uint64_t *one, size_t pages, const uint64_t *other,
			size_t others)
{
	for (size_t i = 0; i < pages; i++) {
		for (size_t j = 0; j < others; j++) {
			if (one[i] == 0 || one[i] != other[j])
				continue;
			note("      page %zu of the one is page %zu of the other\\n", i, j);
			return 1;
		}
	}
	return 0;
}`,
  },
  {
    names: ['free_kilobytes'],
    text: `/* What /proc/meminfo counts of the memory that is free, or -1. */
static long free_kilobytes(void)
{
	char line[128];
	long value = -1;
	FILE *file = fopen("/proc/meminfo", "r");

	while (file != NULL && value < 0 && fgets(line, sizeof(line), file) != NULL)
		sscanf(line, GAUGE ": %ld kB", &value);
	if (file != NULL)
		fclose(file);
	return value;
}`,
  },
  {
    names: ['count_complaints'],
    text: `/* How often the kernel's log has the words of the complaint; -1 when it is closed to us. */
static long count_complaints(void)
{
	static char log[1 << 20];
	int length = klogctl(3 /* SYSLOG_ACTION_READ_ALL */, log, sizeof(log) - 1);
	long count = 0;

	if (length < 0)
		return -1;
	log[length] = '\\0';
	for (const char *at = log; (at = strstr(at, COMPLAINT)) != NULL; at++)
		count++;
	return count;
}`,
  },
  {
    names: ['stuck'],
    text: `static long complaints;

/* An attempt does not end: the kernel keeps one of its processes. */
static void stuck(int number)
{
	static const char words[] = "The attempt does not end: a process is stuck in the kernel.\\n";

	(void)number;
	if (write(1, words, sizeof(words) - 1) < 0)
		_exit(2);
	_exit(count_complaints() > complaints ? 1 : 2);
}`,
  },
];
