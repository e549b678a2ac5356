/* SPDX-License-Identifier: GPL-2.0-only */
/* Shared by the files of simple_allocator.ko. */
#ifndef SA_FRAMEWORK_H
#define SA_FRAMEWORK_H

#include "compat.h"
#include "sa_device.h"

#define SA_MAJOR	222
#define SA_MINORS	256
#define SA_NAME		"simple_allocator"

extern struct class sa_class;

/* One way to register allocators and to answer their callers. */
struct sa_behaviour {
	const char *name;
	int (*register_device)(struct sa_device *sadev);
	void (*unregister_device)(struct sa_device *sadev);
};

extern const struct sa_behaviour sa_hardened;
extern const struct sa_behaviour sa_rfc;

/* SA_IOC_ALLOC as kernel guidance asks. */
long sa_request(struct sa_node *node, unsigned int cmd, unsigned long arg);
/* A buffer of a node's allocator, or an ERR_PTR: -ENODEV once that is unregistered. */
struct dma_buf *sa_node_allocate(struct sa_node *node, u64 length, u32 flags);

#endif
