/* SPDX-License-Identifier: MIT */
/*
 * Fault injection for programs on machines whose kernel has none. Loaded by LD_PRELOAD, it answers
 * SA_IOC_ALLOC with a memfd. Each request makes ALLOCATIONS allocations, and fail-nth says which of
 * them fails. The files of fail-nth and of debugfs lie below $FAKE_ROOT. $DEFECT names what the
 * allocator does wrong when an allocation fails.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
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
#define ALLOCATIONS 2
#define FAIL_NTH "/proc/thread-self/fail-nth"
#define USED "/sys/kernel/debug/cma/reserved/used"

static int has(const char *defect)
{
	const char *own = getenv("DEFECT");

	return own != NULL && strcmp(own, defect) == 0;
}

/* Where a file of the kernel lies for the program. */
static const char *place(const char *path, char *other)
{
	if (strcmp(path, FAIL_NTH) != 0 && strncmp(path, "/sys/kernel/debug/", 18) != 0)
		return path;
	snprintf(other, 1024, "%s%s", getenv("FAKE_ROOT"), path);
	return other;
}

int open(const char *path, int flags, ...)
{
	char other[1024];

	return openat(AT_FDCWD, place(path, other), flags);
}

int access(const char *path, int mode)
{
	char other[1024];

	return faccessat(AT_FDCWD, place(path, other), mode, 0);
}

FILE *fopen(const char *path, const char *mode)
{
	FILE *(*next)(const char *, const char *);
	char other[1024];

	*(void **)&next = dlsym(RTLD_NEXT, "fopen");
	return next(place(path, other), mode);
}

DIR *opendir(const char *path)
{
	DIR *(*next)(const char *);
	char other[1024];

	*(void **)&next = dlsym(RTLD_NEXT, "opendir");
	return next(place(path, other));
}

static long number_in(const char *path)
{
	char text[32] = "";
	int file = open(path, O_RDONLY | O_CLOEXEC);

	if (file < 0 || read(file, text, sizeof(text) - 1) < 0)
		abort();
	close(file);
	return atol(text);
}

static void put_number(const char *path, long number)
{
	char text[32];
	int file = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
	int length = snprintf(text, sizeof(text), "%ld", number);

	if (file < 0 || write(file, text, (size_t)length) != length)
		abort();
	close(file);
}

static int allocate(struct request *request)
{
	long nth = number_in(FAIL_NTH);

	if (nth > 0)
		put_number(FAIL_NTH, nth > ALLOCATIONS ? nth - ALLOCATIONS : 0);
	if (nth > 0 && nth <= ALLOCATIONS) {
		/* The first allocation has pages, which the second one's failure must give back. */
		if (has("leak") && nth == 2)
			put_number(USED, number_in(USED) + 1);
		errno = has("errno") ? EINVAL : ENOMEM;
		return -1;
	}
	request->fd = memfd_create("buffer", 0);
	return request->fd < 0 || ftruncate(request->fd, (off_t)request->length) < 0 ? -1 : 0;
}

int ioctl(int fd, unsigned long number, ...)
{
	va_list arguments;
	struct request *request;

	va_start(arguments, number);
	request = va_arg(arguments, struct request *);
	va_end(arguments);
	if (fcntl(fd, F_GETFD) >= 0 && (uint32_t)number == COMMAND)
		return allocate(request);
	errno = fcntl(fd, F_GETFD) < 0 ? EBADF : ENOTTY;
	return -1;
}
