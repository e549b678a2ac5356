/* SPDX-License-Identifier: MIT */
/*
 * The executor against a plain loop of the same two system calls, in turn, in one guest: a buffer
 * is allocated and its descriptor closed. `guest NODE ROUNDS` prints for each round nanoseconds: of
 * the plain loop before it, of the executor, and of the plain loop after it. The Program comes with
 * the request in request.h, which guest.ts writes.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "executor.h"
#include "supervisor.h"

#include "request.h"

/* Of the Program's operations the second is the repeat; the first opens the device. */
#define REPEAT 1

static int fail(const char *what)
{
	printf("guest: %s: %s\n", what, strerror(errno));
	return 1;
}

/* One iteration; 0, or -1 with errno. */
static int allocate_and_close(int device)
{
	unsigned char argument[sizeof(request)];
	int fd;

	memcpy(argument, request, sizeof(request));
	if (ioctl(device, COMMAND, argument) < 0)
		return -1;
	memcpy(&fd, argument + DESCRIPTOR_AT, sizeof(fd));
	return close(fd);
}

/* Nanoseconds of the plain loop, or 0 with errno. */
static uint64_t plain_loop(const char *node)
{
	int device = open(node, O_RDWR | O_CLOEXEC);
	uint64_t start;

	if (device < 0)
		return 0;
	start = ac_now_ns();
	for (uint64_t i = 0; i < ITERATIONS; i++) {
		if (allocate_and_close(device) < 0)
			return 0;
	}
	start = ac_now_ns() - start;
	close(device);
	return start;
}

static int never(void *data)
{
	(void)data;
	return 0;
}

/* Nanoseconds of the same in a Program, start and end of its threads included; 0 when it failed. */
static uint64_t executor_loop(struct ac_supervisor *supervisor)
{
	uint64_t start = ac_now_ns();

	memcpy(ac_shared->program, program, sizeof(program));
	ac_shared->program_bytes = sizeof(program);
	if (ac_program_check() != NULL ||
	    ac_supervisor_run(supervisor, never, NULL) != AC_RUN_DONE)
		return 0;
	errno = ac_shared->results[REPEAT].error;
	return ac_shared->results[REPEAT].value == ITERATIONS ? ac_now_ns() - start : 0;
}

int main(int argc, char **argv)
{
	static struct ac_supervisor supervisor;
	const char *node = argc > 1 ? argv[1] : "";
	long rounds = argc > 2 ? atol(argv[2]) : 0;

	if (ac_supervisor_start() < 0 || ac_supervisor_add_region(node) < 0 ||
	    ac_supervisor_begin(&supervisor) < 0)
		return fail("cannot start the executor");
	if (plain_loop(node) == 0)
		return fail(node);
	for (long round = 0; round < rounds; round++) {
		uint64_t before = plain_loop(node);
		uint64_t executor = executor_loop(&supervisor);
		uint64_t after = plain_loop(node);

		if (before == 0 || executor == 0 || after == 0)
			return fail("a call failed");
		printf("round %llu %llu %llu\n", (unsigned long long)before,
		       (unsigned long long)executor, (unsigned long long)after);
	}
	return ac_supervisor_clear(&supervisor) < 0;
}
