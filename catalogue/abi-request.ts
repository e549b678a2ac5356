import { linux } from '../adapters/contract/index.ts';
import type { Abi, AbiField, Role } from './catalogue.ts';

/** Values of an allocation's fields, by role; what is left out has its valid default. */
export type Fields = Readonly<Partial<Record<Role, bigint>>>;

/** The allocation command's number. */
export function commandOf(abi: Abi): bigint {
  const known = commands.get(abi);
  if (known !== undefined) return known;
  const { type, nr, size } = abi.command;
  const both = linux.IOC_READ | linux.IOC_WRITE;
  const command = linux.ioctlNumber(both, type, BigInt(nr), BigInt(size));
  commands.set(abi, command);
  return command;
}

/** It is asked for with each operation of a round. */
const commands = new WeakMap<Abi, bigint>();

/**
 * The bytes of an allocation request: a valid one, with the given fields changed.
 *
 * @throws Error when the ABI has no such field
 */
export function requestBytes(abi: Abi, fields: Fields): Uint8Array {
  const bytes = new Uint8Array(abi.command.size);
  if (!('flags' in fields)) writeField(bytes, fieldOf(abi, 'flags'), DEFAULT_FLAGS);
  for (const role of Object.keys(fields) as Role[]) {
    writeField(bytes, fieldOf(abi, role), fields[role] as bigint);
  }
  return bytes;
}

const DEFAULT_FLAGS = linux.O_RDWR | linux.O_CLOEXEC;

/** Where a role lies in the ABI's argument. */
export function fieldOf(abi: Abi, role: Role): AbiField {
  const field = abi.fields[role];
  if (field === undefined) throw new Error(`the ${abi.name} ABI has no ${role} field`);
  return field;
}

function writeField(bytes: Uint8Array, { offset, width }: AbiField, value: bigint): void {
  SCRATCH.setBigUint64(0, BigInt.asUintN(64, value), true);
  for (let at = 0; at < width; at += 1) bytes[offset + at] = SCRATCH_BYTES[at] as number;
}

/** Where fields are put together: to make a view of each argument costs more than to copy. */
const SCRATCH = new DataView(new ArrayBuffer(8));
const SCRATCH_BYTES = new Uint8Array(SCRATCH.buffer);

/**
 * The value of a field in an argument's bytes; 0 where these end before it, as in a Program that
 * somebody else has written.
 */
export function readField(bytes: Uint8Array, field: AbiField): bigint {
  const { offset, width } = field;
  if (bytes.length < offset + width) return 0n;
  for (let at = 0; at < width; at += 1) SCRATCH_BYTES[at] = bytes[offset + at] as number;
  if (width === 8) return SCRATCH.getBigUint64(0, true);
  return BigInt(field.signed === true ? SCRATCH.getInt32(0, true) : SCRATCH.getUint32(0, true));
}

/** The argument with its output fields blanked: what must not change over a call. */
export function withoutOutputs(abi: Abi, bytes: Uint8Array): Uint8Array {
  const rest = new Uint8Array(bytes);
  for (const { offset, width } of outputsOf(abi)) rest.fill(0, offset, offset + width);
  return rest;
}

/** Whether two arguments are of one length and differ in nothing but output fields. */
export function sameInputs(abi: Abi, one: Uint8Array, other: Uint8Array): boolean {
  if (one.length !== other.length) return false;
  for (let at = 0; at < one.length; at += 1) {
    if (one[at] === other[at]) continue;
    const isOutput = outputsOf(abi).some(
      ({ offset, width }) => offset <= at && at < offset + width,
    );
    if (!isOutput) return false;
  }
  return true;
}

function outputsOf(abi: Abi): readonly AbiField[] {
  const known = outputs.get(abi);
  if (known !== undefined) return known;
  const fields = Object.values(abi.fields).filter((field) => field.output === true);
  outputs.set(abi, fields);
  return fields;
}

const outputs = new WeakMap<Abi, readonly AbiField[]>();
