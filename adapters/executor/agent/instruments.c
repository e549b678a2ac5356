/* SPDX-License-Identifier: MIT */
/* Whether the kernel watches its memory, which moves gauges of free memory. */
#include "../include/agent.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* What a kernel says of itself, in the log of its boot or on its command line. */
static const struct {
	const char *words;
	const char *name;
} signs[] = {
	{ "KernelAddressSanitizer initialized", "kasan" },
	{ "page_owner=on", "page_owner" },
	{ "debug_pagealloc=on", "debug_pagealloc" },
	{ "slub_debug", "slub_debug" },
	{ "slab_debug", "slub_debug" },
	{ "kmemleak: Kernel memory leak detector initialized", "kmemleak" },
};

/* The first record of a boot; without it the log no longer shows how the kernel began. */
static const char beginning[] = "Linux version ";

static void note(char *names, size_t room, const char *record)
{
	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
		if (strstr(record, signs[i].words) == NULL || strstr(names, signs[i].name) != NULL)
			continue;
		if (strlen(names) + strlen(signs[i].name) + 2 > room)
			return;
		if (names[0] != '\0')
			strcat(names, ",");
		strcat(names, signs[i].name);
	}
}

int agent_instruments(char *names, size_t room)
{
	int log = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	int from_the_beginning = 0;
	char record[8192];

	names[0] = '\0';
	if (log < 0)
		return 0;
	for (;;) {
		ssize_t got = read(log, record, sizeof(record) - 1);

		if (got < 0 && (errno == EPIPE || errno == EINTR))
			continue;
		if (got <= 0)
			break;
		record[got] = '\0';
		if (strstr(record, beginning) != NULL)
			from_the_beginning = 1;
		note(names, room, record);
	}
	close(log);
	/* What is missing may have been in records that are gone. */
	if (!from_the_beginning && strstr(names, "kasan") == NULL)
		names[0] = '\0';
	else if (names[0] == '\0')
		strcpy(names, "none");
	return names[0] != '\0';
}
