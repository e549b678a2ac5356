/* SPDX-License-Identifier: MIT */
/*
 * Files and descriptors. System calls are made directly where libc's wrapper has opinions of its
 * own (flags that it adds, arguments that it rejects itself, retries).
 */
#include "executor.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The kernel sees the lower half of a descriptor, as it does from any program. */
static long word(uint64_t argument)
{
	return (long)argument;
}

void ac_op_open(struct ac_call *call)
{
	uint64_t file = call->arguments[0];
	const char *path;
	char node[AC_REGION_PATH_BYTES];

	if (file < ac_shared->regions)
		path = ac_shared->region_paths[file];
	else if (file >= AC_FIRST_FIXED_FILE && file - AC_FIRST_FIXED_FILE < AC_FILES_COUNT)
		path = ac_files[file - AC_FIRST_FIXED_FILE];
	else if (file >= AC_FIRST_MINOR && file - AC_FIRST_MINOR < AC_REGIONS_MAX)
		path = ac_node_path((unsigned)(file - AC_FIRST_MINOR), node, sizeof(node));
	else
		return;
	ac_call_begin(call);
	ac_call_end(call, syscall(SYS_openat, AT_FDCWD, path, word(call->arguments[1]), 0600));
}

void ac_op_close(struct ac_call *call)
{
	ac_call_begin(call);
	ac_call_end(call, syscall(SYS_close, word(call->arguments[0])));
}

void ac_op_ftruncate(struct ac_call *call)
{
	ac_call_begin(call);
	ac_call_end(call, ftruncate((int)call->arguments[0], (off_t)call->arguments[1]));
}

void ac_op_dup(struct ac_call *call)
{
	ac_call_begin(call);
	ac_call_end(call, syscall(SYS_dup, word(call->arguments[0])));
}

void ac_op_dup2(struct ac_call *call)
{
	ac_call_begin(call);
#ifdef SYS_dup2
	ac_call_end(call, syscall(SYS_dup2, word(call->arguments[0]), word(call->arguments[1])));
#else
	ac_call_end(call, dup2((int)call->arguments[0], (int)call->arguments[1]));
#endif
}

void ac_op_dup3(struct ac_call *call)
{
	ac_call_begin(call);
	ac_call_end(call, syscall(SYS_dup3, word(call->arguments[0]), word(call->arguments[1]),
				  word(call->arguments[2])));
}

void ac_op_fcntl(struct ac_call *call)
{
#ifdef SYS_fcntl64
	long number = SYS_fcntl64;
#else
	long number = SYS_fcntl;
#endif

	ac_call_begin(call);
	ac_call_end(call, syscall(number, word(call->arguments[0]), word(call->arguments[1]),
				  word(call->arguments[2])));
}

void ac_op_fstat(struct ac_call *call)
{
	uint64_t *out = (uint64_t *)(void *)call->context->out;
	struct stat status;
	int value;

	ac_call_begin(call);
	value = fstat((int)call->arguments[0], &status);
	ac_call_end(call, value);
	if (value != 0)
		return;
	out[0] = status.st_mode;
	out[1] = (uint64_t)status.st_size;
	out[2] = status.st_ino;
	out[3] = status.st_dev;
	out[4] = status.st_rdev;
	call->out_length = 5 * sizeof(*out);
}

void ac_op_lseek(struct ac_call *call)
{
	ac_call_begin(call);
	ac_call_end(call, lseek((int)call->arguments[0], (off_t)call->arguments[1],
				(int)call->arguments[2]));
}

void ac_op_pread(struct ac_call *call)
{
	uint64_t length = call->arguments[1];
	ssize_t got;

	if (length > AC_OUT_BYTES_MAX)
		length = AC_OUT_BYTES_MAX;
	ac_call_begin(call);
	got = pread((int)call->arguments[0], call->context->out, (size_t)length,
		    (off_t)call->arguments[2]);
	ac_call_end(call, got);
	call->out_length = got > 0 ? (uint32_t)got : 0;
}

void ac_op_pwrite(struct ac_call *call)
{
	ac_call_begin(call);
	ac_call_end(call, pwrite((int)call->arguments[0], call->data, call->operation->data_length,
				 (off_t)call->arguments[1]));
}

void ac_op_poll(struct ac_call *call)
{
	struct pollfd polled = {
		.fd = (int)call->arguments[0],
		.events = (short)call->arguments[1],
	};
	int value;

	ac_call_begin(call);
	value = poll(&polled, 1, (int)call->arguments[2]);
	ac_call_end(call, value < 0 ? value : (unsigned short)polled.revents);
}

void ac_op_memfd(struct ac_call *call)
{
	int descriptor;

	ac_call_begin(call);
	descriptor = (int)syscall(SYS_memfd_create, "allocert-case", 0u);
	if (descriptor >= 0 && ftruncate(descriptor, (off_t)call->arguments[0]) < 0) {
		int error = errno;

		close(descriptor);
		errno = error;
		descriptor = -1;
	}
	ac_call_end(call, descriptor);
}
