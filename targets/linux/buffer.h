/* SPDX-License-Identifier: GPL-2.0-only */
/* Buffers of a region, as dma-bufs. */
#ifndef SA_BUFFER_H
#define SA_BUFFER_H

#include "region.h"

/**
 * struct sa_buffer - a run of a region's pages that is exported
 * @region: whose pages they are
 * @first: of the pages
 * @count: of the pages
 * @lock: of everything below
 * @attachments: of devices that imported the buffer
 * @address: where the kernel has it mapped, while somebody asked for that
 * @mappers: how many did
 */
struct sa_buffer {
	struct sa_region *region;
	struct page *first;
	unsigned long count;
	struct mutex lock;
	struct list_head attachments;
	void *address;
	unsigned int mappers;
};

/* Exports pages, which go back to their region with the buffer, or here when it fails. */
struct dma_buf *sa_buffer_export(struct sa_region *region, struct page *first, unsigned long count,
				 u32 flags);

#endif
