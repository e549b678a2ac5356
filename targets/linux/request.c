// SPDX-License-Identifier: GPL-2.0-only
/*
 * SA_IOC_ALLOC, hardened: what is unknown is refused, causes can be told apart, and the descriptor
 * appears only when nothing can fail any more.
 */
#include <linux/fcntl.h>
#include <linux/file.h>
#include <linux/uaccess.h>

#include "framework.h"
#include "hooks.h"
#include "include/uapi/linux/simple-allocator.h"

static bool is_acceptable(const struct simple_allocate_data *data)
{
	if (data->version || data->reserved1 || data->reserved2)
		return false;
	if (data->flags & ~(u32)(O_ACCMODE | O_CLOEXEC))
		return false;
	return (data->flags & O_ACCMODE) != O_ACCMODE;
}

/* Answers with @dmabuf, whose only reference goes to the caller's table or is dropped. */
static long deliver(struct dma_buf *dmabuf, struct simple_allocate_data *data,
		    void __user *argument)
{
	int fd = get_unused_fd_flags(hook_descriptor_flags(data->flags & O_CLOEXEC));
	long ret;

	if (fd < 0) {
		ret = hook_table_full(dmabuf, fd);
		dma_buf_put(dmabuf);
		return ret;
	}
	if (hook_delivers(dmabuf, data, argument, fd, &ret))
		return ret;
	data->fd = fd;
	data->length = hook_length_told(data, dmabuf->size);
	if (copy_to_user(argument, data, sizeof(*data))) {
		put_unused_fd(fd);
		dma_buf_put(dmabuf);
		return -EFAULT;
	}
	/* From here on another thread may close it: nothing of the buffer may be looked at. */
	fd_install(fd, dmabuf->file);
	return hook_success(fd);
}

long sa_request(struct sa_node *node, unsigned int cmd, unsigned long arg)
{
	void __user *argument = (void __user *)arg;
	struct simple_allocate_data data;
	struct dma_buf *dmabuf;

	if (!hook_is_allocation(cmd, cmd == SA_IOC_ALLOC))
		return hook_unknown_command(-ENOTTY);
	if (copy_from_user(&data, argument, sizeof(data)))
		return hook_unreadable(-EFAULT);
	if (!hook_accepts(&data, is_acceptable(&data)))
		return -EINVAL;
	dmabuf = sa_node_allocate(node, data.length, data.flags);
	if (IS_ERR(dmabuf))
		return PTR_ERR(dmabuf);
	return deliver(dmabuf, &data, argument);
}
