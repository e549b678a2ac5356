/* SPDX-License-Identifier: MIT */
/* Whether the kernel watches its memory, which moves gauges of free memory. */
#include "../include/agent.h"

#include <string.h>

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

struct findings {
	char *names;
	size_t room;
	int from_the_beginning;
};

static void look_at(void *data, const char *record)
{
	struct findings *findings = data;

	if (strstr(record, beginning) != NULL)
		findings->from_the_beginning = 1;
	note(findings->names, findings->room, record);
}

int agent_instruments(char *names, size_t room)
{
	struct findings findings = { .names = names, .room = room };

	names[0] = '\0';
	if (agent_each_record("/dev/kmsg", look_at, &findings) < 0)
		return 0;
	/* What is missing may have been in records that are gone. */
	if (!findings.from_the_beginning && strstr(names, "kasan") == NULL)
		names[0] = '\0';
	else if (names[0] == '\0')
		strcpy(names, "none");
	return names[0] != '\0';
}
