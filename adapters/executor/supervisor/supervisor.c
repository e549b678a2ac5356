/* SPDX-License-Identifier: MIT */
/*
 * The process that outlives every client. It never touches the target: it makes clients, hands them
 * Programs through shared memory, reaps them, and ends them when their time is up.
 */
#define _GNU_SOURCE
#include "../include/supervisor.h"

#include "../include/executor.h"
#include "../include/nursery.h"
#include "../include/patience.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define MILLISECOND 1000000u
/* How often somebody who hung up is noticed while a Program runs. */
#define ASK_NS (250ull * MILLISECOND)
/*
 * How often deaths are looked for where their signal belongs to somebody else: ever more rarely, so
 * that a long Program has the processors for itself.
 */
#define LOOK_NS (MILLISECOND / 20)
#define LOOK_NS_MAX (8ull * MILLISECOND)
/* How often those that are to go are killed, whom a signal tells of. */
#define KILL_AGAIN_NS (20ull * MILLISECOND)

/* Only then do thread states and results belong to the Program in shared memory. */
static __thread int running;

static void note_death(struct ac_supervisor *supervisor, uint32_t client, int status)
{
	struct ac_client *control = &ac_shared->clients[client];
	struct ac_death *death = &supervisor->death[supervisor->deaths];

	if (supervisor->deaths < AC_DEATHS_MAX) {
		*death = (struct ac_death){
			.client = client,
			.signal = WIFSIGNALED(status) ? (uint32_t)WTERMSIG(status) : 0,
			.status = WIFEXITED(status) ? WEXITSTATUS(status) : 0,
			.reason = atomic_load(&control->out_of_time),
		};
		supervisor->deaths++;
	}
	atomic_store(&control->status, status);
	atomic_store(&control->state, AC_CLIENT_DEAD);
	ac_futex_wake_all(&control->state);
}

/* What the client's threads were in. An exit that came is a success, and this is when it came. */
static void settle_exits(uint32_t client, int status)
{
	for (uint32_t i = 0; WIFEXITED(status) && i < ac_program_head()->threads; i++) {
		/* Read once: clients may write to it. */
		uint32_t index = *(volatile uint32_t *)&ac_shared->threads[i].position;
		struct ac_result *result;

		if (ac_program_threads()[i].client != client ||
		    index >= ac_program_head()->operations ||
		    ac_program_operations()[index].code != AC_OP_EXIT)
			continue;
		result = &ac_shared->results[index];
		if (result->outcome != AC_OUTCOME_RUNNING)
			continue;
		*result = (struct ac_result){
			.outcome = AC_OUTCOME_RETURNED,
			.flags = AC_RESULT_RETURNED,
			.call_ns = result->call_ns,
			.return_ns = ac_now_ns(),
		};
	}
}

/*
 * Reaps whoever is dead. Processes between a client and its child have no number and are skipped.
 */
static int reap_all(struct ac_supervisor *supervisor)
{
	pid_t whose = -(pid_t)ac_shared->group;
	int status;
	pid_t pid;

	if (ac_shared->group == 0)
		return 0;
	while ((pid = waitpid(whose, &status, WNOHANG)) > 0) {
		for (uint32_t i = 0; i < AC_CLIENTS_MAX; i++) {
			struct ac_client *control = &ac_shared->clients[i];

			if (atomic_load(&control->state) != AC_CLIENT_ALIVE ||
			    atomic_load(&control->pid) != pid)
				continue;
			if (running)
				settle_exits(i, status);
			note_death(supervisor, i, status);
			/* Nobody waits for a thread that will not come. */
			atomic_store(&ac_shared->gate_open, 1);
			ac_futex_wake_all(&ac_shared->gate_open);
			break;
		}
	}
	return pid < 0 && errno == ECHILD ? 0 : 1;
}

int ac_is_client(pid_t pid)
{
	siginfo_t info;

	return pid > 0 && waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
	       getpgid(pid) == (pid_t)ac_shared->group;
}

/* Numbers that clients wrote down are not believed: who is no child of ours is not ours to kill. */
static void kill_client(struct ac_client *control)
{
	pid_t pid = (pid_t)atomic_load(&control->pid);

	if (atomic_load(&control->state) == AC_CLIENT_ALIVE && ac_is_client(pid))
		kill(pid, SIGKILL);
}

static int stuck(struct ac_supervisor *supervisor, uint32_t client)
{
	snprintf(supervisor->refusal, sizeof(supervisor->refusal),
		 "client %u does not die: process %d is stuck in the kernel", client,
		 (int)atomic_load(&ac_shared->clients[client].pid));
	return -1;
}

static int first_alive(void)
{
	for (int i = 0; i < AC_CLIENTS_MAX; i++) {
		if (atomic_load(&ac_shared->clients[i].state) == AC_CLIENT_ALIVE)
			return i;
	}
	return 0;
}

static uint64_t slice_of(uint64_t waited, uint64_t most)
{
	uint64_t slice = waited / 8;

	if (!ac_shared->embedded)
		return most;
	if (slice < LOOK_NS)
		return LOOK_NS;
	return slice < LOOK_NS_MAX ? slice : LOOK_NS_MAX;
}

int ac_supervisor_clear(struct ac_supervisor *supervisor)
{
	uint64_t start = ac_now_ns();
	uint64_t limit = start + ac_death_ns(supervisor->damaged);

	for (;;) {
		uint32_t event = atomic_load(&ac_shared->event);
		uint64_t now = ac_now_ns();

		if (!reap_all(supervisor)) {
			ac_shared->group = 0;
			return 0;
		}
		/*
		 * All of them, whatever they say of themselves, and again and again: a child may
		 * just be coming into the world. The group is theirs while one of them is there.
		 */
		kill(-(pid_t)ac_shared->group, SIGKILL);
		if (now > limit)
			return stuck(supervisor, (uint32_t)first_alive());
		ac_futex_wait(&ac_shared->event, event, slice_of(now - start, KILL_AGAIN_NS));
	}
}

int ac_supervisor_begin(struct ac_supervisor *supervisor)
{
	struct ac_client *control = &ac_shared->clients[0];
	uint32_t top = atomic_load(&ac_shared->slots_top);
	pid_t pid;

	if (ac_supervisor_clear(supervisor) < 0)
		return -1;
	top = top < AC_SLOTS_MAX ? top : AC_SLOTS_MAX;
	memset(ac_shared->clients, 0, sizeof(ac_shared->clients));
	memset(ac_shared->slots, 0, top * sizeof(struct ac_slot));
	atomic_store(&ac_shared->slots_top, 0);
	atomic_store(&ac_shared->traced, 0);
	memset(ac_shared->edges, 0, sizeof(ac_shared->edges));
	supervisor->deaths = 0;
	atomic_store(&control->sequence, ac_shared->sequence);
	atomic_store(&control->done, ac_shared->sequence);
	pid = ac_shared->embedded ? ac_nursery_bear() : fork();
	if (pid == 0)
		ac_client_main();
	if (pid < 0) {
		snprintf(supervisor->refusal, sizeof(supervisor->refusal),
			 "no client could be started: %s", strerror(errno));
		return -1;
	}
	setpgid(pid, pid);
	ac_shared->group = (int32_t)pid;
	atomic_store(&control->pid, (int32_t)pid);
	atomic_store(&control->state, AC_CLIENT_ALIVE);
	return 0;
}

static void prepare(void)
{
	const struct ac_program *head = ac_program_head();

	memset(ac_shared->threads, 0, head->threads * sizeof(ac_shared->threads[0]));
	memset(ac_shared->barriers, 0, sizeof(ac_shared->barriers));
	memset(ac_shared->steps, 0, ac_shared->steps_used * sizeof(struct ac_step_state));
	for (uint32_t i = 0; i < head->operations; i++)
		ac_shared->results[i] = (struct ac_result){
			.outcome = AC_OUTCOME_NOT_RUN,
			.value = -1,
		};
	atomic_store(&ac_shared->arena_used, 0);
	atomic_store(&ac_shared->gate_open, 0);
	atomic_store(&ac_shared->gate_arrived, 0);
	ac_shared->gate_expected = 0;
	ac_shared->sequence++;
	for (uint32_t i = 0; i < head->threads; i++) {
		const struct ac_thread *thread = &ac_program_threads()[i];
		struct ac_client *control = &ac_shared->clients[thread->client];

		ac_shared->threads[i].position = thread->first;
		ac_frames_forget(i);
		if (atomic_load(&control->state) == AC_CLIENT_ALIVE)
			ac_shared->gate_expected++;
	}
}

/* Also once more: what a client says of itself may be wrong, and it must not miss its start. */
static void start_clients(void)
{
	for (uint32_t i = 0; i < ac_program_head()->threads; i++) {
		struct ac_client *control = &ac_shared->clients[ac_program_threads()[i].client];

		if (atomic_exchange(&control->sequence, ac_shared->sequence) ==
		    ac_shared->sequence)
			ac_futex_wake_all(&control->sequence);
		else
			ac_wake_sleeper(&control->sequence, &control->asleep);
	}
}

/* A client with a thread of the Program that still runs, or -1. */
static int first_running(void)
{
	for (uint32_t i = 0; i < ac_program_head()->threads; i++) {
		uint32_t client = ac_program_threads()[i].client;
		struct ac_client *control = &ac_shared->clients[client];

		if (atomic_load(&control->state) == AC_CLIENT_ALIVE &&
		    atomic_load(&control->done) != ac_shared->sequence)
			return (int)client;
	}
	return -1;
}

static void end_running(void)
{
	for (uint32_t i = 0; i < ac_program_head()->threads; i++) {
		struct ac_client *control = &ac_shared->clients[ac_program_threads()[i].client];

		if (atomic_load(&control->state) != AC_CLIENT_ALIVE ||
		    atomic_load(&control->done) == ac_shared->sequence)
			continue;
		atomic_store(&control->out_of_time, 1);
		kill_client(control);
	}
}

static enum ac_run_end wait_for_clients(struct ac_supervisor *supervisor,
					int (*abandoned)(void *), void *data)
{
	uint64_t start = ac_now_ns();
	struct ac_patience patience;
	uint64_t limit = 0; /* for clients to die, once they have been killed */
	int waited = 0;

	ac_patience_start(&patience, start);
	for (;;) {
		uint32_t event = atomic_load(&ac_shared->event);
		uint64_t now = ac_now_ns();
		uint64_t next;
		uint64_t slice;

		reap_all(supervisor);
		if (first_running() < 0)
			return AC_RUN_DONE;
		if (limit != 0 && now >= limit) {
			stuck(supervisor, (uint32_t)first_running());
			return AC_RUN_STUCK;
		}
		if (limit == 0 && ac_patience_ended(&patience, now, supervisor->damaged)) {
			supervisor->deadline_hit = 1;
			supervisor->progressing = now < patience.hung;
			limit = now + ac_death_ns(supervisor->damaged);
		}
		if (limit != 0)
			end_running();
		ac_frames_serve();
		if (waited && abandoned(data))
			return AC_RUN_ABANDONED;
		next = limit != 0 ? limit : patience.hung;
		slice = slice_of(now - start, ASK_NS);
		slice = next - now < slice ? next - now : slice;
		ac_await_change(&ac_shared->event, event, slice, &ac_shared->event_awaited);
		if (atomic_load(&ac_shared->event) == event)
			start_clients();
		waited = 1;
	}
}

enum ac_run_end ac_supervisor_run(struct ac_supervisor *supervisor, int (*abandoned)(void *),
				  void *data)
{
	enum ac_run_end end;

	supervisor->deadline_hit = 0;
	supervisor->progressing = 0;
	reap_all(supervisor);
	prepare();
	running = 1;
	start_clients();
	end = wait_for_clients(supervisor, abandoned, data);
	running = 0;
	return end;
}
