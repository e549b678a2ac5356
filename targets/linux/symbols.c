// SPDX-License-Identifier: GPL-2.0-only
/*
 * Addresses of functions that are not exported. A probe that is set on a function by its name tells
 * where it is. A kernel without probes still tells which function an address is in: then all of its
 * code is walked through, beginning at a function that is exported.
 */
#include <linux/kallsyms.h>
#include <linux/kprobes.h>
#include <linux/printk.h>
#include <linux/string.h>

#include "symbols.h"

#ifdef CONFIG_X86_KERNEL_IBT
#include <asm/cpufeature.h>
#endif

bool sa_calls_are_guarded(void)
{
	if (IS_ENABLED(CONFIG_CFI_CLANG) || IS_ENABLED(CONFIG_CFI))
		return true;
#ifdef CONFIG_X86_KERNEL_IBT
	return cpu_feature_enabled(X86_FEATURE_IBT);
#else
	return false;
#endif
}

/*
 * In a kernel of Thumb-2 code a pointer to a function has bit 0 set, which says so to the
 * processor; its address, which the kernel's list of symbols and probes have, has not.
 */
#define THUMB_BIT	(IS_ENABLED(CONFIG_THUMB2_KERNEL) ? 1UL : 0UL)

static void *function_from(unsigned long address)
{
	return (void *)(address | THUMB_BIT);
}

#ifdef CONFIG_KPROBES

static void find_all(struct sa_symbol *symbols, unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++) {
		struct kprobe probe = { .symbol_name = symbols[i].name };

		if (register_kprobe(&probe))
			continue;
		symbols[i].address = function_from((unsigned long)probe.addr);
		unregister_kprobe(&probe);
	}
}

#else

/* Where the function that an address is in begins and ends, and its name; false where none is. */
static bool function_at(unsigned long at, unsigned long *start, unsigned long *end, char *text)
{
	unsigned long offset;
	unsigned long size;
	char *plus;

	sprint_symbol(text, at);
	plus = strrchr(text, '+');
	if (!plus || sscanf(plus, "+0x%lx/0x%lx", &offset, &size) != 2)
		return false;
	*plus = '\0';
	*start = at - offset;
	*end = *start + size;
	return size > offset;
}

static void compare(struct sa_symbol *symbols, unsigned int count, const char *name,
		    unsigned long start)
{
	unsigned int i;

	for (i = 0; i < count; i++) {
		if (!strcmp(symbols[i].name, name))
			symbols[i].address = function_from(start);
	}
}

static void find_all(struct sa_symbol *symbols, unsigned int count)
{
	unsigned long anchor = (unsigned long)_printk & ~THUMB_BIT;
	unsigned long start = anchor;
	unsigned long end = anchor;
	char text[KSYM_SYMBOL_LEN];

	while (function_at(start - 1, &start, &end, text))
		compare(symbols, count, text, start);
	end = anchor;
	while (function_at(end, &start, &end, text))
		compare(symbols, count, text, start);
}

#endif

bool sa_symbols_find(struct sa_symbol *symbols, unsigned int count)
{
	unsigned int i;

	find_all(symbols, count);
	for (i = 0; i < count; i++) {
		if (!symbols[i].address)
			return false;
	}
	return true;
}
