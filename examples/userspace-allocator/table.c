/* SPDX-License-Identifier: MIT */
/*
 * The table that allocert loads: which calls the allocator makes itself, and what it says of
 * itself. What is not here (close, dup, munmap, …) the kernel does well enough: a buffer is an
 * open file of a memfd.
 */
#define _GNU_SOURCE
#include "allocator.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <allocert-vendor.h>

#define NODE "/dev/cma0"
/* The Simple Allocator's, RFC v2 1/2. */
#define MAJOR 222

static int64_t refuse(int error)
{
	errno = error;
	return -1;
}

static int64_t example_open(const char *path, int flags)
{
	return strcmp(path, NODE) == 0 ? region_open(flags) : ALLOCERT_PASS;
}

/* A buffer is no file: what would be a read of a memfd is none of it. */
static int64_t only_foreign(int fd)
{
	struct buffer buffer;

	switch (region_look(fd, &buffer)) {
	case KIND_FOREIGN:
		return ALLOCERT_PASS;
	case KIND_NEW:
		return refuse(EBADF);
	default:
		return refuse(EINVAL);
	}
}

static int64_t example_pread(int fd, void *to, uint64_t bytes, int64_t offset)
{
	(void)to;
	(void)bytes;
	(void)offset;
	return only_foreign(fd);
}

static int64_t example_pwrite(int fd, const void *from, uint64_t bytes, int64_t offset)
{
	(void)from;
	(void)bytes;
	(void)offset;
	return only_foreign(fd);
}

static int64_t example_ftruncate(int fd, int64_t bytes)
{
	(void)bytes;
	return only_foreign(fd);
}

static int64_t example_reopen(int fd, int flags)
{
	struct buffer buffer;

	(void)flags;
	switch (region_look(fd, &buffer)) {
	case KIND_BUFFER:
		return refuse(ENXIO);
	case KIND_NEW:
		return refuse(ENOENT); /* as of a link in /proc that is not there */
	default:
		return ALLOCERT_PASS;
	}
}

static int64_t example_fstat(int fd, struct allocert_status *status)
{
	struct buffer buffer;
	enum kind kind = region_look(fd, &buffer);

	if (kind == KIND_FOREIGN)
		return ALLOCERT_PASS;
	if (kind == KIND_NEW)
		return refuse(EBADF);
	if (kind != KIND_BUFFER) {
		*status = (struct allocert_status){
			.mode = S_IFCHR | 0600,
			.inode = ledger->inode,
			.device = ledger->device,
			.special = makedev(MAJOR, 0),
		};
		return 0;
	}
	*status = (struct allocert_status){
		.mode = S_IFREG | 0600,
		.size = buffer.bytes,
		.inode = ledger->inode + 1 + buffer.offset / PAGE_BYTES,
		.device = ledger->device,
	};
	return 0;
}

/* As dma_buf_llseek: the size, or the start, and nothing else. */
static int64_t example_lseek(int fd, int64_t offset, int whence)
{
	struct buffer buffer;

	switch (region_look(fd, &buffer)) {
	case KIND_FOREIGN:
	case KIND_NAME:
		return ALLOCERT_PASS;
	case KIND_NEW:
		return refuse(EBADF);
	case KIND_DEVICE:
		return refuse(ESPIPE);
	default:
		if (offset != 0 || (whence != SEEK_SET && whence != SEEK_END))
			return refuse(EINVAL);
		return whence == SEEK_END ? (int64_t)buffer.bytes : 0;
	}
}

static int64_t example_ioctl(int fd, uint64_t request, void *argument)
{
	struct buffer buffer;

	switch (region_look(fd, &buffer)) {
	case KIND_NAME:
	case KIND_NEW:
		return refuse(EBADF);
	case KIND_DEVICE:
		return device_ioctl(fd, request, argument);
	case KIND_BUFFER:
		return buffer_ioctl(request, argument);
	default:
		return ALLOCERT_PASS;
	}
}

static int64_t example_mmap(void *address, uint64_t bytes, int protection, int flags, int fd,
			    uint64_t offset)
{
	struct buffer buffer;
	void *at;

	switch (region_look(fd, &buffer)) {
	case KIND_NEW:
		return refuse(EBADF);
	case KIND_DEVICE:
		return refuse(ENODEV);
	case KIND_BUFFER:
		if (bytes == 0 || offset % PAGE_BYTES != 0 || offset > buffer.bytes ||
		    bytes > buffer.bytes - offset)
			return refuse(EINVAL);
		at = mmap(address, bytes, protection, flags, fd, (off_t)(buffer.offset + offset));
		return at == MAP_FAILED ? -1 : (int64_t)(intptr_t)at;
	default:
		return ALLOCERT_PASS;
	}
}

/* Behind a buffer lies the next one: its mapping must not grow into that. */
static int64_t example_mremap(void *address, uint64_t old_bytes, uint64_t new_bytes, int flags)
{
	(void)flags;
	if (new_bytes <= old_bytes || !region_maps(address))
		return ALLOCERT_PASS;
	return refuse(EFAULT);
}

const struct allocert_vendor allocert_vendor = {
	.version = ALLOCERT_VENDOR_VERSION,
	.bytes = sizeof(struct allocert_vendor),
	.name = "Userspace example 1.0",
	.node = NODE,
	.abi = "simple-allocator",
	.region_bytes = REGION_BYTES,
	/* Its buffers have no files of a dma-buf in /proc and no page frames of their own. */
	.capabilities = "files,memory,clients,sockets,limits,timing",
	.start = region_start,
	.open = example_open,
	.fstat = example_fstat,
	.lseek = example_lseek,
	.pread = example_pread,
	.pwrite = example_pwrite,
	.ftruncate = example_ftruncate,
	.ioctl = example_ioctl,
	.mmap = example_mmap,
	.mremap = example_mremap,
	.reopen = example_reopen,
};
