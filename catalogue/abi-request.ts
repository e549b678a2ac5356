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
  const values: Fields = { flags: linux.O_RDWR | linux.O_CLOEXEC, ...fields };
  for (const [role, value] of Object.entries(values) as [Role, bigint][]) {
    writeField(bytes, fieldOf(abi, role), value);
  }
  return bytes;
}

/** Where a role lies in the ABI's argument. */
export function fieldOf(abi: Abi, role: Role): AbiField {
  const field = abi.fields[role];
  if (field === undefined) throw new Error(`the ${abi.name} ABI has no ${role} field`);
  return field;
}

function writeField(bytes: Uint8Array, field: AbiField, value: bigint): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  if (field.width === 8) view.setBigUint64(field.offset, BigInt.asUintN(64, value), true);
  else view.setUint32(field.offset, Number(BigInt.asUintN(32, value)), true);
}

/**
 * The value of a field in an argument's bytes; 0 where these end before it, as in a Program that
 * somebody else has written.
 */
export function readField(bytes: Uint8Array, field: AbiField): bigint {
  if (bytes.byteLength < field.offset + field.width) return 0n;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (field.width === 8) return view.getBigUint64(field.offset, true);
  return BigInt(
    field.signed === true ? view.getInt32(field.offset, true) : view.getUint32(field.offset, true),
  );
}

/** The argument with its output fields blanked: what must not change over a call. */
export function withoutOutputs(abi: Abi, bytes: Uint8Array): Uint8Array {
  const rest = Uint8Array.from(bytes);
  for (const field of Object.values(abi.fields)) {
    if (field.output === true) rest.fill(0, field.offset, field.offset + field.width);
  }
  return rest;
}
