/* SPDX-License-Identifier: MIT */
/*
 * Runs one thread of a Program. Its position and its loops lie in shared memory, not on the stack:
 * a client that goes through exec goes on where it was, and of one that dies the supervisor still
 * knows what it had done.
 */
#include "../include/executor.h"

static struct ac_thread_state *state_of(const struct ac_context *context)
{
	return &ac_shared->threads[context->thread];
}

static uint64_t iteration_of(struct ac_thread_state *state)
{
	const struct ac_loop *loop = ac_loop_of(state);

	return loop == NULL ? 0 : loop->iteration;
}

/* Publishes a result: to its slot, to the counts of the repeat around it, to the supervisor. */
static void publish(struct ac_call *call, struct ac_thread_state *state)
{
	const struct ac_operation *operation = call->operation;
	uint32_t returned;
	uint8_t outcome;

	call->result.out_length = call->out_length;
	if (operation->flags & AC_OPERATION_SLOT)
		ac_slot_store(operation, iteration_of(state), &call->result, call->context->out);
	ac_repeat_account(ac_step_of(operation), operation->code, &call->result,
			  call->context->out);
	outcome = call->result.outcome;
	/* The outcome last: until it is there the record says that the call is running. */
	call->result.outcome = AC_OUTCOME_RUNNING;
	*call->record = call->result;
	atomic_thread_fence(memory_order_release);
	call->result.outcome = outcome;
	call->record->outcome = outcome;
	/* Only this thread writes it, so that no other waits for the cache line. */
	returned = atomic_load_explicit(&state->returned, memory_order_relaxed);
	atomic_store_explicit(&state->returned, returned + 1, memory_order_relaxed);
}

static void finish_loop(struct ac_context *context, uint64_t iterations);

/* Moves past the operation at `index`, which has published its result. */
static void move_on(struct ac_context *context, uint32_t index, const struct ac_result *result)
{
	struct ac_thread_state *state = state_of(context);
	struct ac_loop *loop = ac_loop_of(state);

	state->position = index + 1 + ac_program_operations()[index].body;
	if (loop == NULL)
		return;
	if (ac_repeat_stops(loop, index, result)) {
		int whole = state->position == loop->end &&
			    result->outcome == AC_OUTCOME_RETURNED && result->error == 0;

		finish_loop(context, loop->iteration + (whole ? 1 : 0));
		return;
	}
	if (state->position != loop->end)
		return;
	loop->iteration++;
	if (loop->iteration < loop->times)
		state->position = loop->operation + 1;
	else
		finish_loop(context, loop->iteration);
}

static void finish_loop(struct ac_context *context, uint64_t iterations)
{
	struct ac_thread_state *state = state_of(context);
	uint32_t index = ac_loop_of(state)->operation;
	struct ac_call call = {
		.context = context,
		.operation = &ac_program_operations()[index],
		.record = &ac_shared->results[index],
	};

	state->depth--;
	call.result.call_ns = call.record->call_ns;
	errno = 0;
	ac_call_end(&call, (int64_t)iterations);
	publish(&call, state);
	move_on(context, index, &call.result);
}

static void enter_loop(struct ac_context *context, uint32_t index)
{
	struct ac_thread_state *state = state_of(context);
	const struct ac_operation *operation = &ac_program_operations()[index];
	struct ac_call call = { .context = context, .record = &ac_shared->results[index] };
	uint64_t times = ac_operand_value(&operation->operands[0], iteration_of(state));
	struct ac_loop *loop;

	ac_call_begin(&call);
	loop = &state->loops[state->depth];
	*loop = (struct ac_loop){
		.operation = index,
		.end = index + 1 + operation->body,
		.times = times,
	};
	state->position = index + 1;
	state->depth++;
	if (times == 0 || operation->body == 0)
		finish_loop(context, times);
}

static void step(struct ac_context *context)
{
	struct ac_thread_state *state = state_of(context);
	uint32_t index = state->position;
	/* What is left out here is set below and in ac_call_make: clearing it first costs more. */
	struct ac_call call;

	call.context = context;
	call.operation = &ac_program_operations()[index];
	call.record = &ac_shared->results[index];
	if (call.operation->code == AC_OP_REPEAT) {
		enter_loop(context, index);
		return;
	}
	for (int i = 0; i < AC_OPERANDS_MAX; i++) {
		const struct ac_operand *operand = &call.operation->operands[i];

		/* Most are literals. */
		call.arguments[i] = operand->kind == 0
					    ? operand->value
					    : ac_operand_value(operand, iteration_of(state));
	}
	ac_call_make(&call);
	publish(&call, state);
	move_on(context, index, &call.result);
}

void ac_thread_run(struct ac_context *context)
{
	const struct ac_thread *thread = &ac_program_threads()[context->thread];
	struct ac_thread_state *state = state_of(context);

	while (state->depth > 0 || state->position < thread->first + thread->count)
		step(context);
}

void ac_thread_resume(struct ac_context *context)
{
	struct ac_thread_state *state = state_of(context);
	uint32_t index = state->position;
	struct ac_call call = {
		.context = context,
		.operation = &ac_program_operations()[index],
		.record = &ac_shared->results[index],
	};

	call.result.call_ns = call.record->call_ns;
	ac_call_end(&call, 0);
	publish(&call, state);
	move_on(context, index, &call.result);
	ac_thread_run(context);
}
