/* SPDX-License-Identifier: MIT */
/*
 * Files and descriptors. System calls are made directly where libc's wrapper has opinions of its
 * own (flags that it adds, arguments that it rejects itself, retries).
 */
#include "../include/executor.h"

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
	long flags = word(call->arguments[1]);
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
	if (!ac_may_open(call->arguments[1])) {
		ac_call_refuse(call);
		return;
	}
	ac_call_begin(call);
	ac_call_end(call,
		    AC_CALL(open, syscall(SYS_openat, AT_FDCWD, path, flags, 0600), path,
			    (int)flags));
}

void ac_op_close(struct ac_call *call)
{
	ac_call_begin(call);
	ac_call_end(call, AC_CALL(close, syscall(SYS_close, word(call->arguments[0])),
				  (int)call->arguments[0]));
}

void ac_op_ftruncate(struct ac_call *call)
{
	ac_call_begin(call);
	ac_call_end(call, AC_CALL(ftruncate,
				  ftruncate((int)call->arguments[0], (off_t)call->arguments[1]),
				  (int)call->arguments[0], (int64_t)call->arguments[1]));
}

void ac_op_dup(struct ac_call *call)
{
	ac_call_begin(call);
	ac_call_end(call, AC_CALL(dup, syscall(SYS_dup, word(call->arguments[0])),
				  (int)call->arguments[0]));
}

static long kernel_dup2(uint64_t descriptor, uint64_t wanted)
{
#ifdef SYS_dup2
	return syscall(SYS_dup2, word(descriptor), word(wanted));
#else
	return dup2((int)descriptor, (int)wanted);
#endif
}

void ac_op_dup2(struct ac_call *call)
{
	ac_call_begin(call);
	ac_call_end(call, AC_CALL(dup2, kernel_dup2(call->arguments[0], call->arguments[1]),
				  (int)call->arguments[0], (int)call->arguments[1]));
}

void ac_op_dup3(struct ac_call *call)
{
	ac_call_begin(call);
	ac_call_end(call, AC_CALL(dup3,
				  syscall(SYS_dup3, word(call->arguments[0]),
					  word(call->arguments[1]), word(call->arguments[2])),
				  (int)call->arguments[0], (int)call->arguments[1],
				  (int)call->arguments[2]));
}

void ac_op_fcntl(struct ac_call *call)
{
#ifdef SYS_fcntl64
	long number = SYS_fcntl64;
#else
	long number = SYS_fcntl;
#endif

	if (!ac_may_fcntl(call->arguments[1], call->arguments[2])) {
		ac_call_refuse(call);
		return;
	}
	ac_call_begin(call);
	ac_call_end(call, AC_CALL(fcntl,
				  syscall(number, word(call->arguments[0]),
					  word(call->arguments[1]), word(call->arguments[2])),
				  (int)call->arguments[0], (int)call->arguments[1],
				  call->arguments[2]));
}

static int kernel_fstat(int fd, struct allocert_status *out)
{
	struct stat status;

	if (fstat(fd, &status) < 0)
		return -1;
	*out = (struct allocert_status){
		.mode = status.st_mode,
		.size = (uint64_t)status.st_size,
		.inode = status.st_ino,
		.device = status.st_dev,
		.special = status.st_rdev,
	};
	return 0;
}

void ac_op_fstat(struct ac_call *call)
{
	struct allocert_status *out = (struct allocert_status *)(void *)call->context->out;
	int fd = (int)call->arguments[0];
	int64_t value;

	ac_call_begin(call);
	value = AC_CALL(fstat, kernel_fstat(fd, out), fd, out);
	ac_call_end(call, value);
	if (value == 0)
		call->out_length = sizeof(*out);
}

void ac_op_lseek(struct ac_call *call)
{
	ac_call_begin(call);
	ac_call_end(call, AC_CALL(lseek,
				  lseek((int)call->arguments[0], (off_t)call->arguments[1],
					(int)call->arguments[2]),
				  (int)call->arguments[0], (int64_t)call->arguments[1],
				  (int)call->arguments[2]));
}

void ac_op_pread(struct ac_call *call)
{
	uint64_t length = call->arguments[1];
	uint8_t *out = call->context->out;
	int fd = (int)call->arguments[0];
	int64_t got;

	if (length > AC_OUT_BYTES_MAX)
		length = AC_OUT_BYTES_MAX;
	ac_call_begin(call);
	got = AC_CALL(pread, pread(fd, out, (size_t)length, (off_t)call->arguments[2]), fd, out,
		      length, (int64_t)call->arguments[2]);
	ac_call_end(call, got);
	call->out_length = got > 0 ? (uint32_t)got : 0;
}

void ac_op_pwrite(struct ac_call *call)
{
	uint32_t length = call->operation->data_length;
	int fd = (int)call->arguments[0];

	ac_call_begin(call);
	ac_call_end(call, AC_CALL(pwrite,
				  pwrite(fd, call->data, length, (off_t)call->arguments[1]), fd,
				  call->data, length, (int64_t)call->arguments[1]));
}

static int kernel_poll(struct pollfd *polled, int timeout)
{
	int value = poll(polled, 1, timeout);

	return value < 0 ? value : (unsigned short)polled->revents;
}

void ac_op_poll(struct ac_call *call)
{
	struct pollfd polled = {
		.fd = (int)call->arguments[0],
		.events = (short)call->arguments[1],
	};
	int timeout = (int)call->arguments[2];

	ac_call_begin(call);
	ac_call_end(call, AC_CALL(poll, kernel_poll(&polled, timeout), polled.fd, polled.events,
				  timeout));
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
