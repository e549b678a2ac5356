/* SPDX-License-Identifier: MIT */
/*
 * What the kernel's tracepoints count of dma-bufs (Linux 7.0 and newer). Each event has an instance
 * of the tracer to itself, whose statistics then count the event, also what no longer fits into its
 * buffer.
 */
#ifndef ALLOCERT_TRACED_H
#define ALLOCERT_TRACED_H

#include <stddef.h>
#include <stdint.h>

/* Tests have it elsewhere. */
#ifndef AC_TRACING
#define AC_TRACING "/sys/kernel/tracing"
#endif
#define AC_TRACED_INSTANCE AC_TRACING "/instances/allocert-"
#define AC_TRACED_COUNT 4

/* include/trace/events/dma_buf.h: references are made, given to a descriptor, taken, put. */
extern const char *const ac_traced[AC_TRACED_COUNT];

/* agent/tracing.c, of a guest's init: starts to count, where this kernel can. */
void ac_traced_prepare(void);
/* Whether it counts. */
int ac_traced_offered(void);
/*
 * `EVENT COUNT` of each, a line each, and `lost COUNT` of what was not counted: the length, or -1
 * with errno.
 */
int64_t ac_traced_counts(uint8_t *out, size_t room);

#endif
