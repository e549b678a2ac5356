/* SPDX-License-Identifier: MIT */
/* A vendor's library in the place of the kernel, for the calls that it makes itself. */
#ifndef ALLOCERT_EXECUTOR_VENDOR_H
#define ALLOCERT_EXECUTOR_VENDOR_H

#include "allocert-vendor.h"

/* NULL without a library. */
extern __thread const struct allocert_vendor *ac_vendor;

/* The library's call when it makes that one and does not pass, else the kernel's. */
#define AC_CALL(call, kernel, ...)                                             \
	({                                                                     \
		int64_t value_ = ALLOCERT_PASS;                                \
		if (ac_vendor != NULL && ac_vendor->call != NULL)              \
			value_ = ac_vendor->call(__VA_ARGS__);                 \
		value_ == ALLOCERT_PASS ? (int64_t)(kernel) : value_;          \
	})

/* Loads a library: NULL, or a sentence that says what is wrong. */
const char *ac_vendor_load(const char *path);
/* Starts it, before there are clients; as ac_vendor_load. */
const char *ac_vendor_start(void);
/* Both in the nursery, for an embedded supervisor that only reads the table; as ac_vendor_load. */
const char *ac_vendor_load_first(uint8_t *state);
/* Such a sentence of the nursery, kept for this thread. */
const char *ac_vendor_said(const char *sentence);
/* In a client after exec; as ac_vendor_load. */
const char *ac_vendor_load_again(void);

#endif
