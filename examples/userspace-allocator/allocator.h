/* SPDX-License-Identifier: MIT */
/* Inside of the example: where the region is, and which page of it belongs to whom. */
#ifndef EXAMPLE_ALLOCATOR_H
#define EXAMPLE_ALLOCATOR_H

#include <pthread.h>
#include <stdint.h>

#define REGION_BYTES (16u << 20)
#define PAGE_BYTES 4096u
#define REGION_PAGES (REGION_BYTES / PAGE_BYTES)

/* Defects that `make DEFECT=…` builds in, to see them found. */
#define DEFECT_NONE 0
#define DEFECT_NO_ZEROING 1
#define DEFECT_RESERVED_UNCHECKED 2
#define DEFECT_WRONG_ERRNO 3
#define DEFECT_LEAK 4
#define DEFECT_CLOEXEC_IGNORED 5
#define DEFECT_NULL_DEREFERENCE 6
#ifndef DEFECT
#define DEFECT DEFECT_NONE
#endif

/*
 * Microseconds for which a new descriptor is no buffer yet, and after a look at one that is not
 * there.
 */
#ifndef PAUSE_US
#define PAUSE_US 0
#endif

/* Lies behind the region in the same memfd, so that every process that maps it shares it. */
struct ledger {
	pthread_mutex_t mutex;
	uint64_t inode; /* of the memfd */
	uint64_t device;
	uint32_t pages[REGION_PAGES]; /* length of the buffer that begins at that page */
};

/* What a descriptor is. */
enum kind {
	KIND_FOREIGN,
	KIND_NAME, /* opened with O_PATH: of no use but to name the device */
	KIND_NEW, /* not there, or not given out yet: EBADF */
	KIND_DEVICE,
	KIND_BUFFER,
};

struct buffer {
	uint64_t offset; /* in the region */
	uint64_t bytes;
};

extern struct ledger *ledger;

/* region.c */
int region_start(void *state, int again);
enum kind region_look(int fd, struct buffer *buffer);
/* A new descriptor of the region, as the flags of open(2) have it, or -1 with errno. */
int region_open(int flags);
/* A new descriptor of a new buffer, or -1 with errno; `device` is the one that was asked. */
int region_allocate(int device, int flags, uint64_t bytes);
/* Whether the mapping at this address is of the region. */
int region_maps(const void *address);

/* allocate.c: the ioctls */
int64_t device_ioctl(int device, uint64_t request, void *argument);
int64_t buffer_ioctl(uint64_t request, void *argument);

#endif
