import type { Abi } from '../../catalogue/catalogue.ts';

/** A member of a structure: its name, and where it lies in bytes. */
interface Member {
  readonly name: string;
  readonly offset: number;
  readonly width: number;
}

/** What an agent tells of a structure: its size, and `NAME@OFFSET+WIDTH` of each member. */
const LAYOUT = /^(\d{1,9})((?: \w{0,64}@\d{1,9}\+\d{1,9}){0,64})$/;

/**
 * What is different between the argument as the ABI states it and as a kernel was compiled with it,
 * in words: its size, and a field that is no member of the same place and width.
 *
 * @param told the detail `layout NAME` of a target's facts
 */
export function layoutDifferences(abi: Abi, told: string): string[] {
  const [, size, list = ''] = LAYOUT.exec(told) ?? [];
  if (size === undefined) return ['this says no layout'];
  const members = [...list.matchAll(/(\w*)@(\d+)\+(\d+)/g)].map(
    ([, name = '', offset, width]): Member => ({
      name,
      offset: Number(offset),
      width: Number(width),
    }),
  );
  const fields = Object.entries(abi.fields).map(([role, { offset, width }]) => ({
    role,
    offset,
    width,
  }));
  const missing = fields.filter((field) => !members.some((one) => isAt(one, field)));
  const more = members.filter((member) => !fields.some((field) => isAt(member, field)));
  return [
    ...(Number(size) === abi.command.size ? [] : [`the ABI's has ${abi.command.size} bytes`]),
    ...missing.map(
      ({ role, offset, width }) => `no member is ${role}, ${width} bytes at ${offset}`,
    ),
    ...more.map(
      ({ name, offset, width }) => `${name}, ${width} bytes at ${offset}, is not a field`,
    ),
  ];
}

const isAt = (one: Member, other: { readonly offset: number; readonly width: number }): boolean =>
  one.offset === other.offset && one.width === other.width;
