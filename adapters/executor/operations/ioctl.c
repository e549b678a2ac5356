/* SPDX-License-Identifier: MIT */
/* ioctl(2): the request as an unsigned long, which libc's prototype would cut, and its argument. */
#include "../include/executor.h"

#include <sys/syscall.h>
#include <unistd.h>

/* Whether the flipped field lies in the argument. */
static int can_flip(const struct ac_operation *operation)
{
	unsigned width = operation->neighbour;

	if (width != 1 && width != 2 && width != 4 && width != 8)
		return 0;
	return operation->distance >= 0 &&
	       (uint64_t)operation->distance + width <= operation->data_length;
}

void ac_op_ioctl(struct ac_call *call)
{
	const struct ac_operation *operation = call->operation;
	struct ac_place place;
	struct ac_flip *flip = NULL;

	if (operation->placement == AC_PLACEMENT_FLIPPED && !can_flip(operation))
		return;
	if (!ac_may_ioctl(call->arguments[1])) {
		ac_call_refuse(call);
		return;
	}
	if (ac_place_argument(call, &place) < 0)
		return;
	if (operation->placement == AC_PLACEMENT_FLIPPED) {
		flip = ac_flip_start(place.argument + operation->distance, operation->neighbour,
				     call->arguments[AC_OPERANDS_MAX - 1]);
		if (flip == NULL)
			return;
	}
	ac_call_begin(call);
	ac_call_end(call, AC_CALL(ioctl,
				  syscall(SYS_ioctl, (long)call->arguments[0],
					  (unsigned long)call->arguments[1], place.argument),
				  (int)call->arguments[0], call->arguments[1], place.argument));
	if (flip != NULL)
		ac_flip_stop(flip);
	ac_take_argument(call, &place);
}
