// SPDX-License-Identifier: GPL-2.0-only
/* Which defect is switched on: the parameter `defect` of a simple_allocator.ko built for tests. */
#include <linux/dma-buf.h>
#include <linux/export.h>
#include <linux/list.h>
#include <linux/moduleparam.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/sysfs.h>

#include "defects.h"

enum sa_defect sa_defect;
EXPORT_SYMBOL_GPL(sa_defect);

#define SA_DEFECT_NAME(member, name)	[SA_##member] = name,
static const char *const names[] = {
	SA_DEFECTS(SA_DEFECT_NAME)
};

/* Buffers with a reference that a defect has lost; without the list they would stay for good. */
struct kept {
	struct list_head entry;
	struct dma_buf *dmabuf;
};

static LIST_HEAD(all_kept);
static DEFINE_MUTEX(kept_lock);

void sa_defect_keep(struct dma_buf *dmabuf)
{
	struct kept *kept = kmalloc(sizeof(*kept), GFP_KERNEL | __GFP_NOFAIL);

	kept->dmabuf = dmabuf;
	mutex_lock(&kept_lock);
	list_add(&kept->entry, &all_kept);
	mutex_unlock(&kept_lock);
}

/* The next defect begins with all of memory. */
static void put_kept(void)
{
	struct kept *kept;
	struct kept *next;
	LIST_HEAD(found);

	mutex_lock(&kept_lock);
	list_splice_init(&all_kept, &found);
	mutex_unlock(&kept_lock);
	list_for_each_entry_safe(kept, next, &found, entry) {
		dma_buf_put(kept->dmabuf);
		kfree(kept);
	}
}

static int set_defect(const char *value, const struct kernel_param *param)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		if (sysfs_streq(value, names[i])) {
			sa_defect = i;
			put_kept();
			return 0;
		}
	}
	return -EINVAL;
}

static int get_defect(char *buffer, const struct kernel_param *param)
{
	return sysfs_emit(buffer, "%s\n", names[sa_defect]);
}

static const struct kernel_param_ops defect_ops = {
	.set = set_defect,
	.get = get_defect,
};

/* Root may switch while programs run: one boot serves for many defects. */
module_param_cb(defect, &defect_ops, NULL, 0644);
MODULE_PARM_DESC(defect, "a bug to switch on, for tests (none)");
