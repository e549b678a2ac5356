/* SPDX-License-Identifier: MIT */
/*
 * SA_IOC_ALLOC of the Simple Allocator, RFC v2 1/2, as the kernel's guidance for ioctls asks, and
 * the ioctls of a dma-buf. Arguments are copied the way a kernel does: a bad pointer is EFAULT.
 */
#define _GNU_SOURCE
#include "allocator.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

struct simple_allocate_data {
	uint64_t version;
	uint64_t length;
	uint32_t flags;
	uint32_t reserved1;
	int32_t fd;
	uint32_t reserved2;
};

#define SA_IOC_ALLOC _IOWR('S', 0, struct simple_allocate_data)
/* include/uapi/linux/dma-buf.h */
#define DMA_BUF_IOCTL_SYNC _IOW('b', 0, uint64_t)
#define SYNC_FLAGS 7u
#define SYNC_READ_WRITE 3u

static int fault(void)
{
	errno = EFAULT;
	return -1;
}

static int copy_in(void *to, const void *from, size_t bytes)
{
	struct iovec local = { to, bytes };
	struct iovec remote = { (void *)(uintptr_t)from, bytes };

	ssize_t got = process_vm_readv(getpid(), &local, 1, &remote, 1, 0);

	return got == (ssize_t)bytes ? 0 : fault();
}

static int copy_out(void *to, const void *from, size_t bytes)
{
	struct iovec local = { (void *)(uintptr_t)from, bytes };
	struct iovec remote = { to, bytes };

	ssize_t put = process_vm_writev(getpid(), &local, 1, &remote, 1, 0);

	return put == (ssize_t)bytes ? 0 : fault();
}

static int refuse(int error)
{
	errno = error;
	return -1;
}

static int check(const struct simple_allocate_data *data)
{
	uint32_t known = O_ACCMODE | O_CLOEXEC;

	if (data->version != 0 || data->length == 0)
		return refuse(EINVAL);
	if ((data->flags & ~known) != 0 || (data->flags & O_ACCMODE) == O_ACCMODE)
		return refuse(EINVAL);
	if (DEFECT != DEFECT_RESERVED_UNCHECKED && (data->reserved1 != 0 || data->reserved2 != 0))
		return refuse(EINVAL);
	if (data->length > REGION_BYTES)
		return refuse(DEFECT == DEFECT_WRONG_ERRNO ? ENOSPC : ENOMEM);
	return 0;
}

static int64_t allocate(int device, void *argument)
{
	struct simple_allocate_data data;
	uint32_t flags;
	int fd;

	if (copy_in(&data, argument, sizeof(data)) < 0 || check(&data) < 0)
		return -1;
	/*
	 * A descriptor is there for other threads as soon as it exists, and could not be taken
	 * back: whether the answer can be written is found out before.
	 */
	if (DEFECT != DEFECT_LEAK && copy_out(argument, &data, sizeof(data)) < 0)
		return -1;
	flags = data.flags;
	data.length = (data.length + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;
	if (DEFECT == DEFECT_CLOEXEC_IGNORED)
		flags &= ~(uint32_t)O_CLOEXEC;
	fd = region_allocate(device, (int)flags, data.length);
	if (fd < 0)
		return -1;
	data.fd = fd;
	if (copy_out(argument, &data, sizeof(data)) == 0)
		return 0;
	if (DEFECT != DEFECT_LEAK) {
		int error = errno;

		close(fd);
		errno = error;
	}
	return -1;
}

int64_t device_ioctl(int device, uint64_t request, void *argument)
{
	/* A kernel looks at the lower half only. */
	return (uint32_t)request == SA_IOC_ALLOC ? allocate(device, argument) : refuse(ENOTTY);
}

/* Nothing has to be done: every process sees the same memory. */
int64_t buffer_ioctl(uint64_t request, void *argument)
{
	uint64_t flags;

	if ((uint32_t)request != DMA_BUF_IOCTL_SYNC)
		return refuse(ENOTTY);
	if (DEFECT == DEFECT_NULL_DEREFERENCE)
		return *(volatile int *)NULL;
	if (copy_in(&flags, argument, sizeof(flags)) < 0)
		return -1;
	if ((flags & ~(uint64_t)SYNC_FLAGS) != 0 || (flags & SYNC_READ_WRITE) == 0)
		return refuse(EINVAL);
	return 0;
}
