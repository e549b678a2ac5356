/* SPDX-License-Identifier: MIT */
/* The records of the kernel's log, from the oldest that it still has. */
#include "../include/agent.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

int agent_each_record(const char *path, void (*tell)(void *data, const char *record), void *data)
{
	int log = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	char record[8192];

	if (log < 0)
		return -1;
	for (;;) {
		ssize_t got = read(log, record, sizeof(record) - 1);

		/* EPIPE: the next record was overwritten, and the one after it comes. */
		if (got < 0 && (errno == EPIPE || errno == EINTR))
			continue;
		if (got <= 0)
			break;
		record[got] = '\0';
		tell(data, record);
	}
	close(log);
	return 0;
}
