// SPDX-License-Identifier: GPL-2.0-only
/* Requests for buffers of a region, hardened and as posted. */
#include <linux/fcntl.h>
#include <linux/highmem.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/sched.h>

#include "allocate.h"
#include "buffer.h"

/* The largest order that buffers are aligned to: CMA's own default. */
#define ORDER_MAX	8u

static void clear_run(struct page *first, unsigned long count)
{
	unsigned long i;

	for (i = 0; i < count; i++) {
		struct page *page = sa_page(first, i);

		clear_highpage(page);
		/* Programs see it at another address, and some caches go by addresses. */
		flush_dcache_page(page);
		cond_resched();
	}
}

/* The order that the first of so many pages is aligned to: the next power of two of them. */
static unsigned int natural_order(unsigned long count)
{
	return min_t(unsigned int, order_base_2(count), ORDER_MAX);
}

static struct dma_buf *allocate_hardened(struct sa_region *region, u64 length, u32 flags)
{
	u64 count = (length >> PAGE_SHIFT) + !!(length & ~PAGE_MASK);
	struct page *first;

	/* A length that does not fit when it is rounded up, and one that is none. */
	if (!length || length > U64_MAX - PAGE_SIZE + 1)
		return ERR_PTR(-EINVAL);
	/* All 64 bits are compared: a size_t may have fewer. */
	if (count > region->pages)
		return ERR_PTR(-ENOMEM);
	first = sa_region_take(region, count, natural_order(count));
	if (!first)
		return ERR_PTR(-ENOMEM);
	clear_run(first, count);
	return sa_buffer_export(region, first, count, flags & O_ACCMODE);
}

/* As posted: any page may be the first, nothing is cleared, and one answer for every failure. */
static struct dma_buf *allocate_rfc(struct sa_region *region, u64 length, u32 flags)
{
	unsigned long count = PAGE_ALIGN((size_t)length) >> PAGE_SHIFT;
	struct dma_buf *dmabuf;
	struct page *first = NULL;

	if (count && count <= region->pages)
		first = sa_region_take(region, count, 0);
	if (!first)
		return NULL;
	dmabuf = sa_buffer_export(region, first, count, flags);
	return IS_ERR(dmabuf) ? NULL : dmabuf;
}

struct dma_buf *sa_region_allocate(struct sa_region *region, u64 length, u32 flags)
{
	return simple_allocator_is_hardened() ? allocate_hardened(region, length, flags) :
						allocate_rfc(region, length, flags);
}

struct dma_buf *sa_cma_allocate(unsigned int number, u64 length, u32 flags)
{
	return sa_region_allocate(&sa_regions[number], length, flags);
}
EXPORT_SYMBOL_GPL(sa_cma_allocate);
