/* SPDX-License-Identifier: MIT */
/*
 * What a guest with the modules' build for tests shows of its memory: the events of dma-bufs that
 * its init has counted, and that pages which a defect has lost come back.
 */
#define _GNU_SOURCE
#include "../../adapters/executor/operations/traced.c"

#include <sys/ioctl.h>
#include <sys/syscall.h>

#include "../../targets/linux/include/uapi/linux/simple-allocator.h"

#define DEFECT "/sys/module/simple_allocator/parameters/defect"
#define MEMORY "/sys/class/simple_allocator/cma0/memory"
#define TIMES 5

int ac_open_own(const char *path, int flags)
{
	return open(path, flags | O_CLOEXEC);
}

static int read_text(const char *path, char *text, size_t room)
{
	int file = open(path, O_RDONLY);
	ssize_t got = file < 0 ? -1 : read(file, text, room - 1);

	if (got < 0)
		exit(3);
	close(file);
	text[got] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return (int)got;
}

static char area[64];

static long free_pages(void)
{
	char path[160];
	char text[64];

	snprintf(path, sizeof(path), "/sys/kernel/mm/cma/%s/available_pages", area);
	read_text(path, text, sizeof(text));
	return atol(text);
}

static void switch_on(const char *defect)
{
	int file = open(DEFECT, O_WRONLY);

	if (file < 0 || write(file, defect, strlen(defect)) < 0)
		exit(4);
	close(file);
}

static void make_and_close(int times)
{
	int device = open("/dev/cma0", O_RDWR);

	for (int i = 0; i < times; i++) {
		struct simple_allocate_data data = { .length = 4096, .flags = O_RDWR };

		if (ioctl(device, SA_IOC_ALLOC, &data) < 0)
			exit(5);
		close(data.fd);
	}
	close(device);
}

static void show_events(void)
{
	static uint8_t text[512];
	int64_t length = ac_traced_counts(text, sizeof(text));

	for (int64_t i = 0; i < length; i++)
		text[i] = text[i] == '\n' ? ' ' : text[i];
	printf("events: %.*s\n", (int)(length < 0 ? 0 : length), (char *)text);
}

int main(void)
{
	char memory[96];
	long before;

	read_text(MEMORY, memory, sizeof(memory));
	if (sscanf(memory, "CMA area %60s", area) != 1)
		return 6;
	before = free_pages();
	switch_on("none");
	make_and_close(TIMES);
	show_events();
	printf("right: %ld\n", before - free_pages());
	switch_on("leak-on-close");
	make_and_close(TIMES);
	printf("lost: %ld\n", before - free_pages());
	switch_on("none");
	make_and_close(1);
	printf("switched off: %ld\n", before - free_pages());
	switch_on("leak-on-close");
	make_and_close(TIMES);
	if (syscall(SYS_delete_module, "allocert_control", 0) < 0 ||
	    syscall(SYS_delete_module, "sa_cma", 0) < 0)
		return 7;
	printf("module gone: %ld\n", before - free_pages());
	return 0;
}
