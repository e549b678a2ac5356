// SPDX-License-Identifier: GPL-2.0-only
/* Regions: which memory each has, and how many of its pages are taken. */
#include <linux/mm.h>

#include "hooks.h"
#include "region.h"

struct sa_region sa_regions[SA_REGIONS_MAX];
unsigned int sa_region_count;

int sa_regions_make(unsigned int count, unsigned int pool_mb)
{
	unsigned int areas;
	unsigned int i;
	int ret;

	if (!count || count > SA_REGIONS_MAX || !pool_mb || pool_mb % SA_POOL_MIB)
		return -EINVAL;
	areas = sa_cma_find(sa_regions, count);
	for (i = 0; i < count; i++) {
		mutex_init(&sa_regions[i].lock);
		ret = i < areas ? 0 : sa_pool_make(&sa_regions[i], pool_mb);
		if (ret) {
			sa_regions_drop();
			return ret;
		}
		sa_region_count++;
	}
	return 0;
}

void sa_regions_drop(void)
{
	hook_regions_end();
	while (sa_region_count) {
		struct sa_region *region = &sa_regions[--sa_region_count];

		if (!region->cma)
			sa_pool_drop(region);
	}
}

struct page *sa_region_take(struct sa_region *region, unsigned long count, unsigned int order)
{
	struct page *first = region->cma ? sa_cma_take(region, count, order) :
					   sa_pool_take(region, count, order);

	if (first)
		atomic_long_add(count, &region->used);
	return first;
}

void sa_region_give(struct sa_region *region, struct page *first, unsigned long count)
{
	/* Counted before they can be taken again, so that never more are used than there are. */
	atomic_long_sub(count, &region->used);
	if (region->cma)
		sa_cma_give(region, first, count);
	else
		sa_pool_give(region, first, count);
}

unsigned long sa_region_first_frame(const struct sa_region *region)
{
	return region->cma ? sa_cma_first_frame(region) : page_to_pfn(region->pool);
}
