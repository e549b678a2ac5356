/* SPDX-License-Identifier: MIT */
/*
 * Allocations of the kernel that fail on purpose. A thread says which one of its next system call
 * is to fail; only that call is armed, so that nothing of the executor's own ever fails. Source:
 * the kernel's Documentation/fault-injection/fault-injection.rst, fail-nth.
 */
#include "../include/executor.h"
#include "../include/faults.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define FAIL_NTH "/proc/thread-self/fail-nth"
/* Above what cases open, and within the table that every process starts with. */
#define ASIDE 56

__thread unsigned ac_fault_wanted;

static __thread struct {
	int descriptor; /* of the thread's own file, while a call is to be armed */
	int injected; /* of the call that was armed last */
	int armed;
} faults = { .descriptor = -1 };

static int write_number(unsigned number)
{
	char digits[16];
	int length = snprintf(digits, sizeof(digits), "%u", number);

	return pwrite(faults.descriptor, digits, (size_t)length, 0) == length ? 0 : -1;
}

/* The limit is the whole client's: of two threads one would restore what the other had raised. */
static pthread_mutex_t raising = PTHREAD_MUTEX_INITIALIZER;

/* The lowest free number is the next call's. The soft limit may be lower than any number here. */
static int open_aside(void)
{
	int descriptor = ac_open_own(FAIL_NTH, O_RDWR);
	struct rlimit before, most;
	int aside, error;

	if (descriptor < 0)
		return descriptor;
	aside = fcntl(descriptor, F_DUPFD_CLOEXEC, ASIDE);
	pthread_mutex_lock(&raising);
	if (aside < 0 && getrlimit(RLIMIT_NOFILE, &before) == 0) {
		most = before;
		most.rlim_cur = before.rlim_max;
		setrlimit(RLIMIT_NOFILE, &most);
		aside = fcntl(descriptor, F_DUPFD_CLOEXEC, ASIDE);
		error = errno;
		setrlimit(RLIMIT_NOFILE, &before);
		errno = error;
	}
	pthread_mutex_unlock(&raising);
	error = errno;
	close(descriptor);
	errno = error;
	return aside;
}

static void put_aside(void)
{
	if (faults.descriptor >= 0)
		close(faults.descriptor);
	faults.descriptor = -1;
	ac_fault_wanted = 0;
}

/* The kernel writes there: a page that is missing would be one more allocation to fail. */
static void touch(volatile uint8_t *bytes)
{
	for (size_t at = 0; at < AC_OUT_BYTES_MAX; at += 4096)
		bytes[at] = bytes[at];
}

void ac_op_failnth(struct ac_call *call)
{
	uint64_t nth = call->arguments[0];
	int injected = faults.injected;

	put_aside();
	ac_call_begin(call);
	if (nth > 0x7fffffffu) {
		errno = EINVAL;
		ac_call_end(call, -1);
		return;
	}
	faults.injected = 0;
	if (nth > 0) {
		faults.descriptor = open_aside();
		if (faults.descriptor < 0) {
			ac_call_end(call, -1);
			return;
		}
		touch(call->context->out);
	}
	ac_call_end(call, injected);
	ac_fault_wanted = (unsigned)nth;
}

void ac_faults_arm(void)
{
	int error = errno;

	if (ac_fault_wanted == 0)
		return;
	faults.armed = write_number(ac_fault_wanted) == 0;
	errno = error;
}

void ac_faults_disarm(void)
{
	int error = errno;
	char digits[16] = "";

	if (!faults.armed)
		return;
	faults.armed = 0;
	/* What is left of the count: 0 once the allocation has come and failed. */
	if (pread(faults.descriptor, digits, sizeof(digits) - 1, 0) > 0)
		faults.injected = strtoul(digits, NULL, 10) == 0;
	write_number(0);
	put_aside();
	errno = error;
}

static int reads_as(const char *path, char wanted)
{
	int descriptor = open(path, O_RDONLY | O_CLOEXEC);
	char first = 0;
	int equal;

	if (descriptor < 0)
		return 0;
	equal = read(descriptor, &first, 1) == 1 && first == wanted;
	close(descriptor);
	return equal;
}

#define FAILSLAB "/sys/kernel/debug/failslab/"
#define FAIL_PAGE "/sys/kernel/debug/fail_page_alloc/"
#define FAIL_USERCOPY "/sys/kernel/debug/fail_usercopy/"

int ac_faults_offered(void)
{
	return access(FAIL_NTH, W_OK) == 0 && reads_as(FAILSLAB "ignore-gfp-wait", 'N') &&
	       reads_as(FAILSLAB "verbose", '0') && reads_as(FAIL_PAGE "verbose", '0') &&
	       reads_as(FAIL_PAGE "ignore-gfp-wait", 'N') && reads_as(FAIL_PAGE "min-order", '0');
}

const char *ac_faults_kinds(void)
{
	return access(FAIL_USERCOPY, F_OK) == 0 ? "slab,page,usercopy" : "slab,page";
}

static void set(const char *path, const char *value)
{
	int descriptor = open(path, O_WRONLY | O_CLOEXEC);

	if (descriptor < 0)
		return;
	if (write(descriptor, value, strlen(value)) < 0)
		printf("allocert: cannot set %s: %s\n", path, strerror(errno));
	close(descriptor);
}

void ac_faults_prepare(void)
{
	set(FAILSLAB "ignore-gfp-wait", "N");
	set(FAILSLAB "verbose", "0");
	set(FAIL_PAGE "ignore-gfp-wait", "N");
	set(FAIL_PAGE "min-order", "0");
	set(FAIL_PAGE "verbose", "0");
	set(FAIL_USERCOPY "verbose", "0");
}
