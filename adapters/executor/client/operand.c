/* SPDX-License-Identifier: MIT */
/*
 * Slots, and the operands that refer to them. What cannot be resolved is -1, as failed calls are.
 */
#include "../include/executor.h"

#include <string.h>

static uint64_t field_of(const struct ac_slot *slot, const struct ac_operand *operand)
{
	uint64_t value = 0;
	unsigned bits = operand->width * 8u;

	if (operand->value > AC_SLOT_OUT_BYTES ||
	    operand->value + operand->width > slot->out_length)
		return UINT64_MAX;
	memcpy(&value, slot->out + operand->value, operand->width);
	if ((operand->flags & AC_OPERAND_SIGNED) && bits < 64 && (value >> (bits - 1)) != 0)
		value |= UINT64_MAX << bits;
	return value;
}

static uint64_t slot_index(uint32_t slot, int indexed, uint64_t iteration)
{
	return indexed ? slot + iteration : slot;
}

uint64_t ac_operand_value(const struct ac_operand *operand, uint64_t iteration)
{
	const struct ac_slot *slot;
	uint64_t index;

	if (operand->kind == 0)
		return operand->value;
	index = slot_index(operand->slot, operand->flags & AC_OPERAND_INDEXED, iteration);
	if (index >= AC_SLOTS_MAX || !ac_shared->slots[index].filled)
		return UINT64_MAX;
	slot = &ac_shared->slots[index];
	return operand->kind == 1 ? (uint64_t)slot->value : field_of(slot, operand);
}

void ac_slot_store(const struct ac_operation *operation, uint64_t iteration,
		   const struct ac_result *result, const uint8_t *out)
{
	uint64_t index = slot_index(operation->slot, operation->flags & AC_OPERATION_INDEXED,
				    iteration);
	uint32_t top = atomic_load(&ac_shared->slots_top);
	struct ac_slot *slot;

	if (index >= AC_SLOTS_MAX)
		return;
	slot = &ac_shared->slots[index];
	slot->value = result->value;
	slot->out_length = result->out_length < AC_SLOT_OUT_BYTES ? result->out_length
								  : AC_SLOT_OUT_BYTES;
	memcpy(slot->out, out, slot->out_length);
	slot->filled = 1;
	while (top < index + 1 &&
	       !atomic_compare_exchange_weak(&ac_shared->slots_top, &top, (uint32_t)index + 1))
		continue;
}
