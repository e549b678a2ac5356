/* SPDX-License-Identifier: GPL-2.0-only */
/* Regions of sa_cma.ko: memory of a fixed size that gives and takes runs of pages. */
#ifndef SA_REGION_H
#define SA_REGION_H

#include <linux/mm.h>
#include <linux/mutex.h>

#include "sa_device.h"

#define SA_REGIONS_MAX	8
/* A pool has a multiple of so many MiB. */
#define SA_POOL_MIB	4

struct cma;

/**
 * struct sa_region - a device's memory
 * @device: of the region
 * @registered: whether the device is
 * @pages: how many there are
 * @used: how many of them buffers have now
 * @memory: where it comes from, in a word for sysfs: `CMA area NAME` or `page allocator`
 * @cma: the kernel's area; NULL for a pool of the page allocator's
 * @pool: first page of that pool
 * @map: the pool's pages that are taken
 * @lock: of @map
 */
struct sa_region {
	struct sa_device device;
	bool registered;
	unsigned long pages;
	atomic_long_t used;
	char memory[80];
	struct cma *cma;
	struct page *pool;
	unsigned long *map;
	struct mutex lock;
};

/* A page of a run, by the number of its frame: structures of pages need not follow each other. */
static inline struct page *sa_page(struct page *first, unsigned long index)
{
	return pfn_to_page(page_to_pfn(first) + index);
}

/* The regions from number 0 on; there are sa_region_count of them. */
extern struct sa_region sa_regions[SA_REGIONS_MAX];
extern unsigned int sa_region_count;

/* Makes so many regions: the kernel's CMA areas first, then pools of so many MiB. */
int sa_regions_make(unsigned int count, unsigned int pool_mb);
void sa_regions_drop(void);

/* A run of pages that begins at a multiple of 2^order, or NULL when there is none. */
struct page *sa_region_take(struct sa_region *region, unsigned long count, unsigned int order);
void sa_region_give(struct sa_region *region, struct page *first, unsigned long count);

/* Number of the region's first page frame. */
unsigned long sa_region_first_frame(const struct sa_region *region);

/* A pool of the page allocator's, for kernels without CMA. */
int sa_pool_make(struct sa_region *region, unsigned int mib);
void sa_pool_drop(struct sa_region *region);
struct page *sa_pool_take(struct sa_region *region, unsigned long count, unsigned int order);
void sa_pool_give(struct sa_region *region, struct page *first, unsigned long count);

/* The kernel's CMA areas, each made a region; returns how many there are. */
unsigned int sa_cma_find(struct sa_region *regions, unsigned int max);
struct page *sa_cma_take(struct sa_region *region, unsigned long count, unsigned int order);
void sa_cma_give(struct sa_region *region, struct page *first, unsigned long count);
unsigned long sa_cma_first_frame(const struct sa_region *region);

#endif
