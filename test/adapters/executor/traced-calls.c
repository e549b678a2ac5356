/* SPDX-License-Identifier: MIT */
/*
 * A thread whose calls are traced, with a file in the kernel's place: what the kernel would write
 * is written here. The argument is the file.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <sys/ioctl.h>
#include <string.h>
#include <sys/wait.h>

static const char *kcov;
static int asked;

static int answered(int descriptor, unsigned long request, unsigned long value)
{
	(void)descriptor;
	(void)request;
	(void)value;
	asked++;
	return 0;
}

#define AC_KCOV_PATH kcov
#define ioctl answered
#include "../../../adapters/executor/operations/edges.c"

_Thread_local struct ac_shared *ac_shared;

int ac_open_own(const char *path, int flags)
{
	return open(path, flags | O_CLOEXEC);
}

/* A call in which the kernel came by these places. */
static void call_by(const uint64_t *places, uint64_t count)
{
	uint64_t traced;

	ac_edges_reset();
	for (uint64_t i = 0; ac_trace != NULL && is_mine() && i < count; i++) {
		ac_trace[1 + i] = places[i];
		ac_trace[0]++;
	}
	traced = ac_edges_traced();
	ac_edges_take(traced);
}

static uint8_t edges[1 << 17];

static long told(void)
{
	return (long)ac_edges_listing(edges, sizeof(edges)) / 2;
}

int main(int argc, char **argv)
{
	static const uint64_t there[] = { 0xffffffff81000010, 0xffffffff81000020,
					  0xffffffff81000010 };
	static const uint64_t other[] = { 0xffffffff81000010, 0xffffffff81000030 };
	int status = 0;
	uint16_t first;

	kcov = argc > 1 ? argv[1] : "";
	ac_shared = mmap(NULL, sizeof(*ac_shared), PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (ac_shared == MAP_FAILED)
		return 3;
	ac_edges_begin();
	call_by(there, 3);
	printf("not asked: %d calls of the kernel\n", asked);
	printf("at first: %ld\n", told());
	ac_edges_begin();
	printf("lowest free: %d\n", dup(0));
	call_by(there, 3);
	call_by(there, 2);
	printf("there: %ld\n", told());
	memcpy(&first, edges, sizeof(first));
	call_by(other, 2);
	printf("another: %ld\n", told());
	printf("nothing: %ld\n", told());
	if (fork() == 0) {
		call_by(there, 3);
		_exit(told() != 0);
	}
	wait(&status);
	printf("a child that does not begin: %d\n", WEXITSTATUS(status));
	ac_trace[0] = ~0ull;
	printf("at most: %llu\n", (unsigned long long)ac_edges_traced());
	ac_edges_end();
	call_by(there, 3);
	printf("ended: %ld\n", told());
	return 0;
}
