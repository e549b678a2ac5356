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
#include <unistd.h>

#define PAGES_MAX (AC_OUT_BYTES_MAX / sizeof(uint64_t))

static void look_up(struct ac_frames *asked, pid_t pid)
{
	uint32_t pages = *(volatile uint32_t *)&asked->pages;
	uint64_t page = *(volatile uint64_t *)&asked->address / (uint64_t)sysconf(_SC_PAGESIZE);
	char path[64];
	ssize_t got;
	int descriptor;

	pages = pages < PAGES_MAX ? pages : PAGES_MAX;
	snprintf(path, sizeof(path), "proc/%d/pagemap", (int)pid);
	descriptor = openat(ac_confined_root, path, O_RDONLY | O_CLOEXEC);
	got = descriptor < 0 ? -1
			     : pread(descriptor, asked->entries, pages * sizeof(uint64_t),
				     (off_t)(page * sizeof(uint64_t)));
	asked->error = got < 0 ? errno : 0;
	asked->pages = got < 0 ? 0 : (uint32_t)((size_t)got / sizeof(uint64_t));
	if (descriptor >= 0)
		close(descriptor);
}

static void answer(struct ac_frames *asked, int error)
{
	if (error != 0) {
		asked->error = error;
		asked->pages = 0;
	}
	atomic_store(&asked->state, AC_FRAMES_THERE);
	ac_futex_wake_all(&asked->state);
}

static void start_reader(struct ac_frames *asked, pid_t client)
{
	pid_t reader = fork();

	if (reader == 0) {
		/* It is reaped as clients are, and has no number. */
		setpgid(0, (pid_t)ac_shared->group);
		look_up(asked, client);
		answer(asked, 0);
		_exit(0);
	}
	if (reader < 0)
		answer(asked, errno);
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
		uint32_t state = AC_FRAMES_ASKED;

		if (!atomic_compare_exchange_strong(&asked->state, &state, AC_FRAMES_TAKEN))
			continue;
		if (ac_is_client(client))
			start_reader(asked, client);
		else
			answer(asked, ESRCH);
	}
}
