/* SPDX-License-Identifier: MIT */
/*
 * A coverage-guided fuzz of what the agent reads from a peer: frames, and the Programs in them.
 * The session, its frames, the check of Programs and the making of Histories are the agent's own;
 * instead of clients there is `walk`, which touches whatever clients would of a Program that passed
 * the check, and dies of anything that lies outside of it.
 *
 * The first byte of an input chooses whether a sound hello comes before the rest. `npm run fuzz:agent`
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../../adapters/executor/include/confine.h"
#include "../../../adapters/executor/include/executor.h"
#include "../../../adapters/executor/include/agent.h"

static int input = -1;

int ac_confine_nodes(void)
{
	return 0;
}

int ac_supervisor_begin(struct ac_supervisor *supervisor)
{
	supervisor->deaths = 0;
	return 0;
}

int ac_supervisor_clear(struct ac_supervisor *supervisor)
{
	(void)supervisor;
	return 0;
}

static void touch(const void *from, size_t bytes)
{
	const uint8_t *at = from;

	if (bytes > 0 && (at < ac_shared->program ||
			  at + bytes > ac_shared->program + ac_shared->program_bytes))
		abort();
}

static void walk_operation(uint32_t index)
{
	const struct ac_operation *operation = &ac_program_operations()[index];
	struct ac_result *result = &ac_shared->results[index];
	static uint8_t out[AC_OUT_BYTES_MAX];

	touch(operation, sizeof(*operation));
	touch(ac_program_data() + operation->data_offset, operation->data_length);
	if (operation->reserved0 > AC_STEPS_MAX ||
	    (uint64_t)index + 1 + operation->body > ac_program_head()->operations)
		abort();
	for (int i = 0; i < AC_OPERANDS_MAX; i++)
		ac_operand_value(&operation->operands[i], (uint64_t)index << 8);
	*result = (struct ac_result){ .outcome = (uint8_t)(operation->slot % 6), .value = -1 };
	result->out_length = operation->data_length % 128;
	ac_slot_store(operation, index, result, out);
	if (operation->code != AC_OP_REPEAT)
		ac_repeat_account(ac_step_of(operation), operation->code, result, out);
}

enum ac_run_end ac_supervisor_run(struct ac_supervisor *supervisor, int (*abandoned)(void *),
				  void *data)
{
	(void)abandoned;
	(void)data;
	memset(ac_shared->steps, 0, ac_shared->steps_used * sizeof(struct ac_step_state));
	atomic_store(&ac_shared->arena_used, 0);
	for (uint32_t i = 0; i < ac_program_head()->threads; i++) {
		const struct ac_thread *thread = &ac_program_threads()[i];

		touch(thread, sizeof(*thread));
		if (thread->client >= AC_CLIENTS_MAX)
			abort();
		for (uint32_t j = 0; j < thread->count; j++)
			walk_operation(thread->first + j);
	}
	supervisor->deadline_hit = 0;
	return AC_RUN_DONE;
}

static void put(const void *bytes, size_t count)
{
	if (write(input, bytes, count) != (ssize_t)count)
		abort();
}

static void put_hello(void)
{
	struct ac_frame frame = { .length = sizeof(struct ac_hello), .type = AC_FRAME_TYPE_HELLO };
	struct ac_hello hello = {
		.magic = AC_HELLO_MAGIC,
		.version = AC_WIRE_VERSION,
		.digest = AC_CONTRACT_DIGEST,
	};

	put(&frame, sizeof(frame));
	put(&hello, sizeof(hello));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct agent agent;

	if (input < 0) {
		input = memfd_create("input", 0);
		agent.in = input;
		agent.out = open("/dev/null", O_WRONLY);
		if (ac_shared_create() < 0)
			abort();
	}
	if (ftruncate(input, 0) < 0 || size == 0)
		return 0;
	lseek(input, 0, SEEK_SET);
	if (data[0] & 1)
		put_hello();
	put(data + 1, size - 1);
	lseek(input, 0, SEEK_SET);
	agent_serve(&agent);
	return 0;
}
