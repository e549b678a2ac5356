/* SPDX-License-Identifier: MIT */
/*
 * The region: one memfd. Every buffer is an open file of it, and holds an open file description
 * lock on its bytes. The kernel then keeps the books: a lock goes away when the last descriptor and
 * the last mapping of its open file are gone, whichever process had them and however it ended.
 *
 * Where a buffer begins follows from the position of its open file, which dup, fork, exec and
 * SCM_RIGHTS all carry along: it is one more than the buffer's offset. A new open file is at 0, so
 * that a thread that guesses its descriptor finds no buffer before there is one. A position at the
 * region's end means the device itself.
 */
#define _GNU_SOURCE
#include "allocator.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct ledger *ledger;

static uint8_t *region;

/* How later processes find the memfd: a descriptor of the process that made it. */
struct place {
	int32_t process;
	int32_t descriptor;
};

static struct place place;

static int open_link(int process, int descriptor, int flags)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", process, descriptor);
	return open(path, flags & (O_ACCMODE | O_CLOEXEC | O_PATH));
}

static int map_memory(int fd)
{
	size_t bytes = REGION_BYTES + sizeof(struct ledger);
	void *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (at == MAP_FAILED)
		return -1;
	region = at;
	ledger = (struct ledger *)(void *)(region + REGION_BYTES);
	return 0;
}

/* Robust: a client may be killed while it allocates. */
static int make_ledger(int fd)
{
	pthread_mutexattr_t attributes;
	struct stat status;

	if (fstat(fd, &status) < 0)
		return -1;
	ledger->inode = status.st_ino;
	ledger->device = status.st_dev;
	pthread_mutexattr_init(&attributes);
	pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
	pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
	errno = pthread_mutex_init(&ledger->mutex, &attributes);
	return errno == 0 ? 0 : -1;
}

static int make_memory(void)
{
	int fd = memfd_create("userspace-allocator", MFD_CLOEXEC);

	if (fd < 0 || ftruncate(fd, (off_t)(REGION_BYTES + sizeof(struct ledger))) < 0)
		return -1;
	place.process = (int32_t)getpid();
	place.descriptor = fd;
	if (map_memory(fd) < 0)
		return -1;
	return make_ledger(fd);
}

int region_start(void *state, int again)
{
	int result;
	int fd;

	if (!again) {
		result = make_memory();
		memcpy(state, &place, sizeof(place));
		return result;
	}
	memcpy(&place, state, sizeof(place));
	fd = open_link(place.process, place.descriptor, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return -1;
	result = map_memory(fd);
	close(fd);
	return result;
}

enum kind region_look(int fd, struct buffer *buffer)
{
	struct stat status;
	off_t at;

	/* Were it left to the kernel, it might be a buffer of the whole memfd when that looks. */
	if (fd >= 0 && fstat(fd, &status) < 0) {
		if (PAUSE_US > 0)
			usleep(PAUSE_US);
		return KIND_NEW;
	}
	if (fd < 0)
		return KIND_FOREIGN;
	if (status.st_ino != ledger->inode || status.st_dev != ledger->device)
		return KIND_FOREIGN;
	at = lseek(fd, 0, SEEK_CUR);
	if (at < 0)
		return KIND_NAME;
	if (at >= (off_t)REGION_BYTES)
		return KIND_DEVICE;
	if (at == 0)
		return KIND_NEW;
	buffer->offset = (uint64_t)at - 1;
	buffer->bytes = (uint64_t)ledger->pages[buffer->offset / PAGE_BYTES] * PAGE_BYTES;
	return KIND_BUFFER;
}

static void lock(void)
{
	if (pthread_mutex_lock(&ledger->mutex) == EOWNERDEAD)
		pthread_mutex_consistent(&ledger->mutex);
}

static void unlock(void)
{
	int error = errno;

	pthread_mutex_unlock(&ledger->mutex);
	errno = error;
}

int region_open(int flags)
{
	int fd;

	lock();
	fd = open_link(place.process, place.descriptor, flags);
	if (fd >= 0)
		lseek(fd, REGION_BYTES, SEEK_SET);
	unlock();
	return fd;
}

/* The first hole of at least that many bytes, or -1 with errno. */
static int64_t find_hole(int fd, uint64_t bytes)
{
	uint64_t at = 0;

	while (at + bytes <= REGION_BYTES) {
		struct flock asked = {
			.l_type = F_WRLCK,
			.l_whence = SEEK_SET,
			.l_start = (off_t)at,
			.l_len = (off_t)bytes,
		};

		if (fcntl(fd, F_OFD_GETLK, &asked) < 0)
			return -1;
		if (asked.l_type == F_UNLCK)
			return (int64_t)at;
		at = (uint64_t)asked.l_start + (uint64_t)asked.l_len;
	}
	errno = ENOMEM;
	return -1;
}

/* Makes the open file behind `fd` a buffer; 0, or -1 with errno. */
static int take(int fd, int flags, uint64_t bytes)
{
	int64_t at = find_hole(fd, bytes);
	struct flock own = {
		.l_type = (flags & O_ACCMODE) == O_RDONLY ? F_RDLCK : F_WRLCK,
		.l_whence = SEEK_SET,
		.l_start = (off_t)at,
		.l_len = (off_t)bytes,
	};

	if (at < 0 || fcntl(fd, F_OFD_SETLK, &own) < 0)
		return -1;
	ledger->pages[at / PAGE_BYTES] = (uint32_t)(bytes / PAGE_BYTES);
	if (DEFECT != DEFECT_NO_ZEROING)
		madvise(region + at, bytes, MADV_REMOVE);
	return lseek(fd, (off_t)at + 1, SEEK_SET) < 0 ? -1 : 0;
}

/*
 * A kernel gives out a number when nothing can fail any more. Here it exists from the start, and
 * another thread may guess and close it (EBADF): whoever did so sees what it would see had it come
 * a little later, a buffer that was given out and closed. Under the lock no other request can have
 * got that number meanwhile.
 */
int region_allocate(int device, int flags, uint64_t bytes)
{
	int fd;

	lock();
	/* By the caller's own descriptor, which serves whoever may no longer open the device. */
	fd = open_link((int)getpid(), device, flags);
	if (PAUSE_US > 0)
		usleep(PAUSE_US);
	if (fd >= 0 && take(fd, flags, bytes) < 0 && errno != EBADF) {
		int error = errno;

		close(fd);
		errno = error;
		fd = -1;
	}
	unlock();
	return fd;
}

int region_maps(const void *address)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	char line[512];
	int found = 0;

	while (maps != NULL && !found && fgets(line, sizeof(line), maps) != NULL) {
		unsigned long from, to, inode;

		if (sscanf(line, "%lx-%lx %*s %*s %*s %lu", &from, &to, &inode) == 3)
			found = (uintptr_t)address >= from && (uintptr_t)address < to &&
				inode == ledger->inode;
	}
	if (maps != NULL)
		fclose(maps);
	return found;
}
