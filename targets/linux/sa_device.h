/* SPDX-License-Identifier: GPL-2.0-only */
/* What an allocator asks of the framework. */
#ifndef SA_DEVICE_H
#define SA_DEVICE_H

#include <linux/cdev.h>
#include <linux/device.h>
#include <linux/dma-buf.h>
#include <linux/module.h>

struct sa_node;

/**
 * struct sa_device - an allocator, as its driver describes it to simple_allocator_register()
 * @name: of the device node, without its number
 * @owner: the driver's module
 * @allocate: makes a buffer of @length bytes, or an ERR_PTR; as posted, NULL instead of that
 * @groups: attributes of the device in sysfs, or NULL
 * @node_fails: for tests: the registration fails after the character device was added
 * @minor: of the device, once it is registered
 * @node: the hardened framework's part, which may live longer than this structure
 * @chrdev: the posted code's part, which must not
 * @dev: likewise
 */
struct sa_device {
	const char *name;
	struct module *owner;
	struct dma_buf *(*allocate)(struct sa_device *sadev, u64 length, u32 flags);
	const struct attribute_group **groups;
	bool node_fails;
	int minor;
	struct sa_node *node;
	struct cdev chrdev;
	struct device dev;
};

int simple_allocator_register(struct sa_device *sadev);
void simple_allocator_unregister(struct sa_device *sadev);

/* Whether the framework was loaded with behaviour=hardened; an allocator then does likewise. */
bool simple_allocator_is_hardened(void);

#endif
