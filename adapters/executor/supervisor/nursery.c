/* SPDX-License-Identifier: MIT */
/* Both ends of the nursery: the supervisor asks over a socket, which no client has. */
#define _GNU_SOURCE
#include "../include/nursery.h"

#include "../include/executor.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define WRONG_BYTES 512

/* What it says once, when it is ready or cannot be. */
struct greeting {
	char wrong[WRONG_BYTES]; /* a sentence, or empty */
	uint8_t state[ALLOCERT_VENDOR_STATE_BYTES]; /* what the library left for its later copies */
};

/* 0, or -1 with EPIPE where nobody is at the other end. */
static int transfer(int socket, void *bytes, size_t length, int writes)
{
	uint8_t *at = bytes;

	while (length > 0) {
		ssize_t part = writes ? send(socket, at, length, MSG_NOSIGNAL) :
					recv(socket, at, length, 0);

		if (part < 0 && errno == EINTR)
			continue;
		if (part <= 0) {
			errno = EPIPE;
			return -1;
		}
		at += part;
		length -= (size_t)part;
	}
	return 0;
}

/*
 * Descriptors keep their numbers, so that what shared memory says of them holds there too. The
 * group is its own: what a terminal sends to the group of this process must not end it.
 */
static int spawn(int theirs)
{
	int kept[] = { theirs, (int)ac_shared->control, (int)ac_shared->data };
	char numbers[3][16];
	char *arguments[] = { "allocert", "--nursery", numbers[0], numbers[1], numbers[2], NULL };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	pid_t pid = 0;
	int error;

	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attributes);
	for (int i = 0; i < 3; i++) {
		snprintf(numbers[i], sizeof(numbers[i]), "%d", kept[i]);
		posix_spawn_file_actions_adddup2(&actions, kept[i], kept[i]);
	}
	/* What the library says as it starts. */
	if (fcntl(STDERR_FILENO, F_GETFD) >= 0)
		posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDERR_FILENO);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
	error = posix_spawn(&pid, ac_shared->executable, &actions, &attributes, arguments, environ);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
	ac_shared->nursery = error == 0 ? (int32_t)pid : 0;
	return error;
}

const char *ac_nursery_start(void)
{
	struct greeting greeting;
	int ends[2];
	int error;

	/* Without adoption its clients would not become the supervisor's. */
	if (!ac_shared->adopts)
		return "this machine lets no process adopt others";
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return strerror(errno);
	error = spawn(ends[1]);
	close(ends[1]);
	ac_shared->nursery_socket = ends[0];
	if (error != 0) {
		close(ends[0]);
		return strerror(error);
	}
	if (transfer(ends[0], &greeting, sizeof(greeting), 0) < 0) {
		ac_nursery_stop();
		return "the process that clients are forked from has ended as it started";
	}
	/* A library runs there, which may have written over anything. */
	greeting.wrong[WRONG_BYTES - 1] = '\0';
	if (greeting.wrong[0] != '\0') {
		ac_nursery_stop();
		return ac_vendor_said(greeting.wrong);
	}
	memcpy(ac_shared->library_state, greeting.state, sizeof(greeting.state));
	return NULL;
}

void ac_nursery_stop(void)
{
	pid_t pid = (pid_t)ac_shared->nursery;

	if (pid == 0)
		return;
	ac_shared->nursery = 0;
	close((int)ac_shared->nursery_socket);
	kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

/* Its number, or -1 with errno: EPIPE where nobody answers. */
static pid_t ask(void)
{
	char order = 1;
	int32_t born = -1;

	if (ac_shared->nursery == 0) {
		errno = EPIPE;
		return -1;
	}
	if (transfer((int)ac_shared->nursery_socket, &order, sizeof(order), 1) < 0 ||
	    transfer((int)ac_shared->nursery_socket, &born, sizeof(born), 0) < 0)
		return -1;
	if (born < 0) {
		errno = -born;
		return -1;
	}
	/* To the caller of a fork it would mean that it is the child. */
	if (born == 0) {
		errno = EPIPE;
		return -1;
	}
	return (pid_t)born;
}

pid_t ac_nursery_bear(void)
{
	pid_t born = ask();

	if (born >= 0 || errno != EPIPE)
		return born;
	/* Somebody ended it. There are no clients, so that the library may start anew. */
	ac_nursery_stop();
	if (ac_nursery_start() == NULL)
		return ask();
	errno = EPIPE;
	return -1;
}

/* Also of the process between, where there is no child that could. */
static void answer(int socket, int32_t number)
{
	(void)transfer(socket, &number, sizeof(number), 1);
}

/*
 * The child is the supervisor's once the process between is gone; operations/clients.c says why it
 * waits until that has been reaped.
 */
static void __attribute__((noreturn)) be_born(int socket, pid_t between)
{
	while (kill(between, 0) == 0)
		sched_yield();
	answer(socket, (int32_t)getpid());
	ac_client_main();
}

static void bear(int socket)
{
	pid_t between = fork();

	if (between == 0) {
		pid_t self = getpid();
		pid_t child = fork();

		if (child == 0)
			be_born(socket, self);
		if (child < 0)
			answer(socket, -errno);
		_exit(0);
	}
	if (between < 0)
		answer(socket, -errno);
	while (between > 0 && waitpid(between, NULL, 0) < 0 && errno == EINTR)
		;
}

/* A host may hide its streams from new images; what the library opens must be none of them. */
static int fill_streams(void)
{
	int descriptor;

	do {
		descriptor = open("/dev/null", O_RDWR | O_CLOEXEC);
	} while (descriptor >= 0 && descriptor < 3);
	return descriptor < 0 ? -1 : close(descriptor);
}

int ac_nursery_main(int argc, char **argv)
{
	static struct greeting greeting;
	const char *wrong;
	char order;
	int socket;

	if (argc != 5)
		return 2;
	socket = atoi(argv[2]);
	if (ac_shared_map(atoi(argv[3]), atoi(argv[4])) < 0)
		return 1;
	ac_die_with_supervisor();
	if (fill_streams() < 0)
		return 1;
	wrong = ac_vendor_load_first(greeting.state);
	if (wrong != NULL)
		snprintf(greeting.wrong, sizeof(greeting.wrong), "%s", wrong);
	/* Nobody is to wait for the end of the host's stream because of this process. */
	dup2(STDIN_FILENO, STDERR_FILENO);
	if (transfer(socket, &greeting, sizeof(greeting), 1) < 0)
		return 1;
	while (transfer(socket, &order, sizeof(order), 0) == 0)
		bear(socket);
	return 0;
}
