/* SPDX-License-Identifier: MIT */
/*
 * What the machine can do at best: memfd, mmap, munmap and close in a loop, with nothing around.
 * `plain ITERATIONS` prints the nanoseconds that all of them took.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define BYTES 4096

static long long now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (long long)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int iterate(void)
{
	int fd = (int)syscall(SYS_memfd_create, "allocert-case", 0u);
	void *at;

	if (fd < 0 || ftruncate(fd, BYTES) < 0)
		return -1;
	at = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (at == MAP_FAILED || munmap(at, BYTES) < 0)
		return -1;
	return close(fd);
}

int main(int argc, char **argv)
{
	long iterations = argc > 1 ? atol(argv[1]) : 0;
	long long start = now_ns();

	for (long i = 0; i < iterations; i++) {
		if (iterate() < 0) {
			perror("plain");
			return 1;
		}
	}
	printf("%lld\n", now_ns() - start);
	return 0;
}
