// SPDX-License-Identifier: GPL-2.0-only
/* Defects of requests and of devices; each case is one of defects.json. For tests only. */
#include <linux/delay.h>
#include <linux/dma-buf.h>
#include <linux/fcntl.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/uaccess.h>

#include "defects.h"
#include "hooks.h"
#include "include/uapi/linux/simple-allocator.h"

/* How long a race stays open that an ordinary machine would rarely lose. */
#define WINDOW_US	2000

bool hook_is_allocation(unsigned int cmd, bool right)
{
	return sa_defect == SA_IOCTL_TYPE_UNCHECKED ? !_IOC_NR(cmd) : right;
}

long hook_unknown_command(long right)
{
	switch (sa_defect) {
	case SA_UNKNOWN_IOCTL_EINVAL:
		return -EINVAL;
	case SA_UNKNOWN_IOCTL_ENODEV:
		return -ENODEV;
	default:
		return right;
	}
}

long hook_unreadable(long right)
{
	WARN_ON(sa_defect == SA_WARN_ON_FAULT);
	return sa_defect == SA_EFAULT_EINVAL ? -EINVAL : right;
}

/* The rules of request.c, each with a defect that leaves it out. */
bool hook_accepts(const struct simple_allocate_data *data, bool right)
{
	u64 version = data->version;
	u32 first = data->reserved1;
	u32 second = data->reserved2;
	u32 flags = data->flags;

	switch (sa_defect) {
	case SA_VERSION_UNCHECKED:
		version = 0;
		break;
	case SA_VERSION_TRUNCATED_32:
		version = (u32)version;
		break;
	case SA_RESERVED_UNCHECKED:
		first = second = 0;
		break;
	case SA_RESERVED1_UNCHECKED:
		first = 0;
		break;
	case SA_RESERVED2_UNCHECKED:
		second = 0;
		break;
	case SA_FLAGS_UNCHECKED:
		flags = 0;
		break;
	case SA_CLOEXEC_REFUSED:
		return right && !(flags & O_CLOEXEC);
	default:
		return right;
	}
	return !version && !first && !second && !(flags & ~(u32)(O_ACCMODE | O_CLOEXEC)) &&
	       (flags & O_ACCMODE) != O_ACCMODE;
}

u32 hook_descriptor_flags(u32 right)
{
	switch (sa_defect) {
	case SA_CLOEXEC_IGNORED:
		return 0;
	case SA_CLOEXEC_ALWAYS:
		return O_CLOEXEC;
	default:
		return right;
	}
}

long hook_table_full(struct dma_buf *dmabuf, long right)
{
	if (sa_defect == SA_LEAK_ON_EMFILE) {
		get_dma_buf(dmabuf);
		sa_defect_keep(dmabuf);
	}
	return sa_defect == SA_EMFILE_ENOMEM ? -ENOMEM : right;
}

/* Has the descriptor in the table before the answer, and looks at the buffer again after that. */
static long install_first(struct dma_buf *dmabuf, struct simple_allocate_data *data,
			  void __user *argument, int fd)
{
	data->fd = fd;
	fd_install(fd, dmabuf->file);
	usleep_range(WINDOW_US, 2 * WINDOW_US);
	data->length = dmabuf->size;
	return copy_to_user(argument, data, sizeof(*data)) ? -EFAULT : 0;
}

/* Tells the length that the argument has by now. */
static long fetch_again(struct dma_buf *dmabuf, struct simple_allocate_data *data,
			struct simple_allocate_data __user *argument, int fd)
{
	u64 length = 0;
	bool faults;

	usleep_range(WINDOW_US, 2 * WINDOW_US);
	faults = copy_from_user(&length, &argument->length, sizeof(length));
	data->fd = fd;
	data->length = ALIGN(length, PAGE_SIZE);
	if (faults || copy_to_user(argument, data, sizeof(*data))) {
		put_unused_fd(fd);
		dma_buf_put(dmabuf);
		return -EFAULT;
	}
	fd_install(fd, dmabuf->file);
	return 0;
}

/* What becomes of a buffer and its descriptor when the answer cannot be written. */
static long unwritable(struct dma_buf *dmabuf, int fd)
{
	switch (sa_defect) {
	case SA_FD_LEAK_ON_EFAULT:
		fd_install(fd, dmabuf->file);
		return -EFAULT;
	case SA_PUT_AFTER_INSTALL:
		fd_install(fd, dmabuf->file);
		dma_buf_put(dmabuf);
		return -EFAULT;
	case SA_COPY_OUT_IGNORED:
		fd_install(fd, dmabuf->file);
		return 0;
	default:
		/* SA_LEAK_ON_EFAULT: only the number is given back. */
		put_unused_fd(fd);
		sa_defect_keep(dmabuf);
		return -EFAULT;
	}
}

bool hook_delivers(struct dma_buf *dmabuf, struct simple_allocate_data *data,
		   void __user *argument, int fd, long *ret)
{
	switch (sa_defect) {
	case SA_INSTALL_BEFORE_ANSWER:
		*ret = install_first(dmabuf, data, argument, fd);
		return true;
	case SA_FD_LEAK_ON_EFAULT:
	case SA_PUT_AFTER_INSTALL:
	case SA_COPY_OUT_IGNORED:
	case SA_LEAK_ON_EFAULT:
		data->fd = fd;
		data->length = dmabuf->size;
		if (copy_to_user(argument, data, sizeof(*data))) {
			*ret = unwritable(dmabuf, fd);
		} else {
			fd_install(fd, dmabuf->file);
			*ret = 0;
		}
		return true;
	case SA_DOUBLE_FETCH:
		*ret = fetch_again(dmabuf, data, argument, fd);
		return true;
	default:
		return false;
	}
}

u64 hook_length_told(const struct simple_allocate_data *data, u64 right)
{
	return sa_defect == SA_LENGTH_NOT_WRITTEN ? data->length : right;
}

long hook_success(int fd)
{
	return sa_defect == SA_POSITIVE_RESULT ? fd : 0;
}

static ssize_t read_zeros(struct file *file, char __user *to, size_t count, loff_t *at)
{
	return clear_user(to, count) ? -EFAULT : count;
}

static int (*open_right)(struct inode *inode, struct file *file);

/* Reading at an offset, too, which the right open() rules out. */
static int open_readable(struct inode *inode, struct file *file)
{
	int ret = open_right(inode, file);

	file->f_mode |= FMODE_PREAD;
	return ret;
}

/* A device is registered with the defect of that time: what it can do does not change later. */
const struct file_operations *hook_device(const struct file_operations *right)
{
	static struct file_operations without_compat;
	static struct file_operations readable;

	switch (sa_defect) {
	case SA_NO_COMPAT_IOCTL:
		without_compat = *right;
		without_compat.compat_ioctl = NULL;
		return &without_compat;
	case SA_DEVICE_READABLE:
		readable = *right;
		readable.read = read_zeros;
		readable.open = open_readable;
		open_right = right->open;
		return &readable;
	default:
		return right;
	}
}

bool hook_owner_needed(void)
{
	return sa_defect != SA_OWNER_UNCHECKED;
}

int hook_minors(int right)
{
	return sa_defect == SA_MINORS_OFF_BY_ONE ? right + 1 : right;
}

bool hook_minor_freed(void)
{
	return sa_defect != SA_FAILED_REGISTER_LOSES_MINOR;
}

bool hook_has_release(void)
{
	return sa_defect != SA_UNREGISTER_WITHOUT_RELEASE;
}
