/* SPDX-License-Identifier: MIT */
/*
 * Operations that make and end clients. A fork's child is made by a process in between that ends at
 * once, so that the child belongs to the supervisor: it alone reaps clients, and learns of every
 * death.
 */
#include "../include/executor.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Also of a client without privileges: raising the score is allowed to everybody. */
static void raise_oom_score(void)
{
	int descriptor = ac_open_own("/proc/self/oom_score_adj", O_WRONLY);

	if (descriptor < 0)
		return;
	/* Where it is refused the child is merely not preferred. */
	(void)!write(descriptor, "1000", 4);
	close(descriptor);
}

/*
 * A process that ends gives its children to another before it sends them the signal that they asked
 * for: a child that asks as soon as it has another parent can still be killed. Once the process has
 * been reaped, all of that lies behind it.
 */
static void go_on_as_child(uint32_t client, pid_t between)
{
	struct ac_client *control = &ac_shared->clients[client];

	atomic_store(&control->pid, (int32_t)getpid());
	/* The client that forked reaps and says so; if it dies first, the supervisor reaps. */
	while (atomic_load(&control->between) != 0 && kill(between, 0) == 0)
		sched_yield();
	ac_client_forked(client);
}

/*
 * In the process between. The child inherits the score from it, so that it has it from the start.
 */
static void fork_again(uint32_t client, int sacrificial)
{
	struct ac_client *control = &ac_shared->clients[client];
	pid_t between = getpid();
	pid_t child;

	if (sacrificial)
		raise_oom_score();
	atomic_store(&control->sequence, ac_shared->sequence);
	atomic_store(&control->done, ac_shared->sequence);
	atomic_store(&control->between, (int32_t)between);
	child = fork();
	if (child == 0)
		go_on_as_child(client, between);
	if (child < 0) {
		atomic_store(&control->fork_error, errno);
		_exit(1);
	}
	atomic_store(&control->pid, (int32_t)child);
	atomic_store(&control->state, AC_CLIENT_ALIVE);
	_exit(0);
}

static int claim(struct ac_client *control)
{
	uint32_t state = AC_CLIENT_EMPTY;

	if (atomic_compare_exchange_strong(&control->state, &state, AC_CLIENT_FORKING))
		return 0;
	state = AC_CLIENT_DEAD;
	if (atomic_compare_exchange_strong(&control->state, &state, AC_CLIENT_FORKING))
		return 0;
	return -1;
}

static pid_t reap(pid_t between)
{
	int status;
	pid_t reaped;

	do {
		reaped = waitpid(between, &status, 0);
	} while (reaped < 0 && errno == EINTR);
	return reaped;
}

/* The child's process id, or -1 with errno. */
static int64_t fork_client(struct ac_client *control, uint32_t client, int sacrificial)
{
	pid_t between = fork();

	if (between == 0)
		fork_again(client, sacrificial);
	if (between > 0) {
		reap(between);
		atomic_store(&control->between, 0);
		if (atomic_load(&control->pid) != 0 && atomic_load(&control->fork_error) == 0)
			return atomic_load(&control->pid);
		errno = atomic_load(&control->fork_error);
		if (errno == 0)
			errno = EAGAIN;
	}
	atomic_store(&control->state, AC_CLIENT_EMPTY);
	return -1;
}

void ac_op_fork(struct ac_call *call)
{
	uint64_t client = call->arguments[0];
	struct ac_client *control;

	if (client >= AC_CLIENTS_MAX || !ac_shared->adopts)
		return;
	control = &ac_shared->clients[client];
	ac_call_begin(call);
	if (claim(control) < 0) {
		errno = EEXIST;
		ac_call_end(call, -1);
		return;
	}
	atomic_store(&control->pid, 0);
	atomic_store(&control->fork_error, 0);
	atomic_store(&control->out_of_time, 0);
	ac_call_end(call, fork_client(control, (uint32_t)client, call->arguments[1] != 0));
}

/*
 * A new image may have to load libraries before it is itself: it starts with the hard limit on
 * descriptors and takes the soft one back. Lifting it is allowed to everybody.
 */
static rlim_t lift_descriptor_limit(void)
{
	struct rlimit limit, most;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return 0;
	most = limit;
	most.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &most);
	return limit.rlim_cur;
}

void ac_descriptor_limit_back(unsigned long long soft)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	limit.rlim_cur = (rlim_t)soft;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static void let_through(const struct ac_kept *parts, int flags)
{
	fcntl(parts->control, F_SETFD, flags);
	fcntl(parts->data, F_SETFD, flags);
}

/* Timers survive exec but handlers do not: signals wait until the new image has its own. */
static int replace_image(const struct ac_context *context, const struct ac_kept *parts, int kept)
{
	sigset_t all, before;
	char numbers[4][16];
	char soft[24];
	char *arguments[] = { "allocert", "--resume", numbers[0], numbers[1], numbers[2],
			      numbers[3], kept ? "1" : "0", soft, NULL };
	char *environment[] = { NULL };
	rlim_t limit;
	int error;

	snprintf(numbers[0], sizeof(numbers[0]), "%d", parts->control);
	snprintf(numbers[1], sizeof(numbers[1]), "%d", parts->data);
	snprintf(numbers[2], sizeof(numbers[2]), "%u", context->client);
	snprintf(numbers[3], sizeof(numbers[3]), "%u", context->thread);
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	limit = lift_descriptor_limit();
	snprintf(soft, sizeof(soft), "%llu", (unsigned long long)limit);
	execve(ac_shared->executable, arguments, environment);
	error = errno;
	ac_descriptor_limit_back(limit);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return error;
}

void ac_op_exec(struct ac_call *call)
{
	struct ac_kept parts = ac_kept;
	int kept = parts.control >= 0;
	int error;

	ac_call_begin(call);
	if (!kept && ac_reopen_shared(&parts) < 0) {
		ac_call_end(call, -1);
		return;
	}
	let_through(&parts, 0);
	error = replace_image(call->context, &parts, kept);
	if (kept) {
		let_through(&parts, FD_CLOEXEC);
	} else {
		close(parts.control);
		close(parts.data);
	}
	errno = error;
	ac_call_end(call, -1);
}

void ac_op_wait(struct ac_call *call)
{
	uint64_t client = call->arguments[0];
	struct ac_client *control;
	uint32_t state;

	if (client >= AC_CLIENTS_MAX)
		return;
	control = &ac_shared->clients[client];
	ac_call_begin(call);
	while ((state = atomic_load(&control->state)) != AC_CLIENT_DEAD) {
		if (state == AC_CLIENT_EMPTY || client == call->context->client) {
			errno = state == AC_CLIENT_EMPTY ? ECHILD : EDEADLK;
			ac_call_end(call, -1);
			return;
		}
		ac_futex_wait(&control->state, state, 0);
	}
	ac_call_end(call, atomic_load(&control->status));
}

/* Its result is the supervisor's to write: it sees the end, and when it was. */
void ac_op_exit(struct ac_call *call)
{
	ac_call_begin(call);
	_exit((int)call->arguments[0]);
}

void ac_op_kill(struct ac_call *call)
{
	uint64_t client = call->arguments[0];
	struct ac_client *control;
	pid_t pid;

	if (client >= AC_CLIENTS_MAX)
		return;
	control = &ac_shared->clients[client];
	ac_call_begin(call);
	if (atomic_load(&control->state) != AC_CLIENT_ALIVE) {
		errno = ESRCH;
		ac_call_end(call, -1);
		return;
	}
	pid = (pid_t)atomic_load(&control->pid);
	ac_call_end(call, ac_may_reach(pid)
				  ? syscall(SYS_kill, (long)pid, (long)call->arguments[1])
				  : -1);
}
