/* SPDX-License-Identifier: MIT */
/*
 * Looks up page frames for confined clients, which are shown none; of their own pages only. The
 * kernel may make whoever looks wait for what the target does to the client's memory, so that a
 * process of its own does it, which goes when the clients have to.
 */
#define _GNU_SOURCE
#include "../include/confine.h"
#include "../include/executor.h"
#include "../include/supervisor.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PAGES_MAX (AC_OUT_BYTES_MAX / sizeof(uint64_t))
/* Nanoseconds between two looks at an answer that is being written, and how many there are. */
#define LOOK_NS 1000000u
#define LOOKS 20

/* Bytes of entries, or -1 with errno. */
static ssize_t look_up(const struct ac_frames *asked, pid_t pid, uint64_t *entries)
{
	uint32_t pages = *(const volatile uint32_t *)&asked->pages;
	uint64_t address = *(const volatile uint64_t *)&asked->address;
	off_t at = (off_t)(address / (uint64_t)sysconf(_SC_PAGESIZE) * sizeof(uint64_t));
	char path[64];
	ssize_t got;
	int descriptor;
	int error;

	pages = pages < PAGES_MAX ? pages : PAGES_MAX;
	snprintf(path, sizeof(path), "proc/%d/pagemap", (int)pid);
	descriptor = openat(ac_confined_root, path, O_RDONLY | O_CLOEXEC);
	if (descriptor < 0)
		return -1;
	got = pread(descriptor, entries, pages * sizeof(uint64_t), at);
	error = errno;
	close(descriptor);
	errno = error;
	return got;
}

/* Of a question that was taken in this state; nothing, where it is another one's turn by now. */
static void answer(struct ac_frames *asked, uint32_t taken, int error, const uint64_t *entries,
		   uint32_t pages)
{
	if (!atomic_compare_exchange_strong(&asked->state, &taken,
					    ac_frames_in(taken, AC_FRAMES_ANSWERED)))
		return;
	memcpy(asked->entries, entries, pages * sizeof(uint64_t));
	asked->error = error;
	asked->pages = pages;
	atomic_store(&asked->state, ac_frames_in(taken, AC_FRAMES_THERE));
	ac_futex_wake_all(&asked->state);
}

static void refuse(struct ac_frames *asked, uint32_t taken, int error)
{
	answer(asked, taken, error, asked->entries, 0);
}

static void start_reader(struct ac_frames *asked, uint32_t taken, pid_t client)
{
	pid_t reader = fork();

	if (reader == 0) {
		/* Of this process alone: by the time it is full, something else may be asked. */
		static uint64_t entries[PAGES_MAX];
		ssize_t got;

		/* It is reaped as clients are, and has no number. */
		setpgid(0, (pid_t)ac_shared->group);
		got = look_up(asked, client, entries);
		answer(asked, taken, got < 0 ? errno : 0, entries,
		       got < 0 ? 0 : (uint32_t)((size_t)got / sizeof(uint64_t)));
		_exit(0);
	}
	if (reader < 0)
		refuse(asked, taken, errno);
	else
		setpgid(reader, (pid_t)ac_shared->group);
}

void ac_frames_serve(void)
{
	if (ac_shared->confined != AC_CONFINED_NAMESPACES)
		return;
	for (uint32_t i = 0; i < ac_program_head()->threads; i++) {
		struct ac_client *control = &ac_shared->clients[ac_program_threads()[i].client];
		struct ac_frames *asked = &ac_shared->frames[i];
		pid_t client = (pid_t)atomic_load(&control->pid);
		uint32_t state = atomic_load(&asked->state);
		uint32_t taken = ac_frames_in(state, AC_FRAMES_TAKEN);

		if (ac_frames_phase(state) != AC_FRAMES_ASKED ||
		    !atomic_compare_exchange_strong(&asked->state, &state, taken))
			continue;
		if (ac_is_client(client))
			start_reader(asked, taken, client);
		else
			refuse(asked, taken, ESRCH);
	}
}

void ac_frames_forget(uint32_t thread)
{
	struct ac_frames *asked = &ac_shared->frames[thread];
	uint32_t state = atomic_load(&asked->state);

	/* Writing takes no time. Clients can write the same word, so nobody waits for ever. */
	for (int i = 0; i < LOOKS && ac_frames_phase(state) == AC_FRAMES_ANSWERED; i++) {
		ac_futex_wait(&asked->state, state, LOOK_NS);
		state = atomic_load(&asked->state);
	}
	atomic_store(&asked->state, ac_frames_next(state, AC_FRAMES_IDLE));
}
