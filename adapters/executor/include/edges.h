/* SPDX-License-Identifier: MIT */
/*
 * Which edges of the kernel's code the calls of clients take: a pair of places, one executed right
 * after the other. Source: the kernel's Documentation/dev-tools/kcov.rst.
 */
#ifndef ALLOCERT_EDGES_H
#define ALLOCERT_EDGES_H

#include <stddef.h>
#include <stdint.h>

/* Tests have it elsewhere. */
#ifndef AC_KCOV_PATH
#define AC_KCOV_PATH "/sys/kernel/debug/kcov"
#endif
/* Edges are told apart by so many bits; of those of one driver few coincide. */
#define AC_EDGE_BITS 16
#define AC_EDGE_WORDS ((1u << AC_EDGE_BITS) / 64)

/* Whether this kernel traces the calls of a thread. */
int ac_edges_offered(void);
/*
 * Has the calls of all clients traced from the next Program on. The edges that were taken since it
 * was asked last go to `out`, a u16 each, ascending: their bytes, or -1 with errno.
 */
int64_t ac_edges_listing(uint8_t *out, size_t room);
/* Of a client's thread: before its operations, and after them if it ends. */
void ac_edges_begin(void);
void ac_edges_end(void);
/* Where the trace of this thread lies, or NULL: then the functions below do nothing. */
extern __thread uint64_t *ac_trace;
/* Around one system call. The trace of what lies between counts. */
void ac_edges_reset(void);
uint64_t ac_edges_traced(void);
void ac_edges_take(uint64_t traced);

#endif
