/* SPDX-License-Identifier: MIT */
/*
 * Mappings. Calls go to the kernel as they are; libc's wrappers reject some arguments themselves.
 */
#include "executor.h"

#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* On 32-bit machines an argument above 4 GiB cannot be said; cutting it would be another call. */
static int fits(uint64_t argument)
{
	return argument <= UINTPTR_MAX || (int64_t)argument == (int64_t)(intptr_t)argument;
}

static void end_with_address(struct ac_call *call, long value)
{
	ac_call_end(call, value == -1 ? -1 : (int64_t)(unsigned long)value);
}

void ac_op_mmap(struct ac_call *call)
{
	uint64_t offset = call->arguments[4];
	long value;

	if (!fits(call->arguments[0]))
		return;
#ifdef SYS_mmap2
	/* It counts offsets in units of 4096, so that it cannot be asked for any other. */
	if (offset % 4096 != 0 || !fits(offset / 4096))
		return;
	ac_call_begin(call);
	value = syscall(SYS_mmap2, 0L, (long)call->arguments[0], (long)call->arguments[1],
			(long)call->arguments[2], (long)call->arguments[3],
			(long)(offset / 4096));
#else
	ac_call_begin(call);
	value = syscall(SYS_mmap, 0L, (long)call->arguments[0], (long)call->arguments[1],
			(long)call->arguments[2], (long)call->arguments[3], (long)offset);
#endif
	end_with_address(call, value);
}

void ac_op_munmap(struct ac_call *call)
{
	uint64_t address = call->arguments[0] + call->arguments[2];

	if (!fits(address) || !fits(call->arguments[1]))
		return;
	ac_call_begin(call);
	ac_call_end(call, syscall(SYS_munmap, (long)address, (long)call->arguments[1]));
}

void ac_op_mprotect(struct ac_call *call)
{
	uint64_t address = call->arguments[0] + call->arguments[3];

	if (!fits(address) || !fits(call->arguments[1]))
		return;
	ac_call_begin(call);
	ac_call_end(call, syscall(SYS_mprotect, (long)address, (long)call->arguments[1],
				  (long)call->arguments[2]));
}

void ac_op_mremap(struct ac_call *call)
{
	long value;

	if (!fits(call->arguments[0]) || !fits(call->arguments[1]) || !fits(call->arguments[2]))
		return;
	ac_call_begin(call);
	value = syscall(SYS_mremap, (long)call->arguments[0], (long)call->arguments[1],
			(long)call->arguments[2], (long)call->arguments[3], 0L);
	end_with_address(call, value);
}
