/* SPDX-License-Identifier: MIT */
/* What the machine says of itself, as lines of key=value. */
#include "../include/agent.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "../include/edges.h"
#include "../include/faults.h"
#include "../include/patience.h"
#include "../include/traced.h"
#include "../include/vendor.h"

void agent_line(struct agent_sheet *sheet, const char *format, ...)
{
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsnprintf(sheet->text + sheet->used, sheet->room - sheet->used, format, arguments);
	va_end(arguments);
	if (length > 0 && (size_t)length < sheet->room - sheet->used)
		sheet->used += (size_t)length;
}

static const char *error_name(int error)
{
	switch (error) {
	case ENOENT:
		return "ENOENT";
	case EACCES:
		return "EACCES";
	case ENOTDIR:
		return "ENOTDIR";
	case EPERM:
		return "EPERM";
	case ELOOP:
		return "ELOOP";
	default:
		return "EIO";
	}
}

/* What a library says of itself is taken at its word. */
static void library(struct agent_sheet *sheet)
{
	agent_line(sheet, "library=%s\nregion.0=%s\n", ac_vendor->name, ac_vendor->node);
	agent_line(sheet, "region.0.abi=%s\n", ac_vendor->abi);
	agent_line(sheet, "region.0.bytes=%llu\n", (unsigned long long)ac_vendor->region_bytes);
	if (ac_vendor->capabilities != NULL)
		agent_line(sheet, "library.capabilities=%s\n", ac_vendor->capabilities);
}

static void regions(struct agent_sheet *sheet)
{
	for (uint32_t i = 0; i < ac_shared->regions; i++) {
		struct stat status;

		agent_line(sheet, "region.%u=%s\n", i, ac_shared->region_paths[i]);
		if (stat(ac_shared->region_paths[i], &status) < 0)
			agent_line(sheet, "region.%u.error=%s\n", i, error_name(errno));
	}
}

static void memory_line(struct agent_sheet *sheet, const char *meminfo, const char *key)
{
	const char *at = strstr(meminfo, key);
	unsigned long long kilobytes;

	if (at != NULL && sscanf(at + strlen(key), ": %llu kB", &kilobytes) == 1)
		agent_line(sheet, "meminfo.%s=%llu\n", key, kilobytes);
}

static void memory(struct agent_sheet *sheet)
{
	char meminfo[8192] = "";
	int descriptor = open("/proc/meminfo", O_RDONLY | O_CLOEXEC);
	ssize_t got;

	if (descriptor < 0)
		return;
	got = read(descriptor, meminfo, sizeof(meminfo) - 1);
	close(descriptor);
	if (got <= 0)
		return;
	memory_line(sheet, meminfo, "MemTotal");
	memory_line(sheet, meminfo, "CmaTotal");
}

static int have_sockets(void)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair) < 0)
		return 0;
	close(pair[0]);
	close(pair[1]);
	return 1;
}

/* The first line of a small file of procfs, behind a name; nothing where it cannot be read. */
static void line_of_file(struct agent_sheet *sheet, const char *name, const char *path)
{
	char text[4096] = "";
	int descriptor = open(path, O_RDONLY | O_CLOEXEC);

	if (descriptor < 0)
		return;
	if (read(descriptor, text, sizeof(text) - 1) > 0)
		agent_line(sheet, "%s=%.*s\n", name, (int)strcspn(text, "\n"), text);
	close(descriptor);
}

static void confinement(struct agent_sheet *sheet)
{
	static const char *const names[] = { "none", "filter", "namespaces" };

	agent_line(sheet, "confinement=%s\n", names[ac_shared->confined]);
}

int agent_in_guest;

/* They are all of the machine's: where others make some, they say nothing of a case. */
static void counts_of_dma_bufs(struct agent_sheet *sheet)
{
	int list = access("/sys/kernel/debug/dma_buf/bufinfo", R_OK) == 0;
	int events = ac_traced_offered();

	if (agent_in_guest && (list || events))
		agent_line(sheet, "dma_bufs=%s%s%s\n", list ? "bufinfo" : "",
			   list && events ? "," : "", events ? "tracepoints" : "");
}

size_t agent_facts(char *text, size_t room)
{
	struct agent_sheet sheet = { .text = text, .room = room };
	struct utsname name;
	char instruments[128];

	if (uname(&name) == 0) {
		agent_line(&sheet, "sysname=%s\nrelease=%s\n", name.sysname, name.release);
		agent_line(&sheet, "version=%s\nmachine=%s\n", name.version, name.machine);
	}
	agent_line(&sheet, "page_size=%ld\n", sysconf(_SC_PAGESIZE));
	agent_line(&sheet, "pointer_bytes=%u\n", (unsigned)sizeof(void *));
	agent_line(&sheet, "kernel_log=%d\n", agent_log_known());
	ac_slowness_measure();
	agent_line(&sheet, "slowness=%u.%u\n", ac_shared->slowness / 10, ac_shared->slowness % 10);
	line_of_file(&sheet, "taint", "/proc/sys/kernel/tainted");
	if (agent_instruments(instruments, sizeof(instruments)))
		agent_line(&sheet, "instruments=%s\n", instruments);
	confinement(&sheet);
	counts_of_dma_bufs(&sheet);
	/* Clients of a guest may open it; those that are confined may not. */
	if (agent_in_guest && ac_edges_offered())
		agent_line(&sheet, "edges=kcov\n");
	memory(&sheet);
	agent_line(&sheet, "capabilities=files,memory%s,limits,timing%s%s%s%s%s\n",
	     ac_shared->adopts ? ",clients" : "", have_sockets() ? ",sockets" : "",
	     access("/proc/self/fd", R_OK) == 0 ? ",procfs" : "",
	     /* Without CAP_SYS_ADMIN the file is there and shows no frame numbers. */
	     access("/proc/self/pagemap", R_OK) == 0 && geteuid() == 0 ? ",frames" : "",
	     access("/dev/allocert_control", W_OK) == 0 ? ",registry" : "",
	     ac_faults_offered() ? ",faults" : "");
	if (ac_faults_offered())
		agent_line(&sheet, "faults=%s\n", ac_faults_kinds());
	if (ac_vendor == NULL) {
		line_of_file(&sheet, "command_line", "/proc/cmdline");
		regions(&sheet);
		agent_areas(&sheet);
		agent_layouts(&sheet);
	} else {
		library(&sheet);
	}
	return sheet.used;
}
