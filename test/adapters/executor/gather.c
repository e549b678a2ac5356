/* SPDX-License-Identifier: MIT */
/* Says of some Programs whether they get every processor: those in which something can race. */
#include "../../../adapters/executor/client/gather.c"

#include <stdio.h>
#include <sys/mman.h>

_Thread_local struct ac_shared *ac_shared;

/* Two operations a thread, with these codes; the last one's argument is placed so. */
static const char *verdict(uint32_t threads, uint16_t first, uint16_t second, uint8_t placement)
{
	struct ac_program *head = (struct ac_program *)(void *)ac_shared->program;

	head->threads = threads;
	head->operations = 2 * threads;
	for (uint32_t i = 0; i < threads; i++) {
		struct ac_thread thread = { .first = 2 * i, .count = 2 };

		memcpy((void *)(uintptr_t)&ac_program_threads()[i], &thread, sizeof(thread));
	}
	for (uint32_t i = 0; i < head->operations; i++) {
		struct ac_operation *operation = &ac_program_operations()[i];

		memset(operation, 0, sizeof(*operation));
		operation->code = i % 2 == 0 ? first : second;
		operation->placement = i + 1 == head->operations ? placement : 0;
	}
	is_gathered = -1;
	ac_gather_for_program();
	return is_gathered == 1 ? "one" : is_gathered == 0 ? "all" : "as it was";
}

int main(void)
{
	ac_shared = mmap(NULL, sizeof(*ac_shared), PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (ac_shared == MAP_FAILED)
		return 2;
	printf("elsewhere: %s\n", verdict(1, AC_OP_IOCTL, AC_OP_CLOSE, 0));
	ac_shared->gathers = 1;
	printf("one thread: %s\n", verdict(1, AC_OP_IOCTL, AC_OP_CLOSE, 0));
	printf("two threads: %s\n", verdict(2, AC_OP_IOCTL, AC_OP_CLOSE, 0));
	printf("lists: %s\n", verdict(2, AC_OP_DESCRIPTORS, AC_OP_DESCRIPTORS, 0));
	printf("an argument that changes: %s\n",
	       verdict(1, AC_OP_CLOSE, AC_OP_IOCTL, AC_PLACEMENT_FLIPPED));
	return 0;
}
