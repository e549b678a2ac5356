/* SPDX-License-Identifier: MIT */
/*
 * Contiguous memory, as the kernel shows it to root: the areas of CMA with their ranges of page
 * frames, and what the class of the Simple Allocator says of its devices. Which region has which
 * area is for the host to say (adapters/protocol/region-memory.ts).
 */
#include "../include/agent.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Where all this is; tests have it elsewhere. */
#ifndef ROOT
#define ROOT ""
#endif
/* mm/cma_debug.c, CONFIG_CMA_DEBUGFS */
#define DEBUG_PATH ROOT "/sys/kernel/debug/cma"
/* Documentation/ABI/testing/sysfs-kernel-mm-cma, CONFIG_CMA_SYSFS */
#define SYSFS_PATH ROOT "/sys/kernel/mm/cma"
#define CLASS_PATH ROOT "/sys/class/simple_allocator"
#define AREAS_MAX 16
#define RANGES_MAX 16
#define PATH_BYTES 512
#define NAME_BYTES 64

/* A file below a folder, less the end of its line; its length, or -1. */
static int read_small(const char *folder, const char *file, char *text, size_t room)
{
	char path[PATH_BYTES];
	int descriptor;
	ssize_t got;

	if (snprintf(path, sizeof(path), "%s/%s", folder, file) >= (int)sizeof(path))
		return -1;
	descriptor = open(path, O_RDONLY | O_CLOEXEC);
	if (descriptor < 0)
		return -1;
	got = read(descriptor, text, room - 1);
	close(descriptor);
	if (got <= 0)
		return -1;
	text[got] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return (int)strlen(text);
}

static int read_number(const char *folder, const char *file, unsigned long long *number)
{
	char text[64];
	char *end;

	if (read_small(folder, file, text, sizeof(text)) <= 0)
		return -1;
	*number = strtoull(text, &end, 0);
	return *end == '\0' && end != text ? 0 : -1;
}

/* The words of 32 bits that a bitmap has: debugfs shows them in decimal, with spaces between. */
static unsigned long long bitmap_words(const char *folder)
{
	char path[PATH_BYTES];
	char block[4096];
	unsigned long long words = 0;
	int inside = 0;
	int descriptor;
	ssize_t got;

	if (snprintf(path, sizeof(path), "%s/bitmap", folder) >= (int)sizeof(path))
		return 0;
	descriptor = open(path, O_RDONLY | O_CLOEXEC);
	if (descriptor < 0)
		return 0;
	while ((got = read(descriptor, block, sizeof(block))) > 0) {
		for (ssize_t i = 0; i < got; i++) {
			int digit = block[i] >= '0' && block[i] <= '9';

			words += (unsigned)(digit && !inside);
			inside = digit;
		}
	}
	close(descriptor);
	return words;
}

/*
 * The ranges of an area, as `0xFRAME+PAGES` with commas between; in newer kernels there may be several,
 * in folders of their own without a count. An area of one has it beside.
 */
static int show_ranges(const char *folder, unsigned long long pages, unsigned long long order,
		       char *text, size_t room)
{
	unsigned long long first;
	size_t used = 0;
	unsigned count = 0;

	for (unsigned i = 0; i < RANGES_MAX; i++) {
		char range[PATH_BYTES];
		unsigned long long length;
		int added;

		if (snprintf(range, sizeof(range), "%s/ranges/%u", folder, i) >= (int)sizeof(range))
			return -1;
		if (read_number(range, "base_pfn", &first) < 0)
			break;
		length = bitmap_words(range) * 32 << order;
		added = snprintf(text + used, room - used, "%s0x%llx+%llu", i == 0 ? "" : ",", first,
				 length);
		if (added < 0 || (size_t)added >= room - used)
			return -1;
		used += (size_t)added;
		count++;
	}
	if (count > 1)
		return 0;
	if (read_number(folder, "base_pfn", &first) < 0)
		return -1;
	snprintf(text, room, "0x%llx+%llu", first, pages);
	return 0;
}

/* `count` is in pages in all versions, and `order_per_bit` says how many pages a bit stands for. */
static void show_debug_area(struct agent_sheet *sheet, unsigned index, const char *name)
{
	char folder[PATH_BYTES];
	char ranges[1024];
	unsigned long long pages, used, order = 0;

	snprintf(folder, sizeof(folder), DEBUG_PATH "/%s", name);
	if (read_number(folder, "count", &pages) < 0)
		return;
	if (read_number(folder, "order_per_bit", &order) < 0 || order > 20)
		order = 0;
	agent_line(sheet, "cma.%u=%s\ncma.%u.pages=%llu\n", index, name, index, pages);
	if (read_number(folder, "used", &used) == 0)
		agent_line(sheet, "cma.%u.used=%llu\n", index, used);
	if (show_ranges(folder, pages, order, ranges, sizeof(ranges)) == 0)
		agent_line(sheet, "cma.%u.ranges=%s\n", index, ranges);
}

static void show_sysfs_area(struct agent_sheet *sheet, unsigned index, const char *name)
{
	char folder[PATH_BYTES];
	unsigned long long pages, available;

	snprintf(folder, sizeof(folder), SYSFS_PATH "/%s", name);
	agent_line(sheet, "cma.%u=%s\n", index, name);
	if (read_number(folder, "total_pages", &pages) < 0)
		return;
	agent_line(sheet, "cma.%u.pages=%llu\n", index, pages);
	if (read_number(folder, "available_pages", &available) == 0 && available <= pages)
		agent_line(sheet, "cma.%u.used=%llu\n", index, pages - available);
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* Names in a folder, sorted, so that an area has one number; how many. */
static unsigned list_names(const char *path, char names[AREAS_MAX][NAME_BYTES])
{
	DIR *folder = opendir(path);
	struct dirent *entry;
	unsigned count = 0;

	if (folder == NULL)
		return 0;
	while (count < AREAS_MAX && (entry = readdir(folder)) != NULL) {
		if (entry->d_name[0] != '.' && strlen(entry->d_name) < NAME_BYTES)
			strcpy(names[count++], entry->d_name);
	}
	closedir(folder);
	qsort(names, count, NAME_BYTES, compare_names);
	return count;
}

/* `cma: Reserved 64 MiB at 0x000000003c000000`, and since 6.12 ` on node -1` behind it. */
static void show_reservation(void *sheet, const char *record)
{
	const char *at = strstr(record, "cma: Reserved ");
	unsigned long long mebibytes, address;

	if (at != NULL && sscanf(at, "cma: Reserved %llu MiB at 0x%llx", &mebibytes, &address) == 2)
		agent_line(sheet, "cma.reserved=0x%llx+%llu\n", address, mebibytes << 20);
}

/* What a device of the class says of the pool that it allocates from. */
static void show_device(struct agent_sheet *sheet, unsigned index)
{
	const char *node = ac_shared->region_paths[index];
	const char *name = strrchr(node, '/');
	char folder[PATH_BYTES];
	char memory[NAME_BYTES + sizeof("CMA area ")];
	char frames[1024];
	unsigned long long bytes;

	if (name == NULL)
		return;
	if (snprintf(folder, sizeof(folder), CLASS_PATH "%s", name) >= (int)sizeof(folder))
		return;
	if (read_number(folder, "size_bytes", &bytes) == 0)
		agent_line(sheet, "region.%u.size_bytes=%llu\n", index, bytes);
	if (read_small(folder, "memory", memory, sizeof(memory)) > 0)
		agent_line(sheet, "region.%u.memory=%s\n", index, memory);
	if (read_small(folder, "frames", frames, sizeof(frames)) > 0)
		agent_line(sheet, "region.%u.frames=%s\n", index, frames);
}

void agent_areas(struct agent_sheet *sheet)
{
	static char names[AREAS_MAX][NAME_BYTES];
	unsigned count = list_names(DEBUG_PATH, names);

	for (unsigned i = 0; i < count; i++)
		show_debug_area(sheet, i, names[i]);
	if (count == 0) {
		count = list_names(SYSFS_PATH, names);
		for (unsigned i = 0; i < count; i++)
			show_sysfs_area(sheet, i, names[i]);
	}
	/* Where nothing else tells where the area lies, the kernel said so as it booted. */
	agent_each_record(ROOT "/dev/kmsg", show_reservation, sheet);
	for (uint32_t i = 0; i < ac_shared->regions; i++)
		show_device(sheet, i);
}
