/* SPDX-License-Identifier: MIT */
/* What the parts of a client share: a thread's private room, a call under way, every operation. */
#ifndef ALLOCERT_EXECUTOR_H
#define ALLOCERT_EXECUTOR_H

#include <errno.h>
#include <stddef.h>
#include <sys/types.h>

#include "program.h"
#include "vendor.h"

#define AC_ARGUMENT_BYTES_MAX 16384
#define AC_ZONE_BYTES 64

/* What a thread needs beside the shared memory. Private: each client has its own. */
struct ac_context {
	uint32_t client;
	uint32_t thread; /* index in the Program */
	struct ac_shared *shared; /* what its thread works on */
	const struct allocert_vendor *vendor;
	uint8_t *out; /* AC_OUT_BYTES_MAX bytes */
	uint8_t *pages; /* where ioctl arguments are placed; NULL until one is needed */
};

/* One operation under way. */
struct ac_call {
	struct ac_context *context;
	const struct ac_operation *operation;
	const uint8_t *data;
	uint64_t arguments[AC_OPERANDS_MAX];
	struct ac_result *record; /* in shared memory, for the supervisor */
	struct ac_result result;
	uint32_t out_length; /* bytes in context->out */
};

/* Around every system call, as close as can be. */
void ac_call_begin(struct ac_call *call);
void ac_call_end(struct ac_call *call, int64_t value); /* -1: errno holds why */
void ac_call_fault(struct ac_call *call, int signal, uint64_t offset);
/* Resolves operands and does one operation that is not repeat. */
void ac_call_make(struct ac_call *call);

/* permitted.c: whether a case may; what it may not is EPERM */
int ac_may_open(uint64_t flags);
int ac_may_fcntl(uint64_t command, uint64_t value);
int ac_may_ioctl(uint64_t request);
int ac_may_reach(pid_t pid); /* else errno says why not */
int ac_may_see_memory(void); /* the same */
void ac_call_refuse(struct ac_call *call);

/* operand.c */
uint64_t ac_operand_value(const struct ac_operand *operand, uint64_t iteration);
/* Of an operation with AC_OPERATION_SLOT. */
void ac_slot_store(const struct ac_operation *operation, uint64_t iteration,
		   const struct ac_result *result, const uint8_t *out);

/* interpreter.c */
void ac_thread_run(struct ac_context *context);
/* After exec: the call that replaced the image has succeeded. */
void ac_thread_resume(struct ac_context *context);

/* The result of a call whose effect is unknown. */
static inline struct ac_result ac_result_lost(uint64_t call_ns)
{
	return (struct ac_result){
		.outcome = AC_OUTCOME_LOST,
		.value = -1,
		.call_ns = call_ns,
	};
}

/* repeat.c */
/* The innermost, or NULL. */
static inline struct ac_loop *ac_loop_of(struct ac_thread_state *state)
{
	return state->depth == 0 ? NULL : &state->loops[state->depth - 1];
}
void ac_repeat_account(struct ac_step_state *step, unsigned code, struct ac_result *result,
		       const uint8_t *out);
int ac_repeat_stops(const struct ac_loop *loop, uint32_t index, const struct ac_result *result);

/* client.c */
struct ac_context *ac_context_open(uint32_t index);
/* The life of a client; none of these returns. */
void ac_client_main(void) __attribute__((noreturn));
void ac_client_forked(uint32_t client) __attribute__((noreturn));
int ac_client_resume(int argc, char **argv);
/* As open(2) with O_CLOEXEC, also when the soft limit on descriptors is used up. */
int ac_open_own(const char *path, int flags);
/* Descriptors of both parts of shared memory, or -1 each. */
struct ac_kept {
	int control;
	int data;
};
/* 0, or -1 with errno. */
int ac_reopen_shared(struct ac_kept *parts);
void ac_keep_shared(void);
/* What the executor keeps open in this client. */
extern struct ac_kept ac_kept;
void ac_die_with_supervisor(void);

/* clients.c: the soft limit on descriptors that exec lifted */
void ac_descriptor_limit_back(unsigned long long soft);

/* inspect.c: the node of the Simple Allocator's major with that minor, as sysfs names it */
const char *ac_node_path(unsigned minor, char *path, size_t size);
/* The devices of the Simple Allocator's class, a line each; bytes, or -1 with errno. */
int64_t ac_class_listing(uint8_t *out, size_t size);
/* The areas of CMA and how many pages of each are taken, a line each; bytes, or -1 with errno. */
int64_t ac_area_listing(uint8_t *out, size_t size);

/* guard.c: faults become results */
void ac_guard_install(void);

/* placement.c */
struct ac_place {
	uint8_t *argument; /* what the system call is given, however hostile */
	uint32_t length;
	uint32_t present; /* bytes that lie in memory of ours and can be read back */
	uint8_t *mapped_end; /* red zones end here at the latest */
	int unmapped; /* the page at mapped_end was taken away */
	int is_protected; /* pages of ours have another protection than between calls */
};
/* 0, or -1 when the placement cannot be made here. */
int ac_place_argument(struct ac_call *call, struct ac_place *place);
/* Makes everything readable again, checks red zones, copies the argument to the out bytes. */
void ac_take_argument(struct ac_call *call, const struct ac_place *place);

/* flip.c: a thread that keeps changing a field while a call runs */
struct ac_flip;
/* NULL when no thread could be started. */
struct ac_flip *ac_flip_start(uint8_t *field, unsigned width, uint64_t value);
void ac_flip_stop(struct ac_flip *flip);

/* One function an operation, in the file of its group. */
#define AC_PROTOTYPE(constant, name, hands_out_bytes) void ac_op_##name(struct ac_call *call);
AC_CALLS(AC_PROTOTYPE)
#undef AC_PROTOTYPE

#endif
