/* SPDX-License-Identifier: MIT */
/*
 * The memory that the supervisor and every client share. Clients are processes that a
 * case may kill, fork or replace by exec at any point, so whatever must outlive them lies here:
 * slots, results, the position of each thread, the state of each repeat. Nothing in it is a
 * pointer, because a client that went through exec maps it elsewhere.
 */
#ifndef ALLOCERT_SHARED_H
#define ALLOCERT_SHARED_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "allocert-vendor.h"
#include "edges.h"
#include "operations.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "records are little-endian");
_Static_assert(ATOMIC_INT_LOCK_FREE == 2, "processes share atomics, so these must be lock-free");

#define AC_CLIENTS_MAX 1024
#define AC_THREADS_MAX 64
#define AC_DEPTH_MAX 3
#define AC_OPERATIONS_MAX 262144
#define AC_STEPS_MAX 16384
#define AC_SLOT_OUT_BYTES 64
#define AC_REGIONS_MAX 256
#define AC_REGION_PATH_BYTES 256
/* The largest page of any machine: each part is mapped by itself. */
#define AC_PART_ALIGNMENT 65536
/* With results, summaries and log this keeps any History below AC_FRAME_BYTES_MAX. */
#define AC_OUT_ARENA_BYTES (24u << 20)

#define AC_OUTCOME_RETURNED 0
#define AC_OUTCOME_FAULTED 1
#define AC_OUTCOME_LOST 2
#define AC_OUTCOME_UNSUPPORTED 3
#define AC_OUTCOME_NOT_RUN 4
/* Only in shared memory: the call was made and has not come back. */
#define AC_OUTCOME_RUNNING 0xff

#define AC_RESULT_ZONE_BEFORE 1
#define AC_RESULT_ZONE_AFTER 2
#define AC_RESULT_RETURNED 4

#define AC_OPERAND_SIGNED 1
#define AC_OPERAND_INDEXED 2
#define AC_OPERATION_SLOT 1
#define AC_OPERATION_INDEXED 2

enum ac_client_state {
	AC_CLIENT_EMPTY = 0,
	AC_CLIENT_FORKING = 1,
	AC_CLIENT_ALIVE = 2,
	AC_CLIENT_DEAD = 3, /* and reaped */
};

struct ac_client {
	_Atomic uint32_t state; /* enum ac_client_state; a futex */
	_Atomic int32_t pid;
	_Atomic int32_t status; /* wait status, once dead */
	_Atomic uint32_t sequence; /* Program to run; a futex */
	_Atomic uint32_t done; /* Program that it has finished */
	_Atomic uint32_t asleep; /* it waits for the next Program in the kernel */
	_Atomic int32_t fork_error; /* errno of the fork that made or failed to make it */
	_Atomic uint32_t out_of_time; /* the supervisor killed it at the deadline */
	_Atomic int32_t between; /* process that made it, until it has been reaped; 0 afterwards */
};

/* A repeat that a thread is in. */
struct ac_loop {
	uint32_t operation; /* index of the repeat */
	uint32_t end; /* index after its body */
	uint64_t iteration;
	uint64_t times;
};

/* Where a thread is: enough to go on after exec, and to tell what its death interrupted. */
struct ac_thread_state {
	uint32_t position;
	uint32_t depth;
	_Atomic uint32_t returned; /* operations that came back: while they do, nothing hangs */
	struct ac_loop loops[AC_DEPTH_MAX];
};

struct ac_slot {
	int64_t value;
	uint32_t out_length;
	uint32_t filled;
	uint8_t out[AC_SLOT_OUT_BYTES];
};

struct ac_step_anomaly {
	struct ac_anomaly head;
	struct ac_result result;
};

/* What one operation of a repeat's body did so far; the last result is in the results array. */
struct ac_step_state {
	struct ac_step counts;
	uint64_t runs;
	struct ac_result first;
	struct ac_failure failures[AC_STEP_FAILURES_MAX];
	struct ac_step_anomaly anomalies[AC_STEP_ANOMALIES_MAX];
	uint32_t out_offset; /* arena space that the last result's out bytes reuse */
	uint32_t out_capacity;
};

struct ac_barrier {
	_Atomic uint32_t arrived;
	_Atomic uint32_t generation; /* a futex */
};

/*
 * What a thread asks for, where it may not look itself: the frames of pages of its own. The kernel
 * may keep the process that looks for so long that the question is forgotten by then: an answer
 * counts only while the number of its question is there.
 */
struct ac_frames {
	_Atomic uint32_t state; /* number of the question * 8 + enum ac_frames_phase; a futex */
	int32_t error; /* errno, or 0 */
	uint32_t pages; /* asked for, then found */
	uint64_t address;
	uint64_t entries[AC_OUT_BYTES_MAX / sizeof(uint64_t)];
};

enum ac_frames_phase {
	AC_FRAMES_IDLE = 0,
	AC_FRAMES_ASKED = 1,
	AC_FRAMES_TAKEN = 2, /* somebody looks */
	AC_FRAMES_ANSWERED = 3, /* the answer is being written */
	AC_FRAMES_THERE = 4,
};

#define AC_FRAMES_PHASES 8u

static inline uint32_t ac_frames_phase(uint32_t state)
{
	return state % AC_FRAMES_PHASES;
}

/* The same question in another phase. */
static inline uint32_t ac_frames_in(uint32_t state, enum ac_frames_phase phase)
{
	return state - ac_frames_phase(state) + (uint32_t)phase;
}

/* The next question. */
static inline uint32_t ac_frames_next(uint32_t state, enum ac_frames_phase phase)
{
	return ac_frames_in(state + AC_FRAMES_PHASES, phase);
}

/*
 * Two parts in one piece. Control is the supervisor's: clients see it and cannot write to it,
 * whatever a Program makes them do. Data are everybody's, and the supervisor believes none of them.
 */
struct ac_shared {
	int32_t supervisor; /* process id */
	int32_t control; /* its descriptor of this part, for reading */
	int32_t data; /* its descriptor of the other */
	int32_t oom_score_adj; /* what clients start with */
	int32_t embedded; /* the supervisor is a part of another program */
	int32_t confined; /* enum ac_confined */
	int32_t group; /* of all clients of this case, or 0 */
	int32_t adopts; /* whether orphaned clients become the supervisor's */
	int32_t nursery; /* process that first clients are forked from, or 0: the supervisor */
	int32_t nursery_socket; /* where the supervisor asks it for one */
	uint32_t slowness; /* tenths; 10 for a machine as fast as most, more for a slower one */
	uint32_t regions;
	uint32_t sequence; /* of the Program that runs or ran last */
	uint32_t gate_expected;
	uint32_t program_bytes;
	uint32_t steps_used;
	char executable[4096]; /* what exec replaces a client by */
	char library_path[4096]; /* of a vendor's library, or empty */
	_Alignas(64) uint8_t library_state[ALLOCERT_VENDOR_STATE_BYTES];
	char region_paths[AC_REGIONS_MAX][AC_REGION_PATH_BYTES];
	_Alignas(64) uint8_t program[AC_FRAME_BYTES_MAX];

	/* The data start here: a futex that the supervisor sleeps on. */
	_Alignas(AC_PART_ALIGNMENT) _Atomic uint32_t event;
	_Atomic uint32_t event_awaited; /* it sleeps */
	_Atomic int32_t keeper; /* of who holds both parts for clients that exec */
	_Atomic uint32_t gate_open; /* futex that threads start at */
	_Atomic uint32_t gate_arrived;
	_Atomic uint32_t arena_used;
	_Atomic uint32_t slots_top; /* slots at and above it were never written */
	struct ac_barrier barriers[AC_THREADS_MAX + 1]; /* by number of parties */
	struct ac_thread_state threads[AC_THREADS_MAX];
	struct ac_client clients[AC_CLIENTS_MAX];
	struct ac_slot slots[AC_SLOTS_MAX];
	struct ac_step_state steps[AC_STEPS_MAX];
	struct ac_result results[AC_OPERATIONS_MAX];
	struct ac_frames frames[AC_THREADS_MAX];
	_Atomic uint32_t traced; /* whether clients tell which edges they take */
	_Atomic uint64_t edges[AC_EDGE_WORDS]; /* a bit for each that was taken */
	_Alignas(64) uint8_t arena[AC_OUT_ARENA_BYTES];
};

#define AC_CONTROL_BYTES offsetof(struct ac_shared, event)
#define AC_DATA_BYTES (sizeof(struct ac_shared) - AC_CONTROL_BYTES)

/*
 * Of the executor that this thread works for: an addon in a host with several threads holds
 * several.
 */
extern __thread struct ac_shared *ac_shared;

/* How far clients are confined. */
enum ac_confined {
	AC_CONFINED_NOT = 0, /* a guest is thrown away as a whole */
	AC_CONFINED_FILTER = 1, /* system calls are filtered */
	AC_CONFINED_NAMESPACES = 2, /* also processes, files and network of their own */
};

/* 0, or -1 with errno. */
int ac_shared_create(void);
void ac_shared_close(struct ac_shared *shared);
/* In a client: control can be read from now on, and never be written again. */
int ac_shared_protect(void);
/* In a client after exec. */
int ac_shared_map(int control, int data);

uint64_t ac_now_ns(void);
/*
 * Returns when *word is not `value` any more, at a wake-up, a signal, or after timeout_ns (0:
 * never).
 */
void ac_futex_wait(_Atomic uint32_t *word, uint32_t value, uint64_t timeout_ns);
void ac_futex_wake_all(_Atomic uint32_t *word);
/*
 * As ac_futex_wait, but looks at the word for a while first, as long as that pays: a process on
 * another processor is done sooner than this one would be asleep and awake again. Whoever changes
 * the word wakes the kernel's sleepers only while *asleep says that there is one.
 */
void ac_await_change(_Atomic uint32_t *word, uint32_t value, uint64_t timeout_ns,
		     _Atomic uint32_t *asleep);
void ac_wake_sleeper(_Atomic uint32_t *word, _Atomic uint32_t *asleep);
/* Tells the supervisor that something happened. */
void ac_notify_supervisor(void);
/* Offset of `bytes` fresh bytes of the arena, 8-aligned, or -1 when it is full. */
int64_t ac_arena_allocate(uint32_t bytes);

#endif
