// SPDX-License-Identifier: GPL-2.0-only
/*
 * A region on a kernel without CMA: a run of pages that the page allocator gave when the module was
 * loaded, and a bitmap of those that are taken. So it ends somewhere, as a region should; pages
 * taken one by one would only end with all of memory.
 */
#include <linux/bitmap.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/sort.h>

#include "region.h"

/* The largest run that every kernel here gives at once. */
#define CHUNK_BYTES	(SA_POOL_MIB * SZ_1M)
#define CHUNK_PAGES	(CHUNK_BYTES / PAGE_SIZE)
/* How many times as much as is needed is asked for, to find chunks that follow each other. */
#define SEARCH_FACTOR	3

static int by_frame(const void *left, const void *right)
{
	unsigned long l = page_to_pfn(*(struct page *const *)left);
	unsigned long r = page_to_pfn(*(struct page *const *)right);

	return l < r ? -1 : l > r;
}

/* Where the first run of @wanted chunks begins in a sorted list; @count when there is none. */
static unsigned int first_run(struct page **chunks, unsigned int count, unsigned int wanted)
{
	unsigned int start = 0;
	unsigned int i;

	for (i = 0; i < count; i++) {
		if (i && page_to_pfn(chunks[i]) != page_to_pfn(chunks[i - 1]) + CHUNK_PAGES)
			start = i;
		if (i + 1 - start == wanted)
			return start;
	}
	return count;
}

static void free_chunk(struct page *chunk)
{
	__free_pages(chunk, get_order(CHUNK_BYTES));
}

static struct page *contiguous_chunks(unsigned int wanted)
{
	unsigned int max = wanted * SEARCH_FACTOR;
	struct page **chunks = kcalloc(max, sizeof(*chunks), GFP_KERNEL);
	struct page *first = NULL;
	unsigned int count = 0;
	unsigned int start;
	unsigned int i;

	if (!chunks)
		return NULL;
	while (count < max) {
		chunks[count] = alloc_pages(GFP_KERNEL | __GFP_NOWARN | __GFP_NORETRY,
					    get_order(CHUNK_BYTES));
		if (!chunks[count])
			break;
		count++;
	}
	sort(chunks, count, sizeof(*chunks), by_frame, NULL);
	start = first_run(chunks, count, wanted);
	if (start < count)
		first = chunks[start];
	for (i = 0; i < count; i++) {
		if (!first || i < start || i >= start + wanted)
			free_chunk(chunks[i]);
	}
	kfree(chunks);
	return first;
}

int sa_pool_make(struct sa_region *region, unsigned int mib)
{
	unsigned int chunks = mib / SA_POOL_MIB;

	region->pages = chunks * CHUNK_PAGES;
	region->map = bitmap_zalloc(region->pages, GFP_KERNEL);
	if (!region->map)
		return -ENOMEM;
	region->pool = contiguous_chunks(chunks);
	if (!region->pool) {
		bitmap_free(region->map);
		region->map = NULL;
		return -ENOMEM;
	}
	strscpy(region->memory, "page allocator", sizeof(region->memory));
	return 0;
}

void sa_pool_drop(struct sa_region *region)
{
	unsigned long i;

	for (i = 0; i < region->pages; i += CHUNK_PAGES)
		free_chunk(sa_page(region->pool, i));
	bitmap_free(region->map);
}

struct page *sa_pool_take(struct sa_region *region, unsigned long count, unsigned int order)
{
	unsigned long align_mask = (1UL << order) - 1;
	unsigned long first;

	mutex_lock(&region->lock);
	first = bitmap_find_next_zero_area(region->map, region->pages, 0, count, align_mask);
	if (first < region->pages)
		bitmap_set(region->map, first, count);
	mutex_unlock(&region->lock);
	return first < region->pages ? sa_page(region->pool, first) : NULL;
}

void sa_pool_give(struct sa_region *region, struct page *first, unsigned long count)
{
	mutex_lock(&region->lock);
	bitmap_clear(region->map, page_to_pfn(first) - page_to_pfn(region->pool), count);
	mutex_unlock(&region->lock);
}
