/* SPDX-License-Identifier: MIT */
/* One operation: its interval, its errno, and which function does it. */
#include "../include/edges.h"
#include "../include/executor.h"
#include "../include/faults.h"

static const struct {
	void (*make)(struct ac_call *call);
	int hands_out_bytes;
} operations[] = {
#define AC_ROW(constant, name, hands_out_bytes) [constant] = { ac_op_##name, hands_out_bytes },
	AC_CALLS(AC_ROW)
#undef AC_ROW
};

/* Until it ends, whoever looks at the shared record sees a call that has not come back. */
void ac_call_begin(struct ac_call *call)
{
	call->record->outcome = AC_OUTCOME_RUNNING;
	call->record->call_ns = ac_now_ns();
	call->result.call_ns = call->record->call_ns;
	if (ac_fault_wanted != 0)
		ac_faults_arm();
	if (ac_trace != NULL)
		ac_edges_reset();
	atomic_signal_fence(memory_order_seq_cst);
}

static void call_returned(struct ac_call *call, unsigned outcome)
{
	uint64_t traced = ac_trace == NULL ? 0 : ac_edges_traced();

	if (ac_fault_wanted != 0)
		ac_faults_disarm();
	call->result.return_ns = ac_now_ns();
	call->result.outcome = (uint8_t)outcome;
	call->result.flags |= AC_RESULT_RETURNED;
	if (traced > 0)
		ac_edges_take(traced);
}

void ac_call_end(struct ac_call *call, int64_t value)
{
	int error = errno;

	call_returned(call, AC_OUTCOME_RETURNED);
	call->result.value = value;
	if (value == -1)
		call->result.error = ac_errno_on_wire(error);
}

void ac_call_fault(struct ac_call *call, int signal, uint64_t offset)
{
	call_returned(call, AC_OUTCOME_FAULTED);
	call->result.value = -1;
	call->result.signal = (uint32_t)signal;
	call->result.fault_offset = offset;
}

/*
 * Several results per operation may be kept (first, last, anomalies), for every thread at once.
 * What finds no room is not run: a result that says `returned` has all of its bytes.
 */
static int arena_has_room(void)
{
	uint64_t most = 4u * (uint64_t)AC_OUT_BYTES_MAX * ac_program_head()->threads;

	return atomic_load(&ac_shared->arena_used) + most <= AC_OUT_ARENA_BYTES;
}

void ac_call_make(struct ac_call *call)
{
	unsigned code = call->operation->code;

	call->data = ac_program_data() + call->operation->data_offset;
	call->out_length = 0;
	call->result = (struct ac_result){ .outcome = AC_OUTCOME_UNSUPPORTED, .value = -1 };
	if (code < sizeof(operations) / sizeof(operations[0]) && operations[code].make != NULL) {
		if (operations[code].hands_out_bytes && !arena_has_room()) {
			call->result.outcome = AC_OUTCOME_NOT_RUN;
			return;
		}
		operations[code].make(call);
	}
	/* No call was made, so no clock was read. */
	if (call->result.outcome == AC_OUTCOME_UNSUPPORTED)
		call->result.call_ns = ac_now_ns();
}
