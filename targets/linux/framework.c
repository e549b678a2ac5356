// SPDX-License-Identifier: GPL-2.0-only
/* The class of simple allocators, its numbers, and the behaviour that all of them have. */
#include <linux/fs.h>

#include "framework.h"

struct class sa_class = {
	.name = SA_NAME,
};

static const struct sa_behaviour *const behaviours[] = { &sa_hardened, &sa_rfc };
static const struct sa_behaviour *behaviour = &sa_hardened;

static int set_behaviour(const char *value, const struct kernel_param *param)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(behaviours); i++) {
		if (sysfs_streq(value, behaviours[i]->name)) {
			behaviour = behaviours[i];
			return 0;
		}
	}
	return -EINVAL;
}

static int get_behaviour(char *buffer, const struct kernel_param *param)
{
	return sysfs_emit(buffer, "%s\n", behaviour->name);
}

static const struct kernel_param_ops behaviour_ops = {
	.set = set_behaviour,
	.get = get_behaviour,
};

/* Devices are registered in one way and must be unregistered in the same: it cannot change. */
module_param_cb(behaviour, &behaviour_ops, NULL, 0444);
MODULE_PARM_DESC(behaviour, "hardened (default), or rfc-v2: as the posted code acts");

bool simple_allocator_is_hardened(void)
{
	return behaviour == &sa_hardened;
}
EXPORT_SYMBOL_GPL(simple_allocator_is_hardened);

/**
 * simple_allocator_register() - makes an allocator a device of the class
 * @sadev: with name, owner and allocate set
 *
 * Return: 0, or a negative errno; then there is no device.
 */
int simple_allocator_register(struct sa_device *sadev)
{
	return behaviour->register_device(sadev);
}
EXPORT_SYMBOL_GPL(simple_allocator_register);

/**
 * simple_allocator_unregister() - takes an allocator's device away; its buffers stay as they are
 * @sadev: a registered allocator, or NULL for none
 */
void simple_allocator_unregister(struct sa_device *sadev)
{
	if (sadev)
		behaviour->unregister_device(sadev);
}
EXPORT_SYMBOL_GPL(simple_allocator_unregister);

static int __init sa_init(void)
{
	int ret = register_chrdev_region(MKDEV(SA_MAJOR, 0), SA_MINORS, SA_NAME);

	if (ret)
		return ret;
	ret = class_register(&sa_class);
	if (ret)
		unregister_chrdev_region(MKDEV(SA_MAJOR, 0), SA_MINORS);
	else
		pr_info(SA_NAME ": behaviour=%s\n", behaviour->name);
	return ret;
}

static void __exit sa_exit(void)
{
	class_unregister(&sa_class);
	unregister_chrdev_region(MKDEV(SA_MAJOR, 0), SA_MINORS);
}

module_init(sa_init);
module_exit(sa_exit);

MODULE_DESCRIPTION("Simple Allocator: one ioctl for buffers of dedicated memory regions");
MODULE_LICENSE("GPL");
MODULE_ALIAS_CHARDEV_MAJOR(SA_MAJOR);
SA_IMPORT_NS(DMA_BUF);
