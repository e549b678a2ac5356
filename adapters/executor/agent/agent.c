/* SPDX-License-Identifier: MIT */
/*
 * allocert's agent: runs Programs on the machine that it is on and sends back what happened.
 *
 *	agent [--region PATH | --library PATH]… [--hello-ms N] [--idle-ms N]
 *	      [--confine yes|no]
 *	      [--listen-fd stdio | --unix PATH | --device PATH]
 *
 * As process 1 it is the init of a virtual machine and takes its options from the kernel's command
 * line. `--resume` is for itself: a client after exec. So is `--nursery`: see include/nursery.h.
 */
#include "../include/agent.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../include/confine.h"
#include "../include/executor.h"
#include "../include/nursery.h"
#include "../include/vendor.h"

#define HELLO_MS 10000
#define IDLE_MS 600000
#define REFUSED (-2)
#ifdef ALLOCERT_LOADS_LIBRARIES
#define LOADS_LIBRARIES 1
#else
#define LOADS_LIBRARIES 0 /* it is static */
#endif

static int usage(FILE *stream, int code)
{
	fputs("usage: agent [--region PATH | --library PATH]... [--hello-ms N] [--idle-ms N]\n"
	      "             [--confine yes|no]\n"
	      "             [--listen-fd stdio | --unix PATH | --device PATH]\n",
	      stream);
	return code;
}

struct options {
	const char *socket;
	const char *device;
	const char *trouble; /* why a library cannot be used */
	int hello_ms;
	int idle_ms;
	int confine;
};

/* A number of milliseconds from 1 on, or -1. */
static int milliseconds(const char *text)
{
	char *end;
	long number = strtol(text, &end, 10);

	return *end == '\0' && number > 0 && number <= INT_MAX ? (int)number : -1;
}

static int is_option(const char *word)
{
	static const char *const known[] = { "--region",   "--library", "--unix",    "--device",
					     "--hello-ms", "--idle-ms", "--confine", "--listen-fd" };

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (strcmp(word, known[i]) == 0)
			return 1;
	}
	return 0;
}

/* A board may not have this agent's usage at hand: the sentence says what serves a library. */
static int refuse_library(void)
{
	fputs("allocert: a static agent loads no libraries; use allocert serve native:./lib.so "
	      "--listen unix:PATH\n",
	      stderr);
	return REFUSED;
}

/* Returns -1 where the usage helps, REFUSED where the trouble was told. */
static int read_options(int argc, char **argv, struct options *options)
{
	for (int i = 1; i < argc; i += 2) {
		const char *value = argv[i + 1];

		if (!is_option(argv[i])) {
			fprintf(stderr, "allocert: there is no option %s\n", argv[i]);
			return -1;
		}
		if (value == NULL) {
			fprintf(stderr, "allocert: %s needs a value\n", argv[i]);
			return -1;
		}
		if (strcmp(argv[i], "--region") == 0) {
			if (ac_supervisor_add_region(value) < 0)
				return -1;
		} else if (strcmp(argv[i], "--library") == 0) {
			if (!LOADS_LIBRARIES)
				return refuse_library();
			options->trouble = ac_vendor_load(value);
			if (options->trouble == NULL)
				options->trouble = ac_vendor_start();
			if (options->trouble == NULL)
				ac_supervisor_add_region(ac_vendor->node);
		} else if (strcmp(argv[i], "--unix") == 0) {
			options->socket = value;
		} else if (strcmp(argv[i], "--device") == 0) {
			options->device = value;
		} else if (strcmp(argv[i], "--hello-ms") == 0) {
			options->hello_ms = milliseconds(value);
			if (options->hello_ms < 0)
				return -1;
		} else if (strcmp(argv[i], "--idle-ms") == 0) {
			options->idle_ms = milliseconds(value);
			if (options->idle_ms < 0)
				return -1;
		} else if (strcmp(argv[i], "--confine") == 0) {
			options->confine = strcmp(value, "yes") == 0;
			if (!options->confine && strcmp(value, "no") != 0)
				return -1;
		} else if (strcmp(argv[i], "--listen-fd") != 0 || strcmp(value, "stdio") != 0) {
			return -1;
		}
	}
	return options->socket != NULL && options->device != NULL ? -1 : 0;
}

/* An agent that loads libraries does not: these may need any file of the machine. */
static int may_enter(int argc, char **argv)
{
#ifdef ALLOCERT_LOADS_LIBRARIES
	(void)argc, (void)argv;
	return 0;
#else
	for (int i = 1; i + 1 < argc; i += 2) {
		if (strcmp(argv[i], "--confine") == 0 && strcmp(argv[i + 1], "no") == 0)
			return 0;
	}
	return geteuid() == 0 && ac_filter_works();
#endif
}

int main(int argc, char **argv)
{
	static struct agent agent;
	struct options options = { .hello_ms = HELLO_MS, .idle_ms = IDLE_MS, .confine = 1 };
	int read;

	if (argc > 1 && strcmp(argv[1], "--resume") == 0)
		return ac_client_resume(argc, argv);
	if (argc > 1 && strcmp(argv[1], "--nursery") == 0)
		return ac_nursery_main(argc, argv);
	if (argc == 2 && strcmp(argv[1], "--help") == 0)
		return usage(stdout, 0);
	/* In a container it may be process 1 too; but there it was started with options. */
	if (getpid() == 1 && (argc < 2 || strncmp(argv[1], "--", 2) != 0))
		return agent_init(&agent);
	if (may_enter(argc, argv))
		ac_confine_enter();
	if (ac_supervisor_start() < 0) {
		fprintf(stderr, "allocert: cannot start: %s\n", strerror(errno));
		return 1;
	}
	read = read_options(argc, argv, &options);
	if (read < 0)
		return read == REFUSED ? 2 : usage(stderr, 2);
	if (options.confine)
		ac_confine_start();
	agent.hello_ms = options.hello_ms;
	agent.idle_ms = options.idle_ms;
	agent.trouble = options.trouble;
	/* What the kernel says is not about a library. */
	if (ac_vendor == NULL)
		agent_log_open();
	if (options.socket != NULL)
		return agent_serve_unix(&agent, options.socket);
	if (options.device != NULL)
		return agent_serve_device(&agent, options.device);
	return agent_serve_stdio(&agent);
}
