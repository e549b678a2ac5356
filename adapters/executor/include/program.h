/* SPDX-License-Identifier: MIT */
/* Programs: the check that lets one in, and the views that everything reads it by afterwards. */
#ifndef ALLOCERT_PROGRAM_H
#define ALLOCERT_PROGRAM_H

#include "shared.h"

/*
 * Checks the Program of ac_shared->program_bytes in shared memory and numbers the operations inside
 * repeats: reserved0 of each becomes the index of its step state plus 1, elsewhere it is 0. Returns
 * NULL when it is sound, or a sentence that says what is wrong.
 */
const char *ac_program_check(void);

static inline const struct ac_program *ac_program_head(void)
{
	return (const struct ac_program *)ac_shared->program;
}

static inline const struct ac_thread *ac_program_threads(void)
{
	return (const struct ac_thread *)(ac_shared->program + sizeof(struct ac_program));
}

static inline struct ac_operation *ac_program_operations(void)
{
	size_t before = ac_program_head()->threads * sizeof(struct ac_thread);

	return (struct ac_operation *)(ac_shared->program + sizeof(struct ac_program) + before);
}

static inline const uint8_t *ac_program_data(void)
{
	return (const uint8_t *)(ac_program_operations() + ac_program_head()->operations);
}

/* NULL for an operation that no repeat holds. */
static inline struct ac_step_state *ac_step_of(const struct ac_operation *operation)
{
	uint32_t number = operation->reserved0;

	return number == 0 || number > AC_STEPS_MAX ? NULL : &ac_shared->steps[number - 1];
}

#endif
