// SPDX-License-Identifier: GPL-2.0-only
/*
 * Devices of the class, hardened. What a program may still have open is a node, counted by the
 * driver core, and not the driver's structure: unregistering cuts the node off from the driver.
 */
#include <linux/fs.h>
#include <linux/idr.h>
#include <linux/rwsem.h>
#include <linux/slab.h>

#include "framework.h"
#include "hooks.h"

/**
 * struct sa_node - a device of the class
 * @dev: counts the references to this structure
 * @chrdev: leads from the number here
 * @lock: held for reading by who allocates, for writing by who unregisters
 * @sadev: the driver's structure; NULL once it is unregistered
 */
struct sa_node {
	struct device dev;
	struct cdev chrdev;
	struct rw_semaphore lock;
	struct sa_device *sadev;
};

static DEFINE_IDA(minors);

static void release_node(struct device *dev)
{
	/* Only now: as long as a file is open, its inode leads here, whoever has the number. */
	ida_free(&minors, MINOR(dev->devt));
	kfree(container_of(dev, struct sa_node, dev));
}

static bool is_registered(struct sa_node *node)
{
	bool registered;

	down_read(&node->lock);
	registered = node->sadev;
	up_read(&node->lock);
	return registered;
}

/* chrdev_open() holds the character device, and so the node, until the file is released. */
static int sa_open(struct inode *inode, struct file *file)
{
	struct sa_node *node = container_of(inode->i_cdev, struct sa_node, chrdev);

	if (!is_registered(node))
		return -ENXIO;
	file->private_data = node;
	return nonseekable_open(inode, file);
}

struct dma_buf *sa_node_allocate(struct sa_node *node, u64 length, u32 flags)
{
	struct dma_buf *dmabuf = ERR_PTR(-ENODEV);

	down_read(&node->lock);
	if (node->sadev)
		dmabuf = node->sadev->allocate(node->sadev, length, flags);
	up_read(&node->lock);
	return dmabuf;
}

/* Without the lock: a program can make the copies of its argument take as long as it likes. */
static long sa_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct sa_node *node = file->private_data;

	return is_registered(node) ? sa_request(node, cmd, arg) : -ENODEV;
}

static const struct file_operations node_fops = {
	.owner = THIS_MODULE,
	.open = sa_open,
	.unlocked_ioctl = sa_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

/* The minor is the node's from now on, also when there is none. */
static struct sa_node *new_node(struct sa_device *sadev, int minor)
{
	struct sa_node *node = kzalloc(sizeof(*node), GFP_KERNEL);
	int ret;

	if (!node) {
		ida_free(&minors, minor);
		return ERR_PTR(-ENOMEM);
	}
	init_rwsem(&node->lock);
	node->sadev = sadev;
	device_initialize(&node->dev);
	if (hook_has_release())
		node->dev.release = release_node;
	node->dev.class = &sa_class;
	node->dev.devt = MKDEV(SA_MAJOR, minor);
	node->dev.groups = sadev->groups;
	dev_set_drvdata(&node->dev, sadev);
	ret = dev_set_name(&node->dev, "%s%d", sadev->name, minor);
	if (ret) {
		put_device(&node->dev);
		return ERR_PTR(ret);
	}
	cdev_init(&node->chrdev, hook_device(&node_fops));
	node->chrdev.owner = sadev->owner;
	cdev_set_parent(&node->chrdev, &node->dev.kobj);
	return node;
}

/* As cdev_device_add(), with a place between its two halves for tests to fail at. */
static int add_node(struct sa_node *node)
{
	int ret = cdev_add(&node->chrdev, node->dev.devt, 1);

	if (ret)
		return ret;
	ret = node->sadev->node_fails ? -ENOMEM : device_add(&node->dev);
	if (ret)
		cdev_del(&node->chrdev);
	return ret;
}

/* Calls from now on come to ENODEV; those that are under way come to their end first. */
static void cut_off(struct sa_node *node)
{
	down_write(&node->lock);
	node->sadev = NULL;
	up_write(&node->lock);
}

static int register_hardened(struct sa_device *sadev)
{
	struct sa_node *node;
	int minor;
	int ret;

	if (!sadev->name || !*sadev->name || !sadev->allocate)
		return -EINVAL;
	if (!sadev->owner && hook_owner_needed())
		return -EINVAL;
	minor = ida_alloc_max(&minors, hook_minors(SA_MINORS) - 1, GFP_KERNEL);
	if (minor < 0)
		return minor;
	node = new_node(sadev, minor);
	if (IS_ERR(node))
		return PTR_ERR(node);
	sadev->minor = minor;
	sadev->node = node;
	ret = add_node(node);
	if (ret) {
		cut_off(node);
		if (hook_minor_freed())
			put_device(&node->dev);
	}
	return ret;
}

static void unregister_hardened(struct sa_device *sadev)
{
	struct sa_node *node = sadev->node;

	cdev_device_del(&node->chrdev, &node->dev);
	cut_off(node);
	put_device(&node->dev);
}

const struct sa_behaviour sa_hardened = {
	.name = "hardened",
	.register_device = register_hardened,
	.unregister_device = unregister_hardened,
};
