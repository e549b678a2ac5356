/* SPDX-License-Identifier: MIT */
/*
 * What a shared library exports so that allocert tests it as an allocator: one table, by the name
 * `allocert_vendor`. docs/native.md explains it, examples/userspace-allocator is a whole one.
 *
 *	allocert run native:./libvendor.so
 */
#ifndef ALLOCERT_VENDOR_H
#define ALLOCERT_VENDOR_H

#include <stddef.h>
#include <stdint.h>

#define ALLOCERT_VENDOR_VERSION 1
/* Bytes that `start` is given to tell later copies of the library where its memory is. */
#define ALLOCERT_VENDOR_STATE_BYTES 256

/*
 * A call returns what the system call of the same name would: a value from 0 on, or -1 with the
 * cause in errno. With ALLOCERT_PASS it says that the descriptor, address or path is none of its
 * own: then the system call is made as if the table had no such entry.
 */
#define ALLOCERT_PASS INT64_MIN

/* fstat(2) in the widths that every machine shares. */
struct allocert_status {
	uint64_t mode;
	uint64_t size;
	uint64_t inode;
	uint64_t device;
	uint64_t special; /* st_rdev */
};

struct allocert_vendor {
	uint32_t version; /* ALLOCERT_VENDOR_VERSION */
	uint32_t bytes; /* sizeof(struct allocert_vendor) */
	const char *name; /* of the implementation, with its version: `Example 1.2` */
	const char *node; /* the path by which clients open its device; it need not exist */
	const char *abi; /* `simple-allocator` or `dma-heap` */
	/* What all buffers together may take. 0: without a bound, so it is never filled. */
	uint64_t region_bytes;
	/*
	 * Groups of operations that mean something with this library, such as
	 * `files,memory,clients`; docs/native.md lists them. NULL: all that do not need a kernel
	 * driver.
	 */
	const char *capabilities;
	/*
	 * Called once before any client exists, and again (`again` is 1) in a client that replaced
	 * itself by exec. What the first call wrote to `state` is there in the later ones; it
	 * cannot be written to after the first has returned. 0, or -1 with errno. May be NULL.
	 */
	int (*start)(void *state, int again);

	/* Each of these may be NULL. They are called from several threads at once. */
	int64_t (*open)(const char *path, int flags);
	int64_t (*close)(int fd);
	int64_t (*dup)(int fd);
	int64_t (*dup2)(int fd, int wanted);
	int64_t (*dup3)(int fd, int wanted, int flags);
	int64_t (*fcntl)(int fd, int command, uint64_t argument);
	int64_t (*fstat)(int fd, struct allocert_status *status);
	int64_t (*lseek)(int fd, int64_t offset, int whence);
	int64_t (*pread)(int fd, void *to, uint64_t bytes, int64_t offset);
	int64_t (*pwrite)(int fd, const void *from, uint64_t bytes, int64_t offset);
	int64_t (*ftruncate)(int fd, int64_t bytes);
	int64_t (*poll)(int fd, int events, int timeout_ms); /* the events that are ready */
	/* `argument` may point anywhere; a kernel would answer EFAULT and not crash. */
	int64_t (*ioctl)(int fd, uint64_t request, void *argument);
	int64_t (*mmap)(void *address, uint64_t bytes, int protection, int flags, int fd,
			uint64_t offset);
	int64_t (*munmap)(void *address, uint64_t bytes);
	int64_t (*mprotect)(void *address, uint64_t bytes, int protection);
	int64_t (*mremap)(void *address, uint64_t old_bytes, uint64_t new_bytes, int flags);
	int64_t (*reopen)(int fd, int flags); /* opens the descriptor's link in /proc/self/fd */
};

/* Defined by the library. */
extern const struct allocert_vendor allocert_vendor __attribute__((visibility("default")));

#endif
