/* SPDX-License-Identifier: MIT */
/* The kernel's log and taint, where this machine shows them. */
#include "../include/agent.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static __thread int kmsg = -1;
static __thread char *text;

void agent_log_open(void)
{
	if (text == NULL)
		text = malloc(AGENT_LOG_BYTES);
	if (text == NULL || kmsg >= 0)
		return;
	kmsg = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (kmsg >= 0 && lseek(kmsg, 0, SEEK_END) < 0) {
		close(kmsg);
		kmsg = -1;
	}
}

struct agent_log agent_log_lent(void)
{
	return (struct agent_log){ .kmsg = kmsg, .text = text };
}

void agent_log_continue(const struct agent_log *log)
{
	kmsg = log->kmsg;
	text = log->text;
}

int agent_log_known(void)
{
	return kmsg >= 0;
}

/*
 * A record is `priority,sequence,time,flags;message`, then lines of context that start with a
 * space.
 */
static uint32_t append_message(char *record, size_t length, uint32_t used)
{
	char *message = memchr(record, ';', length);
	char *end;
	size_t bytes;

	if (message == NULL)
		return used;
	message++;
	end = memchr(message, '\n', length - (size_t)(message - record));
	bytes = end == NULL ? length - (size_t)(message - record) : (size_t)(end - message);
	if (bytes + 1 > AGENT_LOG_BYTES - used)
		return used;
	memcpy(text + used, message, bytes);
	text[used + bytes] = '\n';
	return used + (uint32_t)bytes + 1;
}

static int read_taint(uint64_t *taint)
{
	char digits[32] = "";
	int descriptor = open("/proc/sys/kernel/tainted", O_RDONLY | O_CLOEXEC);
	ssize_t got;

	if (descriptor < 0)
		return 0;
	got = read(descriptor, digits, sizeof(digits) - 1);
	close(descriptor);
	*taint = strtoull(digits, NULL, 10);
	return got > 0;
}

/*
 * Documentation/admin-guide/tainted-kernels.rst: a bad page, which KASAN says too, an oops, a
 * warning, a lockup.
 */
#define TAINTS_OF_DAMAGE (1u << 5 | 1u << 7 | 1u << 9 | 1u << 14)

int agent_kernel_damaged(void)
{
	uint64_t taint;

	return read_taint(&taint) && (taint & TAINTS_OF_DAMAGE) != 0;
}

struct ac_kernel_log agent_log_take(void)
{
	struct ac_kernel_log log = { .text = text };
	char record[8192];

	while (kmsg >= 0) {
		ssize_t got = read(kmsg, record, sizeof(record));

		if (got > 0)
			log.bytes = append_message(record, (size_t)got, log.bytes);
		/* EPIPE: the kernel overwrote records before we came; the next read goes on. */
		else if (got == 0 || (errno != EPIPE && errno != EINTR))
			break;
	}
	log.taint_known = read_taint(&log.taint);
	return log;
}
