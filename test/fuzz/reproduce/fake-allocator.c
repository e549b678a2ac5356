/* SPDX-License-Identifier: MIT */
/*
 * An allocator of the Simple Allocator ABI for programs on machines that have none: loaded by
 * LD_PRELOAD, it answers SA_IOC_ALLOC on any descriptor with a memfd. $DEFECT names what it does
 * wrong, so that a reproducer has something to see.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <dlfcn.h>
#include <unistd.h>

struct request {
	uint64_t version;
	uint64_t length;
	uint32_t flags;
	uint32_t reserved1;
	int32_t fd;
	uint32_t reserved2;
};

#define COMMAND _IOWR('S', 0, struct request)
#define FLAGS (O_ACCMODE | O_CLOEXEC)
#define MOST (16u << 20)

/* Allocations of all processes. */
static _Atomic long *allocations;

__attribute__((constructor)) static void begin(void)
{
	int shared = MAP_SHARED | MAP_ANONYMOUS;

	allocations = mmap(NULL, sizeof(*allocations), PROT_READ | PROT_WRITE, shared, -1, 0);
}

static int has(const char *defect)
{
	const char *own = getenv("DEFECT");

	return own != NULL && strcmp(own, defect) == 0;
}

static int fail(int error)
{
	errno = error;
	return -1;
}

/* As the kernel does it: a bad address is an errno and no signal. */
static int copy(int writes, void *there, void *here, size_t length)
{
	struct iovec local = { here, length };
	struct iovec remote = { there, length };
	long call = writes ? SYS_process_vm_writev : SYS_process_vm_readv;

	return syscall(call, getpid(), &local, 1, &remote, 1, 0) == (long)length ? 0 : -1;
}

static int new_memory(uint64_t length)
{
	static int shared = -1;
	int fd;

	if (has("shared") && shared >= 0) {
		/* Zeroed as a new buffer should be, whoever else has it. */
		if (ftruncate(shared, 0) < 0 || ftruncate(shared, MOST) < 0)
			return -1;
		return fcntl(shared, F_DUPFD, 0);
	}
	fd = (int)syscall(SYS_memfd_create, "buffer", 0u);
	if (fd < 0 || ftruncate(fd, has("shared") ? MOST : (off_t)length) < 0)
		return -1;
	if (has("residue") && pwrite(fd, "left over", 9, 0) != 9)
		return -1;
	if (has("shared"))
		shared = fcntl(fd, F_DUPFD_CLOEXEC, 500);
	if (has("high")) {
		int high = fcntl(fd, F_DUPFD, 64);

		close(fd);
		return high;
	}
	return fd;
}

/* Another length than the first one, once somebody has written it; else none. */
static uint64_t changed_length(void *argument, uint64_t first)
{
	uint64_t length = first;

	for (int i = 0; i < 10000 && length == first; i++) {
		sched_yield();
		copy(0, &((struct request *)argument)->length, &length, sizeof(length));
	}
	return length == first ? 0 : length;
}

static int allocate(void *argument)
{
	struct request request;
	uint64_t length;

	++*allocations;
	if (copy(0, argument, &request, sizeof(request)) < 0)
		return fail(EFAULT);
	if (request.version != 0 || request.reserved1 != 0 || request.reserved2 != 0 ||
	    (request.flags & ~FLAGS) != 0 || (request.flags & O_ACCMODE) == O_ACCMODE ||
	    request.length == 0 || request.length >> 63 != 0)
		return fail(EINVAL);
	if (request.length > MOST)
		return fail(ENOMEM);
	length = (request.length + 4095) / 4096 * 4096;
	if (has("twice"))
		length += changed_length(argument, request.length);
	request.fd = new_memory(length);
	if (request.fd < 0)
		return -1;
	request.length = length;
	if (copy(1, argument, &request, sizeof(request)) == 0)
		return 0;
	if (!has("leak"))
		close(request.fd);
	return fail(EFAULT);
}

int ioctl(int fd, unsigned long number, ...)
{
	va_list arguments;
	void *argument;

	va_start(arguments, number);
	argument = va_arg(arguments, void *);
	va_end(arguments);
	if (fcntl(fd, F_GETFD) < 0)
		return fail(EBADF);
	if ((uint32_t)number == COMMAND)
		return allocate(argument);
	return fail(has("errno") ? EINVAL : ENOTTY);
}

/*
 * What is free of a region: as much as ever ("steady"), a mebibyte less for each allocation ("loses"),
 * or a gibibyte less once the first reading is over ("drifts"), as when others take memory.
 */
static FILE *meminfo(void)
{
	static char text[64];
	static int readings;
	long free_kilobytes = 1l << 40;

	if (has("loses"))
		free_kilobytes -= 1024 * *allocations;
	if (has("drifts") && readings++ > 0)
		free_kilobytes -= 1l << 20;
	snprintf(text, sizeof(text), "CmaFree: %ld kB\n", free_kilobytes);
	return fmemopen(text, strlen(text), "r");
}

FILE *fopen(const char *path, const char *mode)
{
	FILE *(*next)(const char *, const char *);

	if (strcmp(path, "/proc/meminfo") == 0 &&
	    (has("steady") || has("loses") || has("drifts")))
		return meminfo();
	*(void **)&next = dlsym(RTLD_NEXT, "fopen");
	return next(path, mode);
}
