/* SPDX-License-Identifier: MIT */
/* Lets the kernel of a guest count events of dma-bufs, see traced.h. */
#include "../include/traced.h"
#include "../include/agent.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_BYTES 256
/* Of each processor: what is pushed out of it is counted as well. */
#define BUFFER_KB "8"

static int write_word(const char *path, const char *word)
{
	int descriptor = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t put;

	if (descriptor < 0)
		return -1;
	put = write(descriptor, word, strlen(word));
	close(descriptor);
	return put < 0 ? -1 : 0;
}

static int count(const char *event)
{
	char path[PATH_BYTES];

	snprintf(path, sizeof(path), AC_TRACED_INSTANCE "%s", event);
	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return -1;
	snprintf(path, sizeof(path), AC_TRACED_INSTANCE "%s/buffer_size_kb", event);
	if (write_word(path, BUFFER_KB) < 0)
		return -1;
	snprintf(path, sizeof(path), AC_TRACED_INSTANCE "%s/events/dma_buf/dma_buf_%s/enable", event,
		 event);
	return write_word(path, "1");
}

void ac_traced_prepare(void)
{
	/* A kernel without the file system, or without these events, just does not count. */
	if (mount("tracefs", AC_TRACING, "tracefs", 0, NULL) < 0 && errno != EBUSY)
		return;
	if (access(AC_TRACING "/events/dma_buf/dma_buf_export", F_OK) < 0)
		return;
	for (int i = 0; i < AC_TRACED_COUNT; i++) {
		if (count(ac_traced[i]) < 0)
			printf("allocert: cannot count dma_buf_%s: %s\n", ac_traced[i],
			       strerror(errno));
	}
}
