/* SPDX-License-Identifier: MIT */
/*
 * Nothing of a Program is believed before it passed here: it came over a wire. What is merely
 * pointless (a placement that cannot be made, an unknown code) is left to the operation, which then
 * says `unsupported`; what would lead the executor outside of its own memory is refused.
 */
#include "../include/program.h"

static const char *check_operand(const struct ac_operand *operand)
{
	if (operand->kind > 2)
		return "the Program has an operand of unknown kind";
	if (operand->kind == 0)
		return NULL;
	if (operand->slot >= AC_SLOTS_MAX)
		return "the Program refers to a slot out of range";
	if (operand->kind == 2 && operand->width != 1 && operand->width != 2 &&
	    operand->width != 4 && operand->width != 8)
		return "the Program refers to a field of impossible width";
	return NULL;
}

static const char *check_operation(const struct ac_operation *operation, uint32_t data_bytes)
{
	if (operation->data_offset > data_bytes ||
	    operation->data_length > data_bytes - operation->data_offset)
		return "the Program has an operation whose data lie outside of it";
	if ((operation->flags & AC_OPERATION_SLOT) && operation->slot >= AC_SLOTS_MAX)
		return "the Program puts a result into a slot out of range";
	if (operation->placement > AC_PLACEMENT_FLIPPED)
		return "the Program has an unknown placement";
	if (operation->body != 0 && operation->code != AC_OP_REPEAT)
		return "the Program has a body on an operation that repeats nothing";
	for (int i = 0; i < AC_OPERANDS_MAX; i++) {
		const char *wrong = check_operand(&operation->operands[i]);

		if (wrong != NULL)
			return wrong;
	}
	return NULL;
}

/* Walks one thread's operations; `ends` are the ends of the repeats around the current one. */
static const char *check_thread(const struct ac_thread *thread, uint32_t *steps)
{
	struct ac_operation *operations = ac_program_operations();
	uint32_t ends[AC_DEPTH_MAX];
	uint32_t end = thread->first + thread->count;
	int depth = 0;

	for (uint32_t i = thread->first; i < end; i++) {
		struct ac_operation *operation = &operations[i];
		const char *wrong = check_operation(operation, ac_program_head()->data_bytes);

		if (wrong != NULL)
			return wrong;
		while (depth > 0 && ends[depth - 1] == i)
			depth--;
		operation->reserved0 = 0;
		if (depth > 0) {
			if (*steps == AC_STEPS_MAX)
				return "the Program repeats more operations than there is room for";
			operation->reserved0 = ++*steps;
		}
		if (operation->body == 0)
			continue;
		if (operation->body > (depth > 0 ? ends[depth - 1] : end) - i - 1)
			return "the Program has a repeat whose body does not end where it must";
		if (depth == AC_DEPTH_MAX)
			return "the Program nests repeats more than 3 deep";
		ends[depth++] = i + 1 + operation->body;
	}
	return NULL;
}

static const char *check_head(void)
{
	const struct ac_program *head = ac_program_head();
	uint64_t bytes = ac_shared->program_bytes;

	if (bytes < sizeof(*head) || head->magic != AC_PROGRAM_MAGIC)
		return "the bytes are not a Program";
	if (head->version != AC_WIRE_VERSION)
		return "the Program has another version than the agent";
	if (head->threads > AC_THREADS_MAX)
		return "the Program has more than 64 threads";
	if (head->operations > AC_OPERATIONS_MAX)
		return "the Program has more operations than the agent has room for";
	if (head->deadline_ms == 0)
		return "the Program has no deadline";
	if (bytes != sizeof(*head) + (uint64_t)head->threads * sizeof(struct ac_thread) +
			     (uint64_t)head->operations * sizeof(struct ac_operation) +
			     head->data_bytes)
		return "the Program is not as long as it says";
	return NULL;
}

const char *ac_program_check(void)
{
	const char *wrong = check_head();
	uint32_t next = 0;

	if (wrong != NULL)
		return wrong;
	ac_shared->steps_used = 0;
	for (unsigned i = 0; i < ac_program_head()->threads; i++) {
		const struct ac_thread *thread = &ac_program_threads()[i];

		if (thread->client >= AC_CLIENTS_MAX)
			return "the Program names a client out of range";
		if (thread->first != next || thread->count > ac_program_head()->operations - next)
			return "the Program has threads that do not follow one another";
		next += thread->count;
		wrong = check_thread(thread, &ac_shared->steps_used);
		if (wrong != NULL)
			return wrong;
	}
	if (next != ac_program_head()->operations)
		return "the Program has operations that belong to no thread";
	return NULL;
}
