/* SPDX-License-Identifier: MIT */
/* One operation: its interval, its errno, and which function does it. */
#include "../include/executor.h"

typedef void operation_function(struct ac_call *call);

static operation_function *const functions[] = {
	[AC_OP_OPEN] = ac_op_open,
	[AC_OP_CLOSE] = ac_op_close,
	[AC_OP_IOCTL] = ac_op_ioctl,
	[AC_OP_DUP] = ac_op_dup,
	[AC_OP_DUP2] = ac_op_dup2,
	[AC_OP_DUP3] = ac_op_dup3,
	[AC_OP_FCNTL] = ac_op_fcntl,
	[AC_OP_FSTAT] = ac_op_fstat,
	[AC_OP_LSEEK] = ac_op_lseek,
	[AC_OP_PREAD] = ac_op_pread,
	[AC_OP_PWRITE] = ac_op_pwrite,
	[AC_OP_POLL] = ac_op_poll,
	[AC_OP_MMAP] = ac_op_mmap,
	[AC_OP_MUNMAP] = ac_op_munmap,
	[AC_OP_MPROTECT] = ac_op_mprotect,
	[AC_OP_MREMAP] = ac_op_mremap,
	[AC_OP_LOAD] = ac_op_load,
	[AC_OP_STORE] = ac_op_store,
	[AC_OP_SCAN] = ac_op_scan,
	[AC_OP_FORK] = ac_op_fork,
	[AC_OP_EXEC] = ac_op_exec,
	[AC_OP_WAIT] = ac_op_wait,
	[AC_OP_EXIT] = ac_op_exit,
	[AC_OP_KILL] = ac_op_kill,
	[AC_OP_SOCKETPAIR] = ac_op_socketpair,
	[AC_OP_SENDFD] = ac_op_sendfd,
	[AC_OP_RECVFD] = ac_op_recvfd,
	[AC_OP_MEMFD] = ac_op_memfd,
	[AC_OP_READLINK] = ac_op_readlink,
	[AC_OP_READFILE] = ac_op_readfile,
	[AC_OP_SETRLIMIT] = ac_op_setrlimit,
	[AC_OP_SETUID] = ac_op_setuid,
	[AC_OP_ITIMER] = ac_op_itimer,
	[AC_OP_BARRIER] = ac_op_barrier,
	[AC_OP_SLEEP] = ac_op_sleep,
	[AC_OP_DESCRIPTORS] = ac_op_descriptors,
	[AC_OP_REOPEN] = ac_op_reopen,
	[AC_OP_FTRUNCATE] = ac_op_ftruncate,
	[AC_OP_FRAMES] = ac_op_frames,
	[AC_OP_PEEK] = ac_op_peek,
};

/* Until it ends, whoever looks at the shared record sees a call that has not come back. */
void ac_call_begin(struct ac_call *call)
{
	call->record->outcome = AC_OUTCOME_RUNNING;
	call->record->call_ns = ac_now_ns();
	call->result.call_ns = call->record->call_ns;
	atomic_signal_fence(memory_order_seq_cst);
}

static void call_returned(struct ac_call *call, unsigned outcome)
{
	call->result.return_ns = ac_now_ns();
	call->result.outcome = (uint8_t)outcome;
	call->result.flags |= AC_RESULT_RETURNED;
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

/* Several results per operation may be kept (first, last, anomalies), for every thread at once. */
static int arena_has_room(void)
{
	uint64_t most = 4u * (uint64_t)AC_OUT_BYTES_MAX * ac_program_head()->threads;

	return atomic_load(&ac_shared->arena_used) + most <= AC_OUT_ARENA_BYTES;
}

static int gives_bytes(unsigned code)
{
	switch (code) {
	case AC_OP_IOCTL:
	case AC_OP_FSTAT:
	case AC_OP_PREAD:
	case AC_OP_LOAD:
	case AC_OP_SCAN:
	case AC_OP_SOCKETPAIR:
	case AC_OP_READLINK:
	case AC_OP_READFILE:
	case AC_OP_DESCRIPTORS:
		return 1;
	default:
		return 0;
	}
}

void ac_call_make(struct ac_call *call)
{
	unsigned code = call->operation->code;

	call->data = ac_program_data() + call->operation->data_offset;
	call->out_length = 0;
	call->result = (struct ac_result){
		.outcome = AC_OUTCOME_UNSUPPORTED,
		.value = -1,
		.call_ns = ac_now_ns(),
	};
	if (code >= sizeof(functions) / sizeof(functions[0]) || functions[code] == NULL)
		return;
	if (gives_bytes(code) && !arena_has_room())
		return;
	functions[code](call);
}
