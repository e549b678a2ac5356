/* SPDX-License-Identifier: MIT */
/* Counts of the events of dma-bufs, see traced.h. */
#include "../include/traced.h"
#include "../include/executor.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PATH_BYTES 320

const char *const ac_traced[AC_TRACED_COUNT] = { "export", "fd", "get", "put" };

/* Documentation/trace/ftrace.rst, per_cpu/cpuN/stats: what is there, what was pushed out, … */
static const char *const counted[] = { "entries: ", "overrun: ", "read events: " };
/* … and what came while another event was being written, or found no room. */
static const char *const lost[] = { "commit overrun: ", "dropped events: " };

/* The number after a word that begins a line. */
static uint64_t number_after(const char *text, const char *word)
{
	for (const char *line = text; line != NULL; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, word, strlen(word)) == 0)
			return strtoull(line + strlen(word), NULL, 10);
	}
	return 0;
}

struct events {
	uint64_t counted;
	uint64_t lost;
};

/* 0, or -1 with errno. */
static int add_processor(const char *path, struct events *events)
{
	char text[1024];
	int descriptor = ac_open_own(path, O_RDONLY);
	ssize_t got;

	if (descriptor < 0)
		return -1;
	got = read(descriptor, text, sizeof(text) - 1);
	close(descriptor);
	if (got < 0)
		return -1;
	text[got] = '\0';
	for (size_t i = 0; i < sizeof(counted) / sizeof(counted[0]); i++)
		events->counted += number_after(text, counted[i]);
	for (size_t i = 0; i < sizeof(lost) / sizeof(lost[0]); i++)
		events->lost += number_after(text, lost[i]);
	return 0;
}

/* Of all processors; 0, or -1 with errno. */
static int add_instance(const char *event, struct events *events)
{
	char path[PATH_BYTES];
	struct dirent *entry;
	int error = 0;
	DIR *folder;

	snprintf(path, sizeof(path), AC_TRACED_INSTANCE "%s/per_cpu", event);
	folder = opendir(path);
	if (folder == NULL)
		return -1;
	while (error == 0 && (entry = readdir(folder)) != NULL) {
		if (strncmp(entry->d_name, "cpu", 3) != 0)
			continue;
		snprintf(path, sizeof(path), AC_TRACED_INSTANCE "%s/per_cpu/%.16s/stats", event,
			 entry->d_name);
		error = add_processor(path, events) < 0 ? errno : 0;
	}
	closedir(folder);
	errno = error;
	return error == 0 ? 0 : -1;
}

int ac_traced_offered(void)
{
	for (int i = 0; i < AC_TRACED_COUNT; i++) {
		char path[PATH_BYTES];
		char state[2] = "";
		int descriptor;

		snprintf(path, sizeof(path), AC_TRACED_INSTANCE "%s/events/dma_buf/dma_buf_%s/enable",
			 ac_traced[i], ac_traced[i]);
		descriptor = open(path, O_RDONLY | O_CLOEXEC);
		if (descriptor < 0)
			return 0;
		if (read(descriptor, state, 1) != 1)
			state[0] = '0';
		close(descriptor);
		if (state[0] != '1')
			return 0;
	}
	return 1;
}

int64_t ac_traced_counts(uint8_t *out, size_t room)
{
	uint64_t missed = 0;
	size_t length = 0;

	for (int i = 0; i < AC_TRACED_COUNT; i++) {
		struct events events = { 0 };

		if (add_instance(ac_traced[i], &events) < 0)
			return -1;
		missed += events.lost;
		length += (size_t)snprintf((char *)out + length, room - length, "%s %llu\n",
					   ac_traced[i], (unsigned long long)events.counted);
	}
	length += (size_t)snprintf((char *)out + length, room - length, "lost %llu\n",
				   (unsigned long long)missed);
	return (int64_t)length;
}
