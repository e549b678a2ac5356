/* SPDX-License-Identifier: GPL-2.0-only */
/* Addresses of the kernel's functions that it does not export. */
#ifndef SA_SYMBOLS_H
#define SA_SYMBOLS_H

#include <linux/types.h>

/**
 * struct sa_symbol - a function of the kernel
 * @name: in its symbol table
 * @address: NULL where there is no such function
 */
struct sa_symbol {
	const char *name;
	void *address;
};

/*
 * Whether this machine lets indirect calls go only to functions that are meant for it: those whose
 * addresses are looked up need not be.
 */
bool sa_calls_are_guarded(void);
/* Whether all of them have been found. */
bool sa_symbols_find(struct sa_symbol *symbols, unsigned int count);

#endif
