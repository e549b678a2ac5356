// SPDX-License-Identifier: GPL-2.0-only
/*
 * Regions of the kernel's CMA areas. A kernel exports none of CMA's functions, or not all of them,
 * since its own allocators are built in. This module is for kernels that nobody here built, so it
 * asks a kprobe for their addresses. Where it gets none, there is no CMA.
 */
#include <linux/cma.h>
#include <linux/kprobes.h>
#include <linux/mm.h>

#include "region.h"

#if defined(CONFIG_CMA) && defined(CONFIG_KPROBES)

struct cma_functions {
	struct page *(*alloc)(struct cma *cma, unsigned long count, unsigned int align,
			      bool no_warn);
	bool (*release)(struct cma *cma, const struct page *pages, unsigned long count);
	int (*for_each_area)(int (*it)(struct cma *cma, void *data), void *data);
	phys_addr_t (*get_base)(const struct cma *cma);
	unsigned long (*get_size)(const struct cma *cma);
	const char *(*get_name)(const struct cma *cma);
};

static struct cma_functions cma;

static void *address_of(const char *symbol)
{
	struct kprobe probe = { .symbol_name = symbol };
	void *address;

	if (register_kprobe(&probe))
		return NULL;
	address = probe.addr;
	unregister_kprobe(&probe);
	return address;
}

static bool find_functions(void)
{
	cma.alloc = address_of("cma_alloc");
	cma.release = address_of("cma_release");
	cma.for_each_area = address_of("cma_for_each_area");
	cma.get_base = address_of("cma_get_base");
	cma.get_size = address_of("cma_get_size");
	cma.get_name = address_of("cma_get_name");
	return cma.alloc && cma.release && cma.for_each_area && cma.get_base && cma.get_size &&
	       cma.get_name;
}

struct search {
	struct sa_region *regions;
	unsigned int max;
	unsigned int count;
};

static int add_area(struct cma *area, void *data)
{
	struct search *search = data;
	struct sa_region *region;

	if (search->count == search->max)
		return 1;
	region = &search->regions[search->count++];
	region->cma = area;
	region->pages = cma.get_size(area) >> PAGE_SHIFT;
	snprintf(region->memory, sizeof(region->memory), "cma:%s", cma.get_name(area));
	return 0;
}

unsigned int sa_cma_find(struct sa_region *regions, unsigned int max)
{
	struct search search = { .regions = regions, .max = max };

	if (!find_functions())
		return 0;
	cma.for_each_area(add_area, &search);
	return search.count;
}

struct page *sa_cma_take(struct sa_region *region, unsigned long count, unsigned int order)
{
	return cma.alloc(region->cma, count, order, true);
}

void sa_cma_give(struct sa_region *region, struct page *first, unsigned long count)
{
	cma.release(region->cma, first, count);
}

unsigned long sa_cma_first_frame(const struct sa_region *region)
{
	return PHYS_PFN(cma.get_base(region->cma));
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
