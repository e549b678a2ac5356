/* SPDX-License-Identifier: MIT */
/*
 * Mappings. Calls go to the kernel as they are; libc's wrappers reject some arguments themselves.
 */
#include "../include/executor.h"

#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The kernel's own mmap, with an offset that was found to fit. */
static long kernel_mmap(const uint64_t *arguments)
{
#ifdef SYS_mmap2
	return syscall(SYS_mmap2, 0L, (long)arguments[0], (long)arguments[1], (long)arguments[2],
		       (long)arguments[3], (long)(arguments[4] / 4096));
#else
	return syscall(SYS_mmap, 0L, (long)arguments[0], (long)arguments[1], (long)arguments[2],
		       (long)arguments[3], (long)arguments[4]);
#endif
}

static void *pointer(uint64_t address)
{
	return (void *)(uintptr_t)address;
}

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
	const uint64_t *at = call->arguments;

	if (!fits(at[0]))
		return;
#ifdef SYS_mmap2
	/* It counts offsets in units of 4096, so that it cannot be asked for any other. */
	if (at[4] % 4096 != 0 || !fits(at[4] / 4096))
		return;
#endif
	ac_call_begin(call);
	end_with_address(call, (long)AC_CALL(mmap, kernel_mmap(at), NULL, at[0], (int)at[1],
					     (int)at[2], (int)at[3], at[4]));
}

void ac_op_munmap(struct ac_call *call)
{
	uint64_t address = call->arguments[0] + call->arguments[2];
	uint64_t length = call->arguments[1];

	if (!fits(address) || !fits(length))
		return;
	ac_call_begin(call);
	ac_call_end(call, AC_CALL(munmap, syscall(SYS_munmap, (long)address, (long)length),
				  pointer(address), length));
}

void ac_op_mprotect(struct ac_call *call)
{
	uint64_t address = call->arguments[0] + call->arguments[3];

	if (!fits(address) || !fits(call->arguments[1]))
		return;
	ac_call_begin(call);
	ac_call_end(call, AC_CALL(mprotect,
				  syscall(SYS_mprotect, (long)address, (long)call->arguments[1],
					  (long)call->arguments[2]),
				  pointer(address), call->arguments[1], (int)call->arguments[2]));
}

/* A library in the kernel's place maps memory of this kernel, which is who takes the advice. */
void ac_op_madvise(struct ac_call *call)
{
	uint64_t address = call->arguments[0] + call->arguments[3];

	if (!fits(address) || !fits(call->arguments[1]))
		return;
	ac_call_begin(call);
	ac_call_end(call, syscall(SYS_madvise, (long)address, (long)call->arguments[1],
				  (long)call->arguments[2]));
}

void ac_op_mremap(struct ac_call *call)
{
	const uint64_t *at = call->arguments;

	if (!fits(call->arguments[0]) || !fits(call->arguments[1]) || !fits(call->arguments[2]))
		return;
	ac_call_begin(call);
	end_with_address(call, (long)AC_CALL(mremap,
					     syscall(SYS_mremap, (long)at[0], (long)at[1],
						     (long)at[2], (long)at[3], 0L),
					     pointer(at[0]), at[1], at[2], (int)at[3]));
}
