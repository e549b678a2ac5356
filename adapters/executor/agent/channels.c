/* SPDX-License-Identifier: MIT */
/*
 * Where hosts come from: standard streams, a Unix socket, a character device such as a virtio port.
 */
#define _GNU_SOURCE
#include "../include/agent.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

int agent_serve_stdio(struct agent *agent)
{
	agent->in = STDIN_FILENO;
	agent->out = STDOUT_FILENO;
	return agent_serve(agent) == AGENT_REFUSED ? 1 : 0;
}

static int is_trusted(const struct stat *status)
{
	return status->st_uid == 0 || status->st_uid == geteuid();
}

/* Where others may remove or rename what is there, they could put a socket of their own. */
static const char *folder_fault(const char *path)
{
	const char *slash = strrchr(path, '/');
	char folder[sizeof(((struct sockaddr_un *)NULL)->sun_path)] = ".";
	struct stat status;

	if (slash == path) {
		strcpy(folder, "/");
	} else if (slash != NULL) {
		memcpy(folder, path, slash - path);
		folder[slash - path] = '\0';
	}
	if (stat(folder, &status) < 0)
		return strerror(errno);
	if (!is_trusted(&status) ||
	    ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0 && (status.st_mode & S_ISVTX) == 0))
		return "others can replace what is in its folder; use one that only you can write to";
	return NULL;
}

/*
 * Whether a process listens there: connecting to what a dead one left is refused. It is not waited
 * for, since one whose queue is full lives too.
 */
static int somebody_listens(const struct sockaddr_un *address)
{
	int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int refused;

	if (probe < 0)
		return 1;
	refused = connect(probe, (const struct sockaddr *)address, sizeof(*address)) < 0 &&
		  (errno == ECONNREFUSED || errno == ENOENT);
	close(probe);
	return !refused;
}

/* Takes away what an earlier agent left, and nothing else. */
static const char *place_fault(const struct sockaddr_un *address)
{
	struct stat status;

	if (lstat(address->sun_path, &status) < 0)
		return errno == ENOENT ? NULL : strerror(errno);
	if (!S_ISSOCK(status.st_mode))
		return "it exists and is not a socket; choose another path";
	if (!is_trusted(&status))
		return "it belongs to another user; choose another path";
	if (somebody_listens(address))
		return "another agent listens there; choose another path or stop that one";
	return unlink(address->sun_path) < 0 ? strerror(errno) : NULL;
}

/* The mask counts while the socket is made: there is no moment at which others reach it. */
static int bound(const struct sockaddr_un *address)
{
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	mode_t mask;

	if (listener < 0)
		return -1;
	mask = umask(0177);
	if (bind(listener, (const struct sockaddr *)address, sizeof(*address)) < 0 ||
	    listen(listener, 4) < 0) {
		int error = errno;

		close(listener);
		listener = -1;
		errno = error;
	}
	umask(mask);
	return listener;
}

/* Says why, when it cannot. */
static int listen_at(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const char *fault;
	int listener;

	if (strlen(path) >= sizeof(address.sun_path)) {
		fprintf(stderr, "allocert: cannot listen at %s: the path is too long\n", path);
		return -1;
	}
	strcpy(address.sun_path, path);
	fault = folder_fault(path);
	if (fault == NULL)
		fault = place_fault(&address);
	if (fault != NULL) {
		fprintf(stderr, "allocert: cannot listen at %s: %s\n", path, fault);
		return -1;
	}
	listener = bound(&address);
	if (listener < 0)
		fprintf(stderr, "allocert: cannot listen at %s: %s\n", path, strerror(errno));
	return listener;
}

int agent_serve_unix(struct agent *agent, const char *path)
{
	int listener = listen_at(path);

	if (listener < 0)
		return 1;
	printf("allocert: listening at %s\n", path);
	fflush(stdout);
	for (;;) {
		int host = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

		if (host < 0 && (errno == EINTR || errno == ECONNABORTED))
			continue;
		if (host < 0) {
			perror("allocert: accept");
			return 1;
		}
		agent->in = host;
		agent->out = host;
		/* The next one waits until this one is gone, and who says no hello may never go. */
		agent->patience_ms = agent->hello_ms;
		agent_serve(agent);
		close(host);
	}
}

/* poll(2) says at once that nobody is there, so looking again has to be paced. */
static void pause_briefly(void)
{
	struct timespec pause = { .tv_nsec = 20000000 };

	nanosleep(&pause, NULL);
}

/* The node may still have to appear. */
static int open_device(const char *path)
{
	int device = -1;

	for (int tries = 0; tries < 1500; tries++) {
		device = open(path, O_RDWR | O_CLOEXEC | O_NOCTTY);
		if (device >= 0 || (errno != ENOENT && errno != EBUSY && errno != ENXIO))
			break;
		pause_briefly();
	}
	return device;
}

/* What is left of a host that is gone is dropped; what is there of the next one is not. */
static void wait_for_host(int device)
{
	struct pollfd polled = { .fd = device, .events = POLLIN };
	char dropped[4096];

	for (;;) {
		int count = poll(&polled, 1, -1);

		if (count <= 0)
			continue;
		if ((polled.revents & POLLHUP) == 0 && (polled.revents & POLLIN) != 0)
			return;
		if ((polled.revents & POLLIN) == 0 || read(device, dropped, sizeof(dropped)) <= 0)
			pause_briefly();
	}
}

/*
 * The device stays open from host to host: closing a port drops what the next one has already sent.
 * Only after a refusal, when nobody knows where a frame begins, that is what is wanted.
 */
int agent_serve_device(struct agent *agent, const char *path)
{
	enum agent_end end;
	int device;

	agent->hangs_up = 1;
	do {
		device = open_device(path);
		if (device < 0) {
			fprintf(stderr, "allocert: cannot open %s: %s\n", path, strerror(errno));
			return 1;
		}
		agent->in = device;
		agent->out = device;
		do {
			wait_for_host(device);
			end = agent_serve(agent);
		} while (end == AGENT_HUNG_UP);
		close(device);
	} while (end == AGENT_REFUSED);
	return 0;
}
