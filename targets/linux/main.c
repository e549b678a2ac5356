// SPDX-License-Identifier: GPL-2.0-only
/* sa_cma.ko: a device for each region, and what sysfs says of it. */
#include <linux/device.h>
#include <linux/mm.h>
#include <linux/sysfs.h>

#include "allocate.h"
#include "compat.h"
#include "region.h"

static unsigned int regions = 2;
module_param(regions, uint, 0444);
MODULE_PARM_DESC(regions, "how many regions there are, 1 to 8 (2)");

static unsigned int pool_mb = 16;
module_param(pool_mb, uint, 0444);
MODULE_PARM_DESC(pool_mb, "MiB of a region that is no CMA area, a multiple of 4 (16)");

static struct sa_region *region_of(struct device *dev)
{
	struct sa_device *sadev = dev_get_drvdata(dev);

	return container_of(sadev, struct sa_region, device);
}

static u64 bytes(unsigned long pages)
{
	return (u64)pages << PAGE_SHIFT;
}

static ssize_t size_bytes_show(struct device *dev, struct device_attribute *attr, char *text)
{
	return sysfs_emit(text, "%llu\n", bytes(region_of(dev)->pages));
}
static DEVICE_ATTR_RO(size_bytes);

static ssize_t free_bytes_show(struct device *dev, struct device_attribute *attr, char *text)
{
	struct sa_region *region = region_of(dev);

	return sysfs_emit(text, "%llu\n", bytes(region->pages - atomic_long_read(&region->used)));
}
static DEVICE_ATTR_RO(free_bytes);

static ssize_t memory_show(struct device *dev, struct device_attribute *attr, char *text)
{
	return sysfs_emit(text, "%s\n", region_of(dev)->memory);
}
static DEVICE_ATTR_RO(memory);

/* Both ends included. Where memory lies is nobody's business but root's. */
static ssize_t frames_show(struct device *dev, struct device_attribute *attr, char *text)
{
	struct sa_region *region = region_of(dev);
	unsigned long first = sa_region_first_frame(region);

	return sysfs_emit(text, "0x%lx-0x%lx\n", first, first + region->pages - 1);
}
static DEVICE_ATTR_ADMIN_RO(frames);

static struct attribute *region_attrs[] = {
	&dev_attr_size_bytes.attr,
	&dev_attr_free_bytes.attr,
	&dev_attr_memory.attr,
	&dev_attr_frames.attr,
	NULL,
};
ATTRIBUTE_GROUPS(region);

static struct dma_buf *allocate(struct sa_device *sadev, u64 length, u32 flags)
{
	return sa_region_allocate(container_of(sadev, struct sa_region, device), length, flags);
}

static void drop_all(void)
{
	unsigned int i;

	for (i = 0; i < sa_region_count; i++) {
		if (sa_regions[i].registered)
			simple_allocator_unregister(&sa_regions[i].device);
	}
	sa_regions_drop();
}

static int register_region(struct sa_region *region)
{
	struct sa_device *device = &region->device;
	int ret;

	device->name = "cma";
	device->owner = THIS_MODULE;
	device->allocate = allocate;
	device->groups = region_groups;
	ret = simple_allocator_register(device);
	if (ret)
		return ret;
	region->registered = true;
	pr_info("sa_cma: /dev/cma%d has %llu bytes of %s\n", device->minor, bytes(region->pages),
		region->memory);
	return 0;
}

static int __init sa_cma_init(void)
{
	unsigned int i;
	int ret = sa_regions_make(regions, pool_mb);

	if (ret)
		return ret;
	for (i = 0; i < sa_region_count; i++) {
		ret = register_region(&sa_regions[i]);
		if (ret)
			break;
	}
	if (!i) {
		drop_all();
		return ret;
	}
	/* Somebody may have a buffer already, so the module cannot go any more. */
	if (ret)
		pr_warn("sa_cma: only %u regions have devices: %d\n", i, ret);
	return 0;
}

static void __exit sa_cma_exit(void)
{
	drop_all();
}

module_init(sa_cma_init);
module_exit(sa_cma_exit);

MODULE_DESCRIPTION("Simple Allocator of CMA regions");
MODULE_LICENSE("GPL");
SA_IMPORT_NS(DMA_BUF);
