/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where a defect can stand in for a step, one hook each. As built for anybody, a hook is nothing:
 * it gives what the right algorithm said. Built with ALLOCERT_DEFECTS=1, for tests only, it may say
 * otherwise: hooks-request.c and hooks-buffer.c.
 */
#ifndef SA_HOOKS_H
#define SA_HOOKS_H

#include <linux/types.h>

struct dma_buf;
struct file_operations;
struct page;
struct sa_region;
struct simple_allocate_data;

#ifdef ALLOCERT_DEFECTS
#define SA_HOOK(type, name, parameters, right)	type name parameters;
#else
#define SA_HOOK(type, name, parameters, right)	\
	static inline type name parameters	\
	{					\
		return right;			\
	}
#endif

/* Whether a command is SA_IOC_ALLOC, and what any other comes to. */
SA_HOOK(bool, hook_is_allocation, (unsigned int cmd, bool right), right)
SA_HOOK(long, hook_unknown_command, (long right), right)
/* What an argument comes to that cannot be read. */
SA_HOOK(long, hook_unreadable, (long right), right)
/* Whether a request is carried out. */
SA_HOOK(bool, hook_accepts, (const struct simple_allocate_data *data, bool right), right)
/* Flags of the new descriptor. */
SA_HOOK(u32, hook_descriptor_flags, (u32 right), right)
/* What a request comes to for which there is no descriptor. */
SA_HOOK(long, hook_table_full, (struct dma_buf *dmabuf, long right), right)
/* Whether a buffer was delivered in another way, which came to @ret. */
SA_HOOK(bool, hook_delivers,
	(struct dma_buf *dmabuf, struct simple_allocate_data *data, void __user *argument, int fd,
	 long *ret), false)
/* The length that a program is told. */
SA_HOOK(u64, hook_length_told, (const struct simple_allocate_data *data, u64 right), right)
/* What success comes to. */
SA_HOOK(long, hook_success, (int fd), 0)

/* What a device can do. */
SA_HOOK(const struct file_operations *, hook_device, (const struct file_operations *right), right)
/* Whether an allocator without an owner is registered. */
SA_HOOK(bool, hook_owner_needed, (void), true)
/* How many minors there are, and whether one is free again after a registration that failed. */
SA_HOOK(int, hook_minors, (int right), right)
SA_HOOK(bool, hook_minor_freed, (void), true)
/* Whether a device has a release(). */
SA_HOOK(bool, hook_has_release, (void), true)

/* The length that is asked for, and pages of the buffer. */
SA_HOOK(u64, hook_length, (u64 right), right)
SA_HOOK(u64, hook_count, (const struct sa_region *region, u64 length, u64 right), right)
/* Pages that the largest buffer has. */
SA_HOOK(unsigned long, hook_count_max, (unsigned long right), right)
/* What a request comes to for which there is no room. */
SA_HOOK(long, hook_no_room, (long right), right)
/* The order that the first page is aligned to. */
SA_HOOK(unsigned int, hook_order, (unsigned int right), right)
/* Whether the page of that index is cleared. */
SA_HOOK(bool, hook_clears, (unsigned long index, unsigned long count, u64 length), true)
/* The access mode of the buffer. */
SA_HOOK(u32, hook_mode, (u32 right), right)
/* Whether pages that could not be exported go back to their region. */
SA_HOOK(bool, hook_gives_back,
	(struct sa_region *region, struct page *first, unsigned long count), true)
/* How many pages of a buffer are freed with it. */
SA_HOOK(unsigned long, hook_freed,
	(struct sa_region *region, struct page *first, unsigned long count), count)
/* The regions are about to go. */
SA_HOOK(void, hook_regions_end, (void), (void)0)
/* The page at which a mapping begins, and how many a buffer has for it. */
SA_HOOK(unsigned long, hook_first_mapped, (unsigned long right), right)
SA_HOOK(unsigned long, hook_mappable, (unsigned long right), right)

#endif
