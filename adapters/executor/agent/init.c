/* SPDX-License-Identifier: MIT */
/*
 * The agent as the first process of a virtual machine: it mounts what a case looks at, loads
 * modules, and serves from a child, so that this process is left to reap and, in the end, to stop
 * the machine. With a program in /run it serves nobody: that program runs instead, on the console.
 */
#define _GNU_SOURCE
#include "../include/agent.h"
#include "../include/faults.h"
#include "../include/traced.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../include/executor.h"

/* See syslog(2); the second is the level that "quiet" has. */
#define SYSLOG_CONSOLE_LEVEL 8
#define KERN_WARNING_LEVEL 4
#define TEXT_BYTES 4096
#define PROGRAM "/run/program"

static char trouble[TEXT_BYTES];
static char port[256] = "/dev/vport0p1";
static int powers_off;

/* What is there already, or what this kernel does not have, is no failure. */
static void mount_one(const char *type, const char *at)
{
	if (mkdir(at, 0755) < 0 && errno != EEXIST)
		return;
	if (mount(type, at, type, 0, NULL) < 0 && errno != EBUSY && errno != ENODEV)
		printf("allocert: cannot mount %s: %s\n", at, strerror(errno));
}

static void open_console(void)
{
	int console = open("/dev/console", O_RDWR);

	if (console < 0)
		return;
	for (int i = 0; i < 3; i++)
		dup2(console, i);
	if (console > 2)
		close(console);
	setvbuf(stdout, NULL, _IOLBF, 0);
}

static void read_text(const char *path, char *text, size_t room)
{
	int descriptor = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got;

	text[0] = '\0';
	if (descriptor < 0)
		return;
	got = read(descriptor, text, room - 1);
	close(descriptor);
	text[got > 0 ? got : 0] = '\0';
}

static void read_command_line(void)
{
	static char text[TEXT_BYTES];
	char *rest = NULL;

	read_text("/proc/cmdline", text, sizeof(text));
	for (char *word = strtok_r(text, " \n", &rest); word != NULL;
	     word = strtok_r(NULL, " \n", &rest)) {
		if (strncmp(word, "allocert.region=", 16) == 0)
			ac_supervisor_add_region(word + 16);
		else if (strncmp(word, "allocert.port=", 14) == 0)
			snprintf(port, sizeof(port), "%s", word + 14);
		else if (strcmp(word, "allocert.end=poweroff") == 0)
			powers_off = 1;
	}
}

/* `PATH parameters…`; 0, or the errno. */
static int load_module(const char *path, const char *parameters)
{
	int descriptor = open(path, O_RDONLY | O_CLOEXEC);
	int error = 0;

	if (descriptor < 0)
		return errno;
	if (syscall(SYS_finit_module, descriptor, parameters, 0) < 0)
		error = errno;
	close(descriptor);
	return error == EEXIST ? 0 : error;
}

static void load_modules(void)
{
	static char text[TEXT_BYTES];
	char *rest = NULL;

	read_text("/modules.list", text, sizeof(text));
	for (char *line = strtok_r(text, "\n", &rest); line != NULL;
	     line = strtok_r(NULL, "\n", &rest)) {
		char *parameters = line + strcspn(line, " ");
		int error;

		if (*parameters != '\0')
			*parameters++ = '\0';
		error = load_module(line, parameters);
		if (error == 0)
			continue;
		/* What finit_module(2) says of a symbol that no module before it has. */
		snprintf(trouble, sizeof(trouble), "cannot load %.255s: %s; %s", line, strerror(error),
			 error == ENOENT ? "it needs a symbol of another module: name that one before it"
					 : "is it built for this kernel?");
		printf("allocert: %s\n", trouble);
	}
}

/*
 * On the console a crash is then seen beside the case that it happened in. Not so for rounds of a
 * campaign: letters are slow there, rounds come one right after the other, and the host knows them.
 */
static void name_case(const char *case_id)
{
	if (strncmp(case_id, "fuzz/", 5) != 0)
		printf("allocert: begin %s\n", case_id);
}

static int serve(struct agent *agent)
{
	if (ac_supervisor_start() < 0) {
		printf("allocert: cannot start: %s\n", strerror(errno));
		return 1;
	}
	read_command_line();
	agent_log_open();
	agent->trouble = trouble[0] == '\0' ? NULL : trouble;
	agent->on_begin = name_case;
	return agent_serve_device(agent, port);
}

/* Its arguments are lines of a file. Only an exec that failed comes back. */
static int run_program(void)
{
	static char text[TEXT_BYTES];
	char *arguments[32] = { PROGRAM };
	char *environment[] = { NULL };
	char *rest = NULL;
	int count = 1;

	read_text("/run/arguments", text, sizeof(text));
	for (char *line = strtok_r(text, "\n", &rest); line != NULL && count < 31;
	     line = strtok_r(NULL, "\n", &rest))
		arguments[count++] = line;
	printf("allocert: runs %s\n", PROGRAM);
	execve(PROGRAM, arguments, environment);
	printf("allocert: cannot run it: %s\n", strerror(errno));
	return 127;
}

/*
 * Emulators end at a reset when told to (-no-reboot); powering off needs ACPI, so it is asked for.
 */
static void __attribute__((noreturn)) stop_machine(void)
{
	sync();
	if (powers_off)
		reboot(RB_POWER_OFF);
	reboot(RB_AUTOBOOT);
	for (;;)
		pause();
}

int agent_init(struct agent *agent)
{
	static char text[TEXT_BYTES];
	int status = 0;
	pid_t server, pid;

	agent_in_guest = 1;
	mount_one("devtmpfs", "/dev");
	open_console();
	mount_one("proc", "/proc");
	mount_one("sysfs", "/sys");
	mount_one("tmpfs", "/tmp");
	mount_one("debugfs", "/sys/kernel/debug");
	ac_faults_prepare();
	ac_traced_prepare();
	load_modules();
	/* A console that speaks while the machine starts shows progress; from here on, trouble. */
	klogctl(SYSLOG_CONSOLE_LEVEL, NULL, KERN_WARNING_LEVEL);
	read_text("/proc/cmdline", text, sizeof(text));
	powers_off = strstr(text, "allocert.end=poweroff") != NULL;
	server = fork();
	if (server == 0)
		exit(access(PROGRAM, F_OK) == 0 ? run_program() : serve(agent));
	do {
		pid = waitpid(-1, &status, 0);
	} while (pid != server && !(pid < 0 && errno == ECHILD));
	/* The console's last line may be half written by whoever ended. */
	printf("\nallocert: the agent ended with status %d\n", status);
	stop_machine();
}
