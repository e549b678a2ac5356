import type { Snippet } from './snippet.ts';

/** Allocations of the kernel that fail on purpose, and what is left of memory. */
export const FAULT_SNIPPETS: readonly Snippet[] = [
  {
    names: ['FAILING'],
    text: `/*
 * Makes a call in which the nth allocation of the kernel fails; source:
 * Documentation/fault-injection/fault-injection.rst, fail-nth.
 */
#define FAILING(nth, call) (arm(#nth), disarm((long)(call)))

static __thread int arming;

/* The file has a high number: the lowest one that is free is the call's. */
static void arm(const char *nth)
{
	int low = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);

	arming = low < 0 ? -1 : fcntl(low, F_DUPFD_CLOEXEC, 100);
	if (low >= 0)
		close(low);
	if (pwrite(arming, nth, strlen(nth), 0) < 0)
		note("      nothing can be made to fail: %s\\n", strerror(errno));
}

static long disarm(long result)
{
	int error = errno;
	char left[16] = "";

	/* What is left of the count: 0 once the allocation has come. */
	if (pread(arming, left, sizeof(left) - 1, 0) > 0 && pwrite(arming, "0", 1, 0) > 0)
		note("      %s allocation fails in this call:\\n", atol(left) == 0 ? "an" : "no");
	if (arming >= 0)
		close(arming);
	errno = error;
	return result;
}`,
  },
  {
    names: ['can_fail'],
    text: `static int set(const char *path, const char *value)
{
	int file = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t written;

	if (file < 0)
		return 0;
	written = write(file, value, strlen(value));
	close(file);
	return written > 0;
}

/* Also allocations that may wait fail then, of any size, and the log stays as it is. */
static int can_fail(void)
{
	return set("/sys/kernel/debug/failslab/ignore-gfp-wait", "N") &&
	       set("/sys/kernel/debug/failslab/verbose", "0") &&
	       set("/sys/kernel/debug/fail_page_alloc/ignore-gfp-wait", "N") &&
	       set("/sys/kernel/debug/fail_page_alloc/min-order", "0") &&
	       set("/sys/kernel/debug/fail_page_alloc/verbose", "0") &&
	       (set("/sys/kernel/debug/fail_usercopy/verbose", "0") || errno == ENOENT) &&
	       access("/proc/thread-self/fail-nth", W_OK) == 0;
}`,
  },
  {
    names: ['taken_pages'],
    text: `/* Pages of all of CMA's areas that are taken, or -1. */
static long taken_pages(void)
{
	DIR *areas = opendir("/sys/kernel/debug/cma");
	struct dirent *area;
	long sum = areas == NULL ? -1 : 0;

	while (areas != NULL && (area = readdir(areas)) != NULL) {
		char path[320];
		long pages;
		FILE *file;

		snprintf(path, sizeof(path), "/sys/kernel/debug/cma/%s/used", area->d_name);
		file = fopen(path, "r");
		if (file != NULL && fscanf(file, "%ld", &pages) == 1)
			sum += pages;
		if (file != NULL)
			fclose(file);
	}
	if (areas != NULL)
		closedir(areas);
	return sum;
}`,
  },
];
