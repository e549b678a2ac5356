/* SPDX-License-Identifier: MIT */
/* What only the system around a client knows: page frames, other clients' memory, device nodes. */
#define _GNU_SOURCE
#include "../include/executor.h"
#include "../include/guard.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#define SIMPLE_ALLOCATOR_MAJOR 222
#define CLASS_PATH "/sys/class/simple_allocator"
#define AREAS_PATH "/sys/kernel/debug/cma"
/* Documentation/admin-guide/mm/pagemap.rst: bits 0 to 54 of an entry, bit 63 for present. */
#define FRAME_MASK ((1ull << 55) - 1)
#define FRAME_PRESENT (1ull << 63)

/* The first line of a small file that starts with `key`, less the key; 0, or -1 with errno. */
static int first_value(const char *path, const char *key, char *value, size_t size)
{
	char text[512];
	char *line;
	char *rest = text;
	int descriptor = ac_open_own(path, O_RDONLY);
	ssize_t length;

	if (descriptor < 0)
		return -1;
	length = read(descriptor, text, sizeof(text) - 1);
	close(descriptor);
	if (length < 0)
		return -1;
	text[length] = '\0';
	while ((line = strsep(&rest, "\n")) != NULL) {
		if (strncmp(line, key, strlen(key)) != 0)
			continue;
		snprintf(value, size, "%s", line + strlen(key));
		return 0;
	}
	errno = ENOENT;
	return -1;
}

const char *ac_node_path(unsigned minor, char *path, size_t size)
{
	char uevent[96];
	char name[128];
	int registered;

	snprintf(uevent, sizeof(uevent), "/sys/dev/char/%d:%u/uevent", SIMPLE_ALLOCATOR_MAJOR,
		 minor);
	/* A node that nobody registered is opened all the same, for the errno that this gives. */
	registered = first_value(uevent, "DEVNAME=", name, sizeof(name)) == 0;
	if (!registered)
		snprintf(name, sizeof(name), "char/%d:%u", SIMPLE_ALLOCATOR_MAJOR, minor);
	snprintf(path, size, "/dev/%s", name);
	/* There every minor has a node, by its number, and regions of the target by their names. */
	if (ac_shared->confined == AC_CONFINED_NAMESPACES && !registered)
		snprintf(path, size, "/dev/char/none");
	else if (ac_shared->confined == AC_CONFINED_NAMESPACES && access(path, F_OK) < 0)
		snprintf(path, size, "/dev/char/%d:%u", SIMPLE_ALLOCATOR_MAJOR, minor);
	return path;
}

/* A line `NAME VALUE` for each entry of a folder that has the file; -1 without the folder. */
static int64_t list_values(const char *place, const char *file, uint8_t *out, size_t size)
{
	DIR *folder = opendir(place);
	struct dirent *entry;
	size_t length = 0;

	if (folder == NULL)
		return -1;
	while ((entry = readdir(folder)) != NULL) {
		char path[400];
		char value[32];
		int added;

		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s/%s", place, entry->d_name, file);
		if (first_value(path, "", value, sizeof(value)) < 0)
			continue;
		added = snprintf((char *)out + length, size - length, "%s %s\n", entry->d_name,
				 value);
		if (added < 0 || (size_t)added >= size - length)
			break;
		length += (size_t)added;
	}
	closedir(folder);
	return (int64_t)length;
}

int64_t ac_class_listing(uint8_t *out, size_t size)
{
	return list_values(CLASS_PATH, "dev", out, size);
}

/* mm/cma_debug.c: each area has a file `used`, its pages that are taken. */
int64_t ac_area_listing(uint8_t *out, size_t size)
{
	return list_values(AREAS_PATH, "used", out, size);
}

/* Makes each page present, so that it has a frame to look up. */
static int touch_pages(struct ac_call *call, const uint8_t *at, size_t pages, size_t page_bytes)
{
	volatile size_t done = 0;
	uint8_t byte;
	int fault = AC_GUARD_ENTER();

	if (fault != 0) {
		ac_call_fault(call, fault, done * page_bytes);
		return -1;
	}
	for (; done < pages; done++)
		ac_touch(&byte, at + done * page_bytes, 1);
	AC_GUARD_LEAVE();
	return 0;
}

static ssize_t read_frames(const uint8_t *at, size_t pages, uint64_t *frames)
{
	size_t page_bytes = (size_t)sysconf(_SC_PAGESIZE);
	off_t offset = (off_t)((uintptr_t)at / page_bytes * sizeof(uint64_t));
	int descriptor = ac_open_own("/proc/self/pagemap", O_RDONLY);
	ssize_t got;

	if (descriptor < 0)
		return -1;
	got = pread(descriptor, frames, pages * sizeof(uint64_t), offset);
	close(descriptor);
	return got;
}

/* A client without privileges is shown no frame; the supervisor has it looked up. */
static ssize_t ask_for_frames(uint32_t thread, const uint8_t *at, size_t pages, uint64_t *frames)
{
	struct ac_frames *asked = &ac_shared->frames[thread];
	uint32_t state = ac_frames_next(atomic_load(&asked->state), AC_FRAMES_ASKED);
	uint32_t there = ac_frames_in(state, AC_FRAMES_THERE);

	asked->address = (uintptr_t)at;
	asked->pages = (uint32_t)pages;
	atomic_store(&asked->state, state);
	ac_notify_supervisor();
	while ((state = atomic_load(&asked->state)) != there)
		ac_futex_wait(&asked->state, state, 0);
	if (asked->error != 0) {
		errno = asked->error;
		return -1;
	}
	pages = asked->pages < pages ? asked->pages : pages;
	memcpy(frames, asked->entries, pages * sizeof(uint64_t));
	return (ssize_t)(pages * sizeof(uint64_t));
}

void ac_op_frames(struct ac_call *call)
{
	size_t page_bytes = (size_t)sysconf(_SC_PAGESIZE);
	uint64_t length = call->arguments[1];
	size_t most = AC_OUT_BYTES_MAX / sizeof(uint64_t);
	size_t pages = length / page_bytes < most ? (size_t)(length / page_bytes) : most;
	uint64_t *frames = (uint64_t *)(void *)call->context->out;
	const uint8_t *at = (const uint8_t *)(uintptr_t)call->arguments[0];
	ssize_t got;

	ac_call_begin(call);
	if (touch_pages(call, at, pages, page_bytes) < 0)
		return;
	got = ac_shared->confined == AC_CONFINED_NAMESPACES
		      ? ask_for_frames(call->context->thread, at, pages, frames)
		      : read_frames(at, pages, frames);
	if (got < 0) {
		ac_call_end(call, -1);
		return;
	}
	pages = (size_t)got / sizeof(uint64_t);
	for (size_t i = 0; i < pages; i++)
		frames[i] = frames[i] & FRAME_PRESENT ? frames[i] & FRAME_MASK : 0;
	ac_call_end(call, (int64_t)pages);
	call->out_length = (uint32_t)(pages * sizeof(uint64_t));
}

void ac_op_peek(struct ac_call *call)
{
	uint64_t client = call->arguments[0];
	uint64_t asked = call->arguments[2];
	struct iovec local = { .iov_base = call->context->out };
	struct iovec remote = { .iov_base = (void *)(uintptr_t)call->arguments[1] };
	int64_t got;
	pid_t pid;

	if (client >= AC_CLIENTS_MAX)
		return;
	local.iov_len = asked < AC_OUT_BYTES_MAX ? (size_t)asked : AC_OUT_BYTES_MAX;
	remote.iov_len = local.iov_len;
	ac_call_begin(call);
	pid = (pid_t)atomic_load(&ac_shared->clients[client].pid);
	got = ac_may_reach(pid) ? process_vm_readv(pid, &local, 1, &remote, 1, 0) : -1;
	ac_call_end(call, got);
	call->out_length = got > 0 ? (uint32_t)got : 0;
}
