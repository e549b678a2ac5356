// SPDX-License-Identifier: GPL-2.0-only
/* Defects of buffers; each case is one of defects.json. For tests only. */
#include <linux/atomic.h>
#include <linux/fcntl.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/slab.h>

#include "defects.h"
#include "hooks.h"
#include "region.h"

/* From this many pages on a buffer is a large one. */
#define LARGE	256
/* One buffer in so many is lost. */
#define RARE	64

/*
 * Pages that a defect has lost. CMA would miss them for as long as the kernel runs, and the next
 * defect in the same guest would begin with less: they go back with the first request under
 * another defect, and at the latest with the module.
 */
struct lost {
	struct list_head entry;
	struct sa_region *region;
	struct page *first;
	unsigned long count;
};

static LIST_HEAD(all_lost);
static DEFINE_MUTEX(lost_lock);
static enum sa_defect lost_by;

static void lose(struct sa_region *region, struct page *first, unsigned long count)
{
	struct lost *lost = kmalloc(sizeof(*lost), GFP_KERNEL | __GFP_NOFAIL);

	*lost = (struct lost){ .region = region, .first = first, .count = count };
	mutex_lock(&lost_lock);
	lost_by = sa_defect;
	list_add(&lost->entry, &all_lost);
	mutex_unlock(&lost_lock);
}

void hook_regions_end(void)
{
	struct lost *lost;
	struct lost *next;
	LIST_HEAD(found);

	mutex_lock(&lost_lock);
	list_splice_init(&all_lost, &found);
	mutex_unlock(&lost_lock);
	list_for_each_entry_safe(lost, next, &found, entry) {
		sa_region_give(lost->region, lost->first, lost->count);
		kfree(lost);
	}
}

u64 hook_length(u64 right)
{
	if (READ_ONCE(lost_by) != sa_defect)
		hook_regions_end();
	switch (sa_defect) {
	case SA_LENGTH_TRUNCATED_32:
		return (u32)right;
	case SA_ZERO_LENGTH_ACCEPTED:
		return right ? right : 1;
	default:
		return right;
	}
}

u64 hook_count(const struct sa_region *region, u64 length, u64 right)
{
	switch (sa_defect) {
	case SA_LENGTH_ROUNDED_DOWN:
		return max_t(u64, length >> PAGE_SHIFT, 1);
	case SA_LENGTH_PAGE_MORE:
		return length & ~PAGE_MASK || right >= region->pages ? right : right + 1;
	default:
		return right;
	}
}

unsigned long hook_count_max(unsigned long right)
{
	return sa_defect == SA_HALF_REGION_LIMIT ? right / 2 : right;
}

long hook_no_room(long right)
{
	switch (sa_defect) {
	case SA_EXHAUSTION_EINVAL:
		return -EINVAL;
	case SA_EXHAUSTION_ENOSPC:
		return -ENOSPC;
	default:
		return right;
	}
}

unsigned int hook_order(unsigned int right)
{
	return sa_defect == SA_ORDER_IGNORED ? 0 : right;
}

bool hook_clears(unsigned long index, unsigned long count, u64 length)
{
	switch (sa_defect) {
	case SA_NO_ZEROING:
		return false;
	case SA_FIRST_PAGE_ZEROED:
		return index == 0;
	case SA_ODD_PAGES_NOT_ZEROED:
		return !(index & 1);
	case SA_TAIL_NOT_ZEROED:
		/* Not the page of which only a part was asked for. */
		return index + 1 < count || !(length & ~PAGE_MASK);
	default:
		return true;
	}
}

u32 hook_mode(u32 right)
{
	switch (sa_defect) {
	case SA_ACCESS_MODE_DROPPED:
		return O_RDWR;
	case SA_WRITE_ONLY_READABLE:
		return right == O_WRONLY ? O_RDWR : right;
	default:
		return right;
	}
}

bool hook_gives_back(struct sa_region *region, struct page *first, unsigned long count)
{
	if (sa_defect != SA_LEAK_ON_FAILED_EXPORT)
		return true;
	lose(region, first, count);
	return false;
}

static bool loses_a_page(unsigned long count)
{
	static atomic_t freed = ATOMIC_INIT(0);

	switch (sa_defect) {
	case SA_LEAK_ON_CLOSE:
		return true;
	case SA_LEAK_ONE_IN_64:
		return !(atomic_inc_return(&freed) % RARE);
	case SA_LEAK_OF_LARGE:
		return count >= LARGE;
	default:
		return false;
	}
}

unsigned long hook_freed(struct sa_region *region, struct page *first, unsigned long count)
{
	if (!loses_a_page(count))
		return count;
	lose(region, sa_page(first, count - 1), 1);
	return count - 1;
}

unsigned long hook_first_mapped(unsigned long right)
{
	return sa_defect == SA_MMAP_OFFSET_IGNORED ? 0 : right;
}

unsigned long hook_mappable(unsigned long right)
{
	return sa_defect == SA_LAST_PAGE_UNMAPPABLE && right > 1 ? right - 1 : right;
}
