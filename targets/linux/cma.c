// SPDX-License-Identifier: GPL-2.0-only
/*
 * Regions of the kernel's CMA areas. A kernel exports none of CMA's functions, or not all of them,
 * since its own allocators are built in. This module is for kernels that nobody here built, so it
 * looks for their addresses.
 */
#include <linux/cma.h>
#include <linux/mm.h>

#include "region.h"
#include "symbols.h"

#ifdef CONFIG_CMA

enum {
	ALLOC,
	RELEASE,
	FOR_EACH_AREA,
	GET_BASE,
	GET_SIZE,
	GET_NAME,
};

static struct sa_symbol functions[] = {
	[ALLOC] = { .name = "cma_alloc" },
	[RELEASE] = { .name = "cma_release" },
	[FOR_EACH_AREA] = { .name = "cma_for_each_area" },
	[GET_BASE] = { .name = "cma_get_base" },
	[GET_SIZE] = { .name = "cma_get_size" },
	[GET_NAME] = { .name = "cma_get_name" },
};

/* Of the type that the kernel's header says, so that a change of it does not compile. */
#define CALL(index, function)	((typeof(&(function)))functions[index].address)

struct search {
	struct sa_region *regions;
	unsigned int max;
	unsigned int count;
};

static int add_area(struct cma *area, void *data)
{
	unsigned long pages = CALL(GET_SIZE, cma_get_size)(area) >> PAGE_SHIFT;
	const char *name = CALL(GET_NAME, cma_get_name)(area);
	struct search *search = data;
	struct sa_region *region;

	if (search->count == search->max)
		return 1;
	/* One that could not be set up, and those that are counted in huge pages. */
	if (!pages || !strncmp(name, "hugetlb", 7))
		return 0;
	region = &search->regions[search->count++];
	region->cma = area;
	region->pages = pages;
	snprintf(region->memory, sizeof(region->memory), "CMA area %s", name);
	return 0;
}

unsigned int sa_cma_find(struct sa_region *regions, unsigned int max)
{
	struct search search = { .regions = regions, .max = max };

	if (sa_calls_are_guarded() || !sa_symbols_find(functions, ARRAY_SIZE(functions)))
		return 0;
	CALL(FOR_EACH_AREA, cma_for_each_area)(add_area, &search);
	return search.count;
}

struct page *sa_cma_take(struct sa_region *region, unsigned long count, unsigned int order)
{
	return CALL(ALLOC, cma_alloc)(region->cma, count, order, true);
}

void sa_cma_give(struct sa_region *region, struct page *first, unsigned long count)
{
	CALL(RELEASE, cma_release)(region->cma, first, count);
}

unsigned long sa_cma_first_frame(const struct sa_region *region)
{
	return PHYS_PFN(CALL(GET_BASE, cma_get_base)(region->cma));
}

#else

unsigned int sa_cma_find(struct sa_region *regions, unsigned int max)
{
	return 0;
}

struct page *sa_cma_take(struct sa_region *region, unsigned long count, unsigned int order)
{
	return NULL;
}

void sa_cma_give(struct sa_region *region, struct page *first, unsigned long count)
{
}

unsigned long sa_cma_first_frame(const struct sa_region *region)
{
	return 0;
}

#endif
