// SPDX-License-Identifier: GPL-2.0-only
/*
 * The framework as RFC v2 1/2 was posted, step by step, faults included: docs/rfc-v2.md lists them.
 * Nothing here is to be taken over.
 */
#include <linux/delay.h>
#include <linux/fs.h>
#include <linux/uaccess.h>

#include "framework.h"
#include "include/uapi/linux/simple-allocator.h"

static unsigned int window_us;
module_param(window_us, uint, 0644);
MODULE_PARM_DESC(window_us, "rfc-v2: microseconds that races stay open longer than by themselves");

/* The next minor: read several times, counted up last, without a lock and without an end. */
static int next_minor;

static void linger(void)
{
	if (window_us)
		usleep_range(window_us, 2 * window_us);
}

static long rfc_allocate(struct sa_device *sadev, void __user *argument)
{
	struct simple_allocate_data data;
	struct dma_buf *dmabuf;

	if (copy_from_user(&data, argument, sizeof(data)))
		return -EFAULT;
	if (data.version != 0)
		return -EINVAL;
	dmabuf = sadev->allocate(sadev, data.length, data.flags);
	if (!dmabuf)
		return -EINVAL;
	data.fd = dma_buf_fd(dmabuf, data.flags);
	if (data.fd < 0) {
		dma_buf_put(dmabuf);
		return -EINVAL;
	}
	linger();
	/* The first use after free: another thread may have closed the descriptor by now. */
	data.length = dmabuf->size;
	if (copy_to_user(argument, &data, sizeof(data))) {
		/* The second: this reference is the descriptor's, which stays in the table. */
		dma_buf_put(dmabuf);
		return -EFAULT;
	}
	return 0;
}

static long rfc_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	if (cmd != SA_IOC_ALLOC)
		return -ENODEV;
	return rfc_allocate(file->private_data, (void __user *)arg);
}

static int rfc_open(struct inode *inode, struct file *file)
{
	struct sa_device *sadev = container_of(inode->i_cdev, struct sa_device, chrdev);

	get_device(&sadev->dev);
	file->private_data = sadev;
	return 0;
}

static int rfc_release(struct inode *inode, struct file *file)
{
	put_device(&container_of(inode->i_cdev, struct sa_device, chrdev)->dev);
	return 0;
}

/* No compat_ioctl: 32-bit programs on a 64-bit kernel get ENOTTY. */
static const struct file_operations rfc_fops = {
	.owner = THIS_MODULE,
	.open = rfc_open,
	.release = rfc_release,
	.unlocked_ioctl = rfc_ioctl,
};

static int register_rfc(struct sa_device *sadev)
{
	int ret;

	if (!sadev->name || !*sadev->name || !sadev->allocate)
		return -EINVAL;
	cdev_init(&sadev->chrdev, &rfc_fops);
	sadev->chrdev.owner = sadev->owner;
	ret = cdev_add(&sadev->chrdev, MKDEV(SA_MAJOR, next_minor), 1);
	if (ret)
		return ret;
	/* The number leads here already, to a device that is not set up. */
	linger();
	sadev->minor = next_minor;
	sadev->dev.class = &sa_class;
	sadev->dev.devt = MKDEV(SA_MAJOR, next_minor);
	sadev->dev.groups = sadev->groups;
	dev_set_drvdata(&sadev->dev, sadev);
	dev_set_name(&sadev->dev, "%s%d", sadev->name, next_minor);
	/* It has no release(), of which the driver core complains when it goes. */
	ret = sadev->node_fails ? -ENOMEM : device_register(&sadev->dev);
	if (ret) {
		cdev_del(&sadev->chrdev);
		return ret;
	}
	next_minor++;
	return 0;
}

static void unregister_rfc(struct sa_device *sadev)
{
	cdev_del(&sadev->chrdev);
	device_del(&sadev->dev);
	put_device(&sadev->dev);
}

const struct sa_behaviour sa_rfc = {
	.name = "rfc-v2",
	.register_device = register_rfc,
	.unregister_device = unregister_rfc,
};
