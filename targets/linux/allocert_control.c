// SPDX-License-Identifier: GPL-2.0-only
/*
 * The test-control node, docs/test-control.md: a driver that registers and unregisters allocators
 * as programs ask. For tests only.
 */
#include <linux/fs.h>
#include <linux/list.h>
#include <linux/miscdevice.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "allocate.h"
#include "compat.h"
#include "sa_device.h"

#define NAME_BYTES	32

/* Argument of REGISTER: what the registering driver sets, and the minor that it got. */
struct control_register {
	char name[NAME_BYTES];
	__u32 flags;
	__s32 minor;
};

#define SETS_ALLOCATE	BIT(0)
#define SETS_OWNER	BIT(1)
#define NODE_FAILS	BIT(2)
#define FLAGS_KNOWN	(SETS_ALLOCATE | SETS_OWNER | NODE_FAILS)

/* Argument of UNREGISTER; @minor NO_DEVICE stands for the call with NULL. */
struct control_unregister {
	__s32 minor;
	__u32 reserved;
};

#define NO_DEVICE	(-1)

#define REGISTER	_IOWR('A', 0, struct control_register)
#define UNREGISTER	_IOW('A', 1, struct control_unregister)

/* An allocator as its driver keeps it: with rfc-v2 the device itself is in it, and goes with it. */
struct registration {
	struct list_head entry;
	struct sa_device device;
	char name[NAME_BYTES];
};

/* Oldest first. Not held while the registry works, which must cope with many at once by itself. */
static LIST_HEAD(registrations);
static DEFINE_MUTEX(registrations_lock);

static struct dma_buf *allocate(struct sa_device *sadev, u64 length, u32 flags)
{
	return sa_cma_allocate(0, length, flags);
}

static struct registration *new_registration(const struct control_register *wanted)
{
	struct registration *own = kzalloc(sizeof(*own), GFP_KERNEL);

	if (!own)
		return NULL;
	strscpy(own->name, wanted->name, sizeof(own->name));
	own->device.name = *own->name ? own->name : NULL;
	own->device.allocate = wanted->flags & SETS_ALLOCATE ? allocate : NULL;
	own->device.owner = wanted->flags & SETS_OWNER ? THIS_MODULE : NULL;
	own->device.node_fails = wanted->flags & NODE_FAILS;
	return own;
}

/* Takes the oldest registration of a minor out of the list, or any when @minor is NO_DEVICE. */
static struct registration *take_out(int minor)
{
	struct registration *found = NULL;
	struct registration *one;

	mutex_lock(&registrations_lock);
	list_for_each_entry(one, &registrations, entry) {
		if (minor == NO_DEVICE || one->device.minor == minor) {
			found = one;
			list_del(&one->entry);
			break;
		}
	}
	mutex_unlock(&registrations_lock);
	return found;
}

static void unregister(struct registration *own)
{
	simple_allocator_unregister(&own->device);
	kfree(own);
}

static long control_register(struct control_register __user *argument)
{
	struct control_register wanted;
	struct registration *own;
	int ret;

	if (copy_from_user(&wanted, argument, sizeof(wanted)))
		return -EFAULT;
	if (strnlen(wanted.name, NAME_BYTES) == NAME_BYTES || wanted.flags & ~FLAGS_KNOWN)
		return -EINVAL;
	own = new_registration(&wanted);
	if (!own)
		return -ENOMEM;
	ret = simple_allocator_register(&own->device);
	if (ret) {
		kfree(own);
		return ret;
	}
	wanted.minor = own->device.minor;
	if (copy_to_user(argument, &wanted, sizeof(wanted))) {
		/* Nobody would know which device to unregister. */
		unregister(own);
		return -EFAULT;
	}
	mutex_lock(&registrations_lock);
	list_add_tail(&own->entry, &registrations);
	mutex_unlock(&registrations_lock);
	return 0;
}

static long control_unregister(const struct control_unregister __user *argument)
{
	struct control_unregister wanted;
	struct registration *own;

	if (copy_from_user(&wanted, argument, sizeof(wanted)))
		return -EFAULT;
	if (wanted.reserved)
		return -EINVAL;
	if (wanted.minor == NO_DEVICE) {
		simple_allocator_unregister(NULL);
		return 0;
	}
	own = take_out(wanted.minor);
	if (!own)
		return -ENODEV;
	unregister(own);
	return 0;
}

static long control_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	void __user *argument = (void __user *)arg;

	switch (cmd) {
	case REGISTER:
		return control_register(argument);
	case UNREGISTER:
		return control_unregister(argument);
	default:
		return -ENOTTY;
	}
}

static const struct file_operations control_fops = {
	.owner = THIS_MODULE,
	.open = nonseekable_open,
	.unlocked_ioctl = control_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

static struct miscdevice control_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "allocert_control",
	.fops = &control_fops,
	.mode = 0600,
};

static int __init control_init(void)
{
	return misc_register(&control_device);
}

static void __exit control_exit(void)
{
	struct registration *own;

	misc_deregister(&control_device);
	while ((own = take_out(NO_DEVICE)))
		unregister(own);
}

module_init(control_init);
module_exit(control_exit);

MODULE_DESCRIPTION("Registers simple allocators for tests");
MODULE_LICENSE("GPL");
SA_IMPORT_NS(DMA_BUF);
