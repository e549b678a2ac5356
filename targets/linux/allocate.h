/* SPDX-License-Identifier: GPL-2.0-only */
/* Requests for buffers of a region. */
#ifndef SA_ALLOCATE_H
#define SA_ALLOCATE_H

#include <linux/types.h>

struct dma_buf;
struct sa_region;

/**
 * sa_region_allocate() - makes a buffer, as the framework's behaviour asks
 * @region: whose pages it gets
 * @length: bytes, rounded up to whole pages
 * @flags: access mode of its descriptor
 *
 * Return: the buffer. Hardened: EINVAL for a length that no buffer has, ENOMEM where there is no
 * room. As posted: NULL for every failure.
 */
struct dma_buf *sa_region_allocate(struct sa_region *region, u64 length, u32 flags);

/* The same for another module's device, of a region by its number. */
struct dma_buf *sa_cma_allocate(unsigned int number, u64 length, u32 flags);

#endif
