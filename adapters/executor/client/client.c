/* SPDX-License-Identifier: MIT */
/*
 * The life of a client: it waits for a Program, runs the threads of it that are its own, and says
 * when it is done. In between it is idle. It keeps no descriptor open, so that a case sees a
 * process with nothing but 0, 1 and 2.
 */
#define _GNU_SOURCE
#include "../include/confine.h"
#include "../include/edges.h"
#include "../include/executor.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

struct ac_kept ac_kept = { -1, -1 };

/* Where the keeper has both parts of shared memory. */
#define KEPT_CONTROL 3
#define KEPT_DATA 4

static struct ac_context contexts[AC_THREADS_MAX];
static uint32_t self;

struct ac_context *ac_context_open(uint32_t index)
{
	struct ac_context *context = &contexts[index];
	void *out;

	context->client = self;
	context->shared = ac_shared;
	context->vendor = ac_vendor;
	if (context->out == NULL) {
		out = mmap(NULL, AC_OUT_BYTES_MAX, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (out == MAP_FAILED)
			return NULL;
		context->out = out;
	}
	return context;
}

int ac_open_own(const char *path, int flags)
{
	int descriptor = open(path, flags | O_CLOEXEC);
	struct rlimit before, most;

	if (descriptor >= 0 || errno != EMFILE || getrlimit(RLIMIT_NOFILE, &before) < 0)
		return descriptor;
	most = before;
	most.rlim_cur = before.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &most) == 0) {
		descriptor = open(path, flags | O_CLOEXEC);
		setrlimit(RLIMIT_NOFILE, &before);
	}
	if (descriptor < 0)
		errno = EMFILE;
	return descriptor;
}

static int reopen(int process, int descriptor, int flags)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", process, descriptor);
	return ac_open_own(path, flags);
}

int ac_reopen_shared(struct ac_kept *parts)
{
	int kept = ac_shared->confined == AC_CONFINED_NAMESPACES;
	int process = kept ? (int)atomic_load(&ac_shared->keeper) : (int)ac_shared->supervisor;
	int control = kept ? KEPT_CONTROL : (int)ac_shared->control;
	int data = kept ? KEPT_DATA : (int)ac_shared->data;

	parts->control = reopen(process, control, O_RDONLY);
	parts->data = parts->control < 0 ? -1 : reopen(process, data, O_RDWR);
	if (parts->data >= 0)
		return 0;
	if (parts->control >= 0) {
		int error = errno;

		close(parts->control);
		errno = error;
	}
	return -1;
}

/*
 * A client that gave up privileges may not look at the supervisor's descriptors any more. So the
 * first leaves a process behind that may do no more than itself, does nothing, and ends with the
 * other clients of the case.
 */
static int leave_keeper(void)
{
	pid_t keeper = fork();

	while (keeper == 0)
		pause();
	if (keeper < 0)
		return -1;
	atomic_store(&ac_shared->keeper, (int32_t)keeper);
	close(KEPT_CONTROL);
	close(KEPT_DATA);
	return 0;
}

/* Above what the keeper is to have, then to where it has them. */
static int take_along(void)
{
	int control = fcntl((int)ac_shared->control, F_DUPFD, KEPT_DATA + 1);
	int data = fcntl((int)ac_shared->data, F_DUPFD, KEPT_DATA + 1);

	return control < 0 || data < 0 || dup2(control, KEPT_CONTROL) < 0 ||
			       dup2(data, KEPT_DATA) < 0
		       ? -1
		       : 0;
}

/* High up, where no case looks for the lowest free number. */
static int move_up(int descriptor, rlim_t soft)
{
	rlim_t high = soft < 65536 ? soft : 65536;
	int moved = high < 2 ? -1 : fcntl(descriptor, F_DUPFD_CLOEXEC, (int)high - 2);

	close(descriptor);
	return moved;
}

void ac_keep_shared(void)
{
	struct ac_kept parts;
	struct rlimit limit;

	if (ac_kept.control >= 0 || getrlimit(RLIMIT_NOFILE, &limit) < 0 ||
	    ac_reopen_shared(&parts) < 0)
		return;
	ac_kept.control = move_up(parts.control, limit.rlim_cur);
	ac_kept.data = move_up(parts.data, limit.rlim_cur);
}

/* A supervisor that is gone already sends no signal any more. */
void ac_die_with_supervisor(void)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != (pid_t)ac_shared->supervisor)
		_exit(0);
}

/* Threads of a Program start together, whichever client they are in. */
static void pass_gate(void)
{
	if (atomic_fetch_add(&ac_shared->gate_arrived, 1) + 1 >= ac_shared->gate_expected) {
		atomic_store(&ac_shared->gate_open, 1);
		if (ac_shared->gate_expected > 1)
			ac_futex_wake_all(&ac_shared->gate_open);
	}
	while (!atomic_load(&ac_shared->gate_open))
		ac_futex_wait(&ac_shared->gate_open, 0, 0);
}

static void *thread_main(void *data)
{
	struct ac_context *context = data;

	ac_shared = context->shared;
	ac_vendor = context->vendor;
	ac_edges_begin();
	pass_gate();
	ac_thread_run(context);
	return NULL;
}

/* A thread beside the control thread: it ends with its Program. */
static void *further_main(void *data)
{
	thread_main(data);
	ac_edges_end();
	return NULL;
}

/* The first runs on the control thread, so that a Program with one thread makes none. */
static void run_program(void)
{
	struct ac_context *mine[AC_THREADS_MAX];
	pthread_t threads[AC_THREADS_MAX];
	int started[AC_THREADS_MAX] = { 0 };
	unsigned count = 0;

	for (uint32_t i = 0; i < ac_program_head()->threads; i++) {
		if (ac_program_threads()[i].client != self)
			continue;
		mine[count] = ac_context_open(count);
		if (mine[count] == NULL) {
			atomic_fetch_add(&ac_shared->gate_arrived, 1);
			continue;
		}
		mine[count++]->thread = i;
	}
	for (unsigned i = 1; i < count; i++) {
		started[i] = pthread_create(&threads[i], NULL, further_main, mine[i]) == 0;
		if (!started[i])
			atomic_fetch_add(&ac_shared->gate_arrived, 1);
	}
	if (count > 0)
		thread_main(mine[0]);
	for (unsigned i = 1; i < count; i++) {
		if (started[i])
			pthread_join(threads[i], NULL);
	}
}

static void finish_program(uint32_t sequence)
{
	atomic_store(&ac_shared->clients[self].done, sequence);
	ac_notify_supervisor();
}

static void __attribute__((noreturn)) live(void)
{
	struct ac_client *control = &ac_shared->clients[self];

	for (;;) {
		uint32_t done = atomic_load(&control->done);
		uint32_t sequence = atomic_load(&control->sequence);

		if (sequence == done) {
			ac_await_change(&control->sequence, sequence, 0, &control->asleep);
			continue;
		}
		run_program();
		finish_program(sequence);
	}
}

/*
 * Nothing of the supervisor's is left: descriptors, signal dispositions, protection from the OOM
 * killer.
 */
static void shed_supervisor(void)
{
	unsigned first = ac_shared->confined == AC_CONFINED_NAMESPACES ? KEPT_DATA + 1 : 3;
	sigset_t none;
	int null;

	for (int i = 0; i < 3; i++)
		close(i);
#ifdef SYS_close_range
	if (syscall(SYS_close_range, first, ~0u, 0u) < 0)
#endif
	{
		long most = sysconf(_SC_OPEN_MAX);

		for (long i = first; i < most; i++)
			close((int)i);
	}
	null = open("/dev/null", O_RDWR);
	if (null != 0 || dup(null) != 1 || dup(null) != 2)
		_exit(125);
	for (int number = 1; number < 32; number++)
		signal(number, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

void ac_client_main(void)
{
	char score[16];
	int descriptor;
	int length;

	/* The supervisor does the same: whoever comes first. */
	setpgid(0, 0);
	if (ac_shared_protect() < 0 || ac_confine_root() < 0)
		_exit(123);
	if (ac_shared->confined == AC_CONFINED_NAMESPACES && take_along() < 0)
		_exit(121);
	shed_supervisor();
	ac_die_with_supervisor();
	self = 0;
	descriptor = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
	if (descriptor >= 0) {
		length = snprintf(score, sizeof(score), "%d", (int)ac_shared->oom_score_adj);
		if (write(descriptor, score, (size_t)length) != length)
			_exit(124);
		close(descriptor);
	}
	if (ac_confine_client() < 0)
		_exit(122);
	/* The kernel forgets both where privileges change. */
	prctl(PR_SET_DUMPABLE, 1);
	ac_die_with_supervisor();
	if (ac_shared->confined == AC_CONFINED_NAMESPACES && leave_keeper() < 0)
		_exit(120);
	ac_guard_install();
	live();
}

void ac_client_forked(uint32_t client)
{
	self = client;
	ac_die_with_supervisor();
	live();
}

/* The image after exec: `--resume CONTROL DATA CLIENT THREAD KEPT LIMIT`. */
int ac_client_resume(int argc, char **argv)
{
	sigset_t none;
	struct ac_kept parts;
	struct ac_context *context;

	if (argc != 8)
		return 2;
	parts.control = atoi(argv[2]);
	parts.data = atoi(argv[3]);
	if (ac_shared_map(parts.control, parts.data) < 0)
		return 1;
	self = (uint32_t)strtoul(argv[4], NULL, 10);
	if (argv[6][0] == '1') {
		ac_kept = parts;
		fcntl(parts.control, F_SETFD, FD_CLOEXEC);
		fcntl(parts.data, F_SETFD, FD_CLOEXEC);
	} else {
		close(parts.control);
		close(parts.data);
	}
	context = ac_context_open(0);
	if (context == NULL || ac_vendor_load_again() != NULL)
		return 1;
	context->thread = (uint32_t)strtoul(argv[5], NULL, 10);
	ac_descriptor_limit_back(strtoull(argv[7], NULL, 10));
	ac_guard_install();
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	ac_thread_resume(context);
	finish_program(atomic_load(&ac_shared->clients[self].sequence));
	live();
}
