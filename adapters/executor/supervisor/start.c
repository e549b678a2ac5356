/* SPDX-License-Identifier: MIT */
/* What a process does once to become a supervisor: an agent does all of it, a host less. */
#define _GNU_SOURCE
#include "../include/supervisor.h"

#include "../include/executor.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

/* A death is an event like every other; the signal cannot come between the look and the sleep. */
static void on_child(int number)
{
	(void)number;
	atomic_fetch_add(&ac_shared->event, 1);
}

static int32_t read_oom_score(int protect)
{
	char text[16] = "";
	int descriptor = open("/proc/self/oom_score_adj", O_RDWR | O_CLOEXEC);

	if (descriptor < 0)
		return 0;
	if (read(descriptor, text, sizeof(text) - 1) < 0)
		text[0] = '0';
	/* The OOM killer is to take clients. Without the privilege it chooses as it likes. */
	if (protect)
		(void)!write(descriptor, "-1000", 5);
	close(descriptor);
	return atoi(text);
}

/* User-mode emulators do not offer it; then there is `main` and no other client. */
static void adopt(void)
{
	ac_shared->adopts = prctl(PR_SET_CHILD_SUBREAPER, 1) == 0;
}

int ac_supervisor_start(void)
{
	struct rlimit limit;
	struct sigaction action;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
	if (ac_shared_create() < 0)
		return -1;
	ac_shared->oom_score_adj = read_oom_score(1);
	memset(&action, 0, sizeof(action));
	action.sa_handler = on_child;
	action.sa_flags = SA_RESTART;
	if (sigaction(SIGCHLD, &action, NULL) < 0)
		return -1;
	signal(SIGPIPE, SIG_IGN);
	adopt();
	return 0;
}

int ac_supervisor_embed(void)
{
	if (ac_shared_create() < 0)
		return -1;
	ac_shared->embedded = 1;
	ac_shared->oom_score_adj = read_oom_score(0);
	adopt();
	return 0;
}

int ac_supervisor_add_region(const char *path)
{
	size_t length = strlen(path);

	if (ac_shared->regions == AC_REGIONS_MAX || length >= AC_REGION_PATH_BYTES)
		return -1;
	memcpy(ac_shared->region_paths[ac_shared->regions++], path, length + 1);
	return 0;
}
