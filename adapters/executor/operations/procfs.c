/* SPDX-License-Identifier: MIT */
/* What /proc says of a client's descriptors and of the machine. */
#include "../include/edges.h"
#include "../include/executor.h"
#include "../include/traced.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

void ac_op_readlink(struct ac_call *call)
{
	char path[64];
	ssize_t length;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", (int)call->arguments[0]);
	ac_call_begin(call);
	length = readlink(path, (char *)call->context->out, 4096);
	ac_call_end(call, length);
	call->out_length = length > 0 ? (uint32_t)length : 0;
}

void ac_op_reopen(struct ac_call *call)
{
	int fd = (int)call->arguments[0];
	long flags = (long)call->arguments[1];
	char path[64];

	if (!ac_may_open(call->arguments[1])) {
		ac_call_refuse(call);
		return;
	}
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	ac_call_begin(call);
	ac_call_end(call, AC_CALL(reopen, syscall(SYS_openat, AT_FDCWD, path, flags, 0), fd,
				  (int)flags));
}

#define BUFINFO "/sys/kernel/debug/dma_buf/bufinfo"
#define EVENTS "/sys/kernel/tracing/events/dma_buf"
/* Of a list that counts at its end, at least so much of the end is kept. */
#define END_BYTES 1024

/* Bytes read, or -1 with errno. Of a document that does not fit, its beginning or its end. */
static int64_t read_document(const char *path, uint8_t *out, int end)
{
	int descriptor = ac_open_own(path, O_RDONLY);
	size_t length = 0;
	ssize_t got;
	int error;

	if (descriptor < 0)
		return -1;
	do {
		got = read(descriptor, out + length, AC_OUT_BYTES_MAX - length);
		if (got > 0)
			length += (size_t)got;
		if (end && length == AC_OUT_BYTES_MAX) {
			memmove(out, out + length - END_BYTES, END_BYTES);
			length = END_BYTES;
		}
	} while ((got > 0 && length < AC_OUT_BYTES_MAX) || (got < 0 && errno == EINTR));
	error = errno;
	close(descriptor);
	errno = error;
	return got < 0 ? -1 : (int64_t)length;
}

void ac_op_readfile(struct ac_call *call)
{
	uint64_t document = call->arguments[0];
	char path[64];
	int64_t length;

	if (document >= AC_DOCUMENTS_COUNT)
		return;
	snprintf(path, sizeof(path), "%s", ac_documents[document]);
	if (strcmp(path, "/proc/self/fdinfo") == 0)
		snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", (int)call->arguments[1]);
	ac_call_begin(call);
	if (strcmp(path, "/sys/class/simple_allocator") == 0)
		length = ac_class_listing(call->context->out, AC_OUT_BYTES_MAX);
	else if (strcmp(path, EVENTS) == 0)
		length = ac_traced_counts(call->context->out, AC_OUT_BYTES_MAX);
	else if (strcmp(path, "/sys/kernel/debug/cma") == 0)
		length = ac_area_listing(call->context->out, AC_OUT_BYTES_MAX);
	else if (strcmp(path, AC_KCOV_PATH) == 0)
		length = ac_edges_listing(call->context->out, AC_OUT_BYTES_MAX);
	else
		length = read_document(path, call->context->out, strcmp(path, BUFINFO) == 0);
	ac_call_end(call, length);
	call->out_length = length > 0 ? (uint32_t)length : 0;
}

/* As the kernel writes them; libc has no name for it everywhere. */
struct entry {
	uint64_t inode;
	int64_t offset;
	unsigned short length;
	unsigned char type;
	char name[];
};

static int64_t list_descriptors(int folder, int32_t *out)
{
	_Alignas(8) char buffer[4096];
	int64_t count = 0;
	long got;

	while ((got = syscall(SYS_getdents64, folder, buffer, sizeof(buffer))) > 0) {
		for (long at = 0; at < got;) {
			const struct entry *entry = (const struct entry *)(void *)(buffer + at);
			int number = atoi(entry->name);

			at += entry->length;
			if (entry->name[0] == '.' || number == folder ||
			    number == ac_kept.control || number == ac_kept.data)
				continue;
			if ((uint64_t)count < AC_OUT_BYTES_MAX / sizeof(*out))
				out[count] = number;
			count++;
		}
	}
	return got < 0 ? -1 : count;
}

/* /proc lists descriptors in ascending order. */
void ac_op_descriptors(struct ac_call *call)
{
	int32_t *out = (int32_t *)(void *)call->context->out;
	int64_t count = -1;
	int folder;

	ac_call_begin(call);
	folder = ac_open_own("/proc/self/fd", O_RDONLY | O_DIRECTORY);
	if (folder >= 0) {
		int error;

		count = list_descriptors(folder, out);
		error = errno;
		close(folder);
		errno = error;
	}
	ac_call_end(call, count);
	if (count > 0)
		call->out_length = (uint64_t)count < AC_OUT_BYTES_MAX / sizeof(*out)
					   ? (uint32_t)count * sizeof(*out)
					   : AC_OUT_BYTES_MAX;
}
