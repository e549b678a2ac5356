/* SPDX-License-Identifier: MIT */
/*
 * Namespaces of an agent that root started for a device, and the root of its clients: a small file
 * system with the target's nodes, what lists of the contract name, /proc of the clients alone and
 * /sys for reading.
 */
#define _GNU_SOURCE
#include "../include/confine.h"
#include "../include/executor.h"

#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#define SIMPLE_ALLOCATOR_MAJOR 222
/* Where the root is built: a folder that can be shown by a descriptor although it is covered. */
#define ROOT "/sys"
/* Flags of what is mounted already. */
#define ANEW (MS_REMOUNT | MS_BIND)

int ac_confined_root = -1;

/* A view of the file system. */
struct view {
	int namespace;
	int root;
	int folder;
};

static struct view machine = { -1, -1, -1 };
static struct view inside = { -1, -1, -1 };

static int remember(struct view *view)
{
	view->namespace = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
	view->root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	view->folder = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return view->namespace < 0 || view->root < 0 || view->folder < 0 ? -1 : 0;
}

static int enter(const struct view *view)
{
	if (setns(view->namespace, CLONE_NEWNS) < 0 || fchdir(view->root) < 0 || chroot(".") < 0)
		return -1;
	return fchdir(view->folder);
}

/* From here on paths are those of clients, whose folder is their root. */
static int enter_root(void)
{
	return fchdir(ac_confined_root) < 0 || chroot(".") < 0 ? -1 : 0;
}

/* As clients open it, with every folder before it. */
static void make_folders(const char *path)
{
	char folder[AC_REGION_PATH_BYTES];

	for (size_t i = 1; path[i] != '\0' && i < sizeof(folder); i++) {
		if (path[i] != '/')
			continue;
		memcpy(folder, path, i);
		folder[i] = '\0';
		mkdir(folder, 0755);
	}
}

/* Whether it lies in the root's own file system, and not in /proc or /sys. */
static int is_ours(const char *path)
{
	const char *slash = strrchr(path, '/');
	char folder[AC_REGION_PATH_BYTES] = ".";
	struct stat status, root;

	if (slash != NULL) {
		memcpy(folder, path, (size_t)(slash - path) + 1);
		folder[slash - path + 1] = '\0';
	}
	return stat(folder, &status) == 0 && stat("/", &root) == 0 &&
	       status.st_dev == root.st_dev;
}

static int is_folder(const char *path)
{
	struct stat status;

	return lstat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

static void hide(const char *path)
{
	if (!is_ours(path) || is_folder(path))
		return;
	while (umount2(path, MNT_DETACH) == 0)
		continue;
	unlink(path);
}

/* What the descriptor is of; a node can be used and not be changed. 0, or -1 with errno. */
static int show(const char *path, int descriptor)
{
	struct stat status;
	char from[64];

	make_folders(path);
	if (fstat(descriptor, &status) < 0 || S_ISDIR(status.st_mode) || !is_ours(path))
		return 0;
	snprintf(from, sizeof(from), "/proc/self/fd/%d", descriptor);
	if (mknod(path, S_IFREG | 0600, 0) < 0 && errno != EEXIST)
		return -1;
	if (mount(from, path, NULL, MS_BIND, NULL) < 0)
		return -1;
	return S_ISREG(status.st_mode) ? 0 : mount(NULL, path, NULL, ANEW | MS_RDONLY, NULL);
}

static const char *shown_path(uint32_t index)
{
	return index < AC_FILES_COUNT ? ac_files[index]
				      : ac_shared->region_paths[index - AC_FILES_COUNT];
}

/* With the root as it is, and the descriptor of each that is there, or -1. */
static int show_anew(const int *descriptors, uint32_t count)
{
	/* Also a client that gave up its user id finds its way. */
	mode_t mask = umask(022);
	int shown = mount(NULL, "/", NULL, ANEW | MS_NOSUID, NULL);

	for (uint32_t i = 0; shown == 0 && i < count; i++)
		hide(shown_path(i));
	for (uint32_t i = 0; shown == 0 && i < count; i++) {
		if (descriptors[i] >= 0)
			shown = show(shown_path(i), descriptors[i]);
	}
	umask(mask);
	return shown < 0 ? -1 : mount(NULL, "/", NULL, ANEW | MS_NOSUID | MS_RDONLY, NULL);
}

int ac_confine_nodes(void)
{
	uint32_t count = AC_FILES_COUNT + ac_shared->regions;
	int descriptors[AC_FILES_COUNT + AC_REGIONS_MAX];
	int shown = -1;
	int error;

	if (ac_shared->confined != AC_CONFINED_NAMESPACES)
		return 0;
	if (enter(&inside) < 0)
		return -1;
	for (uint32_t i = 0; i < count; i++)
		descriptors[i] = open(shown_path(i), O_PATH | O_CLOEXEC);
	if (enter_root() == 0)
		shown = show_anew(descriptors, count);
	error = errno;
	for (uint32_t i = 0; i < count; i++) {
		if (descriptors[i] >= 0)
			close(descriptors[i]);
	}
	if (enter(&machine) < 0)
		return -1;
	errno = error;
	return shown;
}

/* Of /proc only what is about processes can be written: the rest configures the machine. */
static int guard_proc(void)
{
	DIR *folder = opendir("/proc");
	struct dirent *entry;
	int guarded = folder == NULL ? -1 : 0;

	while (guarded == 0 && (entry = readdir(folder)) != NULL) {
		const char *name = entry->d_name;
		char path[sizeof("/proc/") + sizeof(entry->d_name)];

		if (name[0] == '.' || (name[0] >= '0' && name[0] <= '9') || entry->d_type == DT_LNK)
			continue;
		snprintf(path, sizeof(path), "/proc/%s", name);
		if (mount(path, path, NULL, MS_BIND, NULL) < 0 ||
		    mount(NULL, path, NULL, ANEW | MS_RDONLY, NULL) < 0)
			guarded = -1;
	}
	if (folder != NULL)
		closedir(folder);
	return guarded;
}

/* Every node that a driver of the Simple Allocator may have, by its number. */
static int make_minors(void)
{
	char path[64] = "/dev/char/";
	mode_t mask = umask(022);

	make_folders(path);
	umask(mask);
	for (unsigned i = 0; i < AC_REGIONS_MAX; i++) {
		dev_t number = makedev(SIMPLE_ALLOCATOR_MAJOR, i);

		snprintf(path, sizeof(path), "/dev/char/%d:%u", SIMPLE_ALLOCATOR_MAJOR, i);
		if (mknod(path, S_IFCHR | 0600, number) < 0)
			return -1;
	}
	return 0;
}

static int show_system(void)
{
	const char *sys = ROOT "/sys";
	char from[64];
	int folder = open("/sys", O_PATH | O_DIRECTORY | O_CLOEXEC);

	snprintf(from, sizeof(from), "/proc/self/fd/%d", folder);
	if (folder < 0 || mount("allocert", ROOT, "tmpfs", MS_NOSUID, "mode=755") < 0 ||
	    mkdir(sys, 0700) < 0 || mount(from, sys, NULL, MS_BIND, NULL) < 0 ||
	    mount(NULL, sys, NULL, ANEW | MS_RDONLY, NULL) < 0 ||
	    mkdir(ROOT "/proc", 0700) < 0)
		return -1;
	close(folder);
	return mount("proc", ROOT "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
}

/* In the first process of the namespaces. All but the nodes of the target. */
static int make_root(void)
{
	if (remember(&machine) < 0 || unshare(CLONE_NEWNS) < 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 || remember(&inside) < 0 ||
	    show_system() < 0)
		return -1;
	ac_confined_root = open(ROOT, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (ac_confined_root < 0 || enter_root() < 0 || guard_proc() < 0 || make_minors() < 0)
		return -1;
	return enter(&machine);
}

/* Whoever the OOM killer takes, it is neither the supervisor nor this. */
static void avoid_oom(void)
{
	int descriptor = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	if (descriptor < 0)
		return;
	/* Without the privilege it chooses as it likes. */
	(void)!write(descriptor, "-1000", 5);
	close(descriptor);
}

/* The process that was started: it ends as the supervisor does, and the supervisor with it. */
static void __attribute__((noreturn)) wait_for(pid_t supervisor)
{
	int status = 0;

	avoid_oom();
	close(STDIN_FILENO);
	close(STDOUT_FILENO);
	while (waitpid(supervisor, &status, 0) < 0 && errno == EINTR)
		continue;
	if (WIFSIGNALED(status)) {
		prctl(PR_SET_DUMPABLE, 0);
		signal(WTERMSIG(status), SIG_DFL);
		raise(WTERMSIG(status));
	}
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
}

/* In the child: whether it is the supervisor from now on. Else its parent is. */
static void become_first(int told)
{
	char there = 1;

	signal(SIGPIPE, SIG_IGN);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* Whoever ended before that reads nothing any more. */
	if (make_root() < 0 || write(told, &there, 1) != 1)
		_exit(1);
	close(told);
}

static void wait_or_go_on(pid_t child, int told)
{
	char there = 0;
	ssize_t got;

	do {
		got = read(told, &there, 1);
	} while (got < 0 && errno == EINTR);
	close(told);
	if (got == 1)
		wait_for(child);
	while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
		continue;
}

/* 0, or -1: children of this process cannot go where they went before. */
static int go_back(const int *namespaces)
{
	for (int i = 0; i < 3; i++) {
		if (setns(namespaces[i], 0) < 0)
			return -1;
		close(namespaces[i]);
	}
	return 0;
}

void ac_confine_enter(void)
{
	int namespaces[3] = { open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC),
			      open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC),
			      open("/proc/self/ns/ipc", O_RDONLY | O_CLOEXEC) };
	int told[2];
	pid_t child;

	if (namespaces[0] < 0 || namespaces[1] < 0 || namespaces[2] < 0 ||
	    pipe2(told, O_CLOEXEC) < 0 || unshare(CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC) < 0)
		return;
	child = fork();
	if (child == 0) {
		close(told[0]);
		become_first(told[1]);
		return;
	}
	close(told[1]);
	if (child > 0)
		wait_or_go_on(child, told[0]);
	if (child < 0 || go_back(namespaces) < 0) {
		fprintf(stderr, "allocert: cannot start: %s\n", strerror(errno));
		_exit(1);
	}
}
