// SPDX-License-Identifier: GPL-2.0-only
/*
 * The dma-buf of a buffer. Programs and the kernel see its pages through caches, as any memory;
 * devices that are not coherent are told at begin and end of each access by the processor.
 */
#include <linux/dma-mapping.h>
#include <linux/highmem.h>
#include <linux/iosys-map.h>
#include <linux/mm.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "buffer.h"
#include "hooks.h"

/* An entry of a scatterlist counts its bytes in 32 bits. */
#define ENTRY_PAGES	(SZ_1G / PAGE_SIZE)

struct attachment {
	struct list_head entry;
	struct device *dev;
	struct sg_table table;
	bool mapped;
	enum dma_data_direction direction; /* of the mapping */
};

/*
 * What was cleared may still be in a cache. It must be in memory before a device writes a part of
 * it, and of a mapping for writing alone the cache may just be dropped.
 */
static enum dma_data_direction with_clearing(enum dma_data_direction direction)
{
	return direction == DMA_FROM_DEVICE ? DMA_BIDIRECTIONAL : direction;
}

static int fill_table(struct sg_table *table, const struct sa_buffer *buffer)
{
	struct scatterlist *sg;
	unsigned long done = 0;
	int ret;
	int i;

	ret = sg_alloc_table(table, DIV_ROUND_UP(buffer->count, ENTRY_PAGES), GFP_KERNEL);
	if (ret)
		return ret;
	for_each_sgtable_sg(table, sg, i) {
		unsigned long pages = min(buffer->count - done, ENTRY_PAGES);

		sg_set_page(sg, sa_page(buffer->first, done), pages << PAGE_SHIFT, 0);
		done += pages;
	}
	return 0;
}

static int attach(struct dma_buf *dmabuf, struct dma_buf_attachment *attachment)
{
	struct sa_buffer *buffer = dmabuf->priv;
	struct attachment *own = kzalloc(sizeof(*own), GFP_KERNEL);
	int ret;

	if (!own)
		return -ENOMEM;
	ret = fill_table(&own->table, buffer);
	if (ret) {
		kfree(own);
		return ret;
	}
	own->dev = attachment->dev;
	attachment->priv = own;
	mutex_lock(&buffer->lock);
	list_add(&own->entry, &buffer->attachments);
	mutex_unlock(&buffer->lock);
	return 0;
}

static void detach(struct dma_buf *dmabuf, struct dma_buf_attachment *attachment)
{
	struct sa_buffer *buffer = dmabuf->priv;
	struct attachment *own = attachment->priv;

	mutex_lock(&buffer->lock);
	list_del(&own->entry);
	mutex_unlock(&buffer->lock);
	sg_free_table(&own->table);
	kfree(own);
}

static struct sg_table *map_for_device(struct dma_buf_attachment *attachment,
				       enum dma_data_direction direction)
{
	struct sa_buffer *buffer = attachment->dmabuf->priv;
	struct attachment *own = attachment->priv;
	int ret;

	mutex_lock(&buffer->lock);
	own->direction = with_clearing(direction);
	ret = dma_map_sgtable(own->dev, &own->table, own->direction, 0);
	own->mapped = !ret;
	mutex_unlock(&buffer->lock);
	return ret ? ERR_PTR(ret) : &own->table;
}

static void unmap_for_device(struct dma_buf_attachment *attachment, struct sg_table *table,
			     enum dma_data_direction direction)
{
	struct sa_buffer *buffer = attachment->dmabuf->priv;
	struct attachment *own = attachment->priv;

	mutex_lock(&buffer->lock);
	own->mapped = false;
	dma_unmap_sgtable(own->dev, table, own->direction, 0);
	mutex_unlock(&buffer->lock);
}

static int begin_cpu_access(struct dma_buf *dmabuf, enum dma_data_direction direction)
{
	struct sa_buffer *buffer = dmabuf->priv;
	struct attachment *one;

	mutex_lock(&buffer->lock);
	if (buffer->address)
		invalidate_kernel_vmap_range(buffer->address, dmabuf->size);
	list_for_each_entry(one, &buffer->attachments, entry) {
		if (one->mapped)
			dma_sync_sgtable_for_cpu(one->dev, &one->table, one->direction);
	}
	mutex_unlock(&buffer->lock);
	return 0;
}

static int end_cpu_access(struct dma_buf *dmabuf, enum dma_data_direction direction)
{
	struct sa_buffer *buffer = dmabuf->priv;
	struct attachment *one;

	mutex_lock(&buffer->lock);
	if (buffer->address)
		flush_kernel_vmap_range(buffer->address, dmabuf->size);
	list_for_each_entry(one, &buffer->attachments, entry) {
		if (one->mapped)
			dma_sync_sgtable_for_device(one->dev, &one->table, one->direction);
	}
	mutex_unlock(&buffer->lock);
	return 0;
}

/*
 * A private mapping of frames is refused: x86 kernels before 6.16 fail each fork() after a page of
 * it was copied, and its line in /proc/PID/maps shows the frame. The posted code allows it.
 */
static int map_for_program(struct dma_buf *dmabuf, struct vm_area_struct *vma)
{
	struct sa_buffer *buffer = dmabuf->priv;
	unsigned long count = hook_mappable(buffer->count);
	unsigned long first = hook_first_mapped(vma->vm_pgoff);

	if (simple_allocator_is_hardened() && !(vma->vm_flags & VM_MAYSHARE))
		return -EINVAL;
	if (vma->vm_pgoff >= count || vma_pages(vma) > count - vma->vm_pgoff)
		return -EINVAL;
	return remap_pfn_range(vma, vma->vm_start, page_to_pfn(buffer->first) + first,
			       vma->vm_end - vma->vm_start, vma->vm_page_prot);
}

static void *map_pages(const struct sa_buffer *buffer)
{
	struct page **pages = kvmalloc_array(buffer->count, sizeof(*pages), GFP_KERNEL);
	unsigned long i;
	void *address;

	if (!pages)
		return NULL;
	for (i = 0; i < buffer->count; i++)
		pages[i] = sa_page(buffer->first, i);
	address = vmap(pages, buffer->count, VM_MAP, PAGE_KERNEL);
	kvfree(pages);
	return address;
}

static int map_for_kernel(struct dma_buf *dmabuf, struct iosys_map *map)
{
	struct sa_buffer *buffer = dmabuf->priv;
	int ret = 0;

	mutex_lock(&buffer->lock);
	if (!buffer->address)
		buffer->address = map_pages(buffer);
	if (buffer->address) {
		buffer->mappers++;
		iosys_map_set_vaddr(map, buffer->address);
	} else {
		ret = -ENOMEM;
	}
	mutex_unlock(&buffer->lock);
	return ret;
}

static void unmap_for_kernel(struct dma_buf *dmabuf, struct iosys_map *map)
{
	struct sa_buffer *buffer = dmabuf->priv;

	mutex_lock(&buffer->lock);
	if (!--buffer->mappers) {
		vunmap(buffer->address);
		buffer->address = NULL;
	}
	mutex_unlock(&buffer->lock);
	iosys_map_clear(map);
}

static void release(struct dma_buf *dmabuf)
{
	struct sa_buffer *buffer = dmabuf->priv;

	sa_region_give(buffer->region, buffer->first,
		       hook_freed(buffer->region, buffer->first, buffer->count));
	kfree(buffer);
}

static const struct dma_buf_ops buffer_ops = {
	.attach = attach,
	.detach = detach,
	.map_dma_buf = map_for_device,
	.unmap_dma_buf = unmap_for_device,
	.begin_cpu_access = begin_cpu_access,
	.end_cpu_access = end_cpu_access,
	.mmap = map_for_program,
	.vmap = map_for_kernel,
	.vunmap = unmap_for_kernel,
	.release = release,
};

struct dma_buf *sa_buffer_export(struct sa_region *region, struct page *first, unsigned long count,
				 u32 flags)
{
	struct sa_buffer *buffer = kzalloc(sizeof(*buffer), GFP_KERNEL);
	DEFINE_DMA_BUF_EXPORT_INFO(info);
	struct dma_buf *dmabuf = ERR_PTR(-ENOMEM);

	if (buffer) {
		buffer->region = region;
		buffer->first = first;
		buffer->count = count;
		mutex_init(&buffer->lock);
		INIT_LIST_HEAD(&buffer->attachments);
		info.ops = &buffer_ops;
		info.size = (size_t)count << PAGE_SHIFT;
		info.flags = flags;
		info.priv = buffer;
		dmabuf = dma_buf_export(&info);
	}
	if (IS_ERR(dmabuf)) {
		if (hook_gives_back(region, first, count))
			sa_region_give(region, first, count);
		kfree(buffer);
	}
	return dmabuf;
}
