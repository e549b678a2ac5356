// SPDX-License-Identifier: GPL-2.0-only
/* Which defect is switched on: the parameter `defect` of a simple_allocator.ko built for tests. */
#include <linux/export.h>
#include <linux/moduleparam.h>
#include <linux/string.h>
#include <linux/sysfs.h>

#include "defects.h"

enum sa_defect sa_defect;
EXPORT_SYMBOL_GPL(sa_defect);

#define SA_DEFECT_NAME(member, name)	[SA_##member] = name,
static const char *const names[] = {
	SA_DEFECTS(SA_DEFECT_NAME)
};

static int set_defect(const char *value, const struct kernel_param *param)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		if (sysfs_streq(value, names[i])) {
			sa_defect = i;
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
