/* SPDX-License-Identifier: MIT */
/*
 * What code of a peer's own tries in a client, once it has been got to run there: each attempt by
 * name, with the errno that it came to, or 0. Clients are confined by the executor's own code.
 *
 *	hostile-client REGION VICTIM	a device of the machine, a process of the machine
 *
 * The first line says how far the client is confined.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../../adapters/executor/include/confine.h"
#include "../../../adapters/executor/include/executor.h"

__thread const struct allocert_vendor *ac_vendor;

static int is_first = 1;

static void tell(const char *what, long value)
{
	printf("%s\"%s\":%d", is_first ? "{" : ",", what, value < 0 ? errno : 0);
	is_first = 0;
}

static void open_file(const char *path, int flags)
{
	char what[128];
	int descriptor = open(path, flags, 0600);

	snprintf(what, sizeof(what), "open %s%s", path,
		 (flags & O_CREAT) != 0		  ? " new"
		 : (flags & O_ACCMODE) == O_RDONLY ? ""
						   : " for writing");
	tell(what, descriptor);
	if (descriptor >= 0)
		close(descriptor);
}

static void files(const char *region)
{
	open_file("/etc/shadow", O_RDONLY);
	open_file("/proc/1/root/etc/shadow", O_RDONLY);
	open_file("/proc/self/root/etc/shadow", O_RDONLY);
	open_file("/dev/mem", O_RDONLY);
	open_file("/tmp/allocert-hostile", O_CREAT | O_WRONLY);
	open_file("/allocert-hostile", O_CREAT | O_WRONLY);
	open_file("/proc/sys/kernel/hostname", O_WRONLY);
	open_file("/proc/sys/vm/drop_caches", O_WRONLY);
	open_file("/proc/1/mem", O_RDWR);
	open_file("/proc/kcore", O_RDONLY);
	open_file("/proc/self/exe", O_WRONLY);
	open_file("/sys/allocert-hostile", O_CREAT | O_WRONLY);
	open_file(region, O_RDWR);
	open_file("/proc/meminfo", O_RDONLY);
	open_file("/sys/devices/system/cpu/online", O_RDONLY);
	tell("chmod region", chmod(region, 0666));
	tell("chmod program", chmod("/proc/self/exe", 0777));
	tell("chown region", lchown(region, 1, 1));
	tell("unlink region", unlink(region));
	tell("mknod", mknod("/node", S_IFCHR | 0600, 0x101));
	tell("mkdir", mkdir("/folder", 0700));
	tell("fchmodat2", syscall(452, AT_FDCWD, region, 0666, 0));
	tell("setxattrat", syscall(463, AT_FDCWD, region, 0, "user.a", NULL, 0));
}

/* With itself, the supervisor and perhaps others of the executor's. */
static int processes(void)
{
	DIR *folder = opendir("/proc");
	struct dirent *entry;
	int count = 0;

	while (folder != NULL && (entry = readdir(folder)) != NULL)
		count += entry->d_name[0] >= '1' && entry->d_name[0] <= '9';
	if (folder != NULL)
		closedir(folder);
	return count;
}

static void others(pid_t victim)
{
	tell("kill victim", kill(victim, SIGKILL));
	/* Would reach all that it may reach but itself: there are none. */
	tell("kill all", kill(-1, 0));
	tell("kill supervisor", kill(1, SIGKILL));
	tell("ptrace", syscall(SYS_ptrace, 16 /* PTRACE_ATTACH */, victim, 0, 0));
	tell("few processes", processes() < 4 ? 0 : (errno = E2BIG, -1));
	tell("priority of victim", syscall(SYS_setpriority, 0, victim, 19));
}

static void machine(void)
{
	tell("mount", mount("none", "/proc", "tmpfs", 0, NULL));
	tell("umount", umount2("/proc", MNT_DETACH));
	tell("chroot", chroot("/proc"));
	tell("unshare", unshare(CLONE_NEWUSER));
	tell("setns", syscall(SYS_setns, -1, 0));
	tell("sethostname", sethostname("hostile", 7));
	tell("reboot", syscall(SYS_reboot, 0, 0, 0, NULL));
	tell("bpf", syscall(SYS_bpf, 0, NULL, 0));
	tell("init_module", syscall(SYS_init_module, NULL, 0, ""));
	tell("network", socket(AF_INET, SOCK_STREAM, 0));
	tell("netlink", socket(AF_NETLINK, SOCK_RAW, 0));
	tell("setgid", setresgid(1, 1, 1));
}

static void __attribute__((noreturn)) client(const char *region, pid_t victim)
{
	setpgid(0, 0);
	/* As the client's main does it. */
	if (ac_confine_root() < 0 || ac_confine_client() < 0)
		_exit(1);
	/* Where it is the machine's own, none of them is tried. */
	if (ac_shared->confined == AC_CONFINED_NAMESPACES) {
		files(region);
		others(victim);
	}
	machine();
	printf("}\n");
	fflush(stdout);
	_exit(0);
}

int main(int argc, char **argv)
{
	static const char *const names[] = { "none", "filter", "namespaces" };
	int status = 0;
	pid_t pid;

	if (argc != 3)
		return 2;
	ac_confine_enter();
	if (ac_shared_create() < 0)
		return 3;
	strcpy(ac_shared->region_paths[ac_shared->regions++], argv[1]);
	ac_confine_start();
	if (ac_confine_nodes() < 0)
		return 4;
	printf("%s\n", names[ac_shared->confined]);
	fflush(stdout);
	pid = fork();
	if (pid == 0)
		client(argv[1], (pid_t)atoi(argv[2]));
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return 5;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 6;
}
