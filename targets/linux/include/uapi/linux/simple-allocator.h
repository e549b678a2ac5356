/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * The Simple Allocator's user interface: one ioctl on a region's device (/dev/cmaN, major 222)
 * that answers with the descriptor of a new dma-buf. The layout is that of RFC v2, 1/2.
 */
#ifndef _UAPI_LINUX_SIMPLE_ALLOCATOR_H
#define _UAPI_LINUX_SIMPLE_ALLOCATOR_H

#include <linux/ioctl.h>
#include <linux/types.h>

/**
 * struct simple_allocate_data - argument of SA_IOC_ALLOC, the same for 32 and 64 bits
 * @version: of this structure, 0
 * @length: in: bytes that are wanted, not 0; out: bytes of the buffer, whole pages
 * @flags: access mode (O_RDONLY, O_WRONLY, O_RDWR) and O_CLOEXEC of the new descriptor
 * @reserved1: 0
 * @fd: out: the new descriptor
 * @reserved2: 0
 */
struct simple_allocate_data {
	__u64 version;
	__u64 length;
	__u32 flags;
	__u32 reserved1;
	__s32 fd;
	__u32 reserved2;
};

#define SA_IOC_MAGIC	'S'

/* Allocates a buffer of the device's region. */
#define SA_IOC_ALLOC	_IOWR(SA_IOC_MAGIC, 0, struct simple_allocate_data)

#endif
