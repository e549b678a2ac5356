import { type AbiName, linux } from '../../adapters/contract/index.ts';
import { commandOf, readField } from '../../catalogue/abi-request.ts';
import type { Abi, Role } from '../../catalogue/catalogue.ts';
import { openFlags, unsigned } from './c-text.ts';

/** How an ABI's own header spells it. */
interface Spelling {
  readonly struct: string;
  readonly command: string;
  /** Members in their order. */
  readonly members: readonly (readonly [type: string, name: string, role: Role])[];
}

const SPELLINGS: Readonly<Record<AbiName, Spelling>> = {
  'dma-heap': {
    struct: 'dma_heap_allocation_data',
    command: 'DMA_HEAP_IOCTL_ALLOC',
    members: [
      ['uint64_t', 'len', 'length'],
      ['int32_t', 'fd', 'descriptor'],
      ['uint32_t', 'fd_flags', 'flags'],
      ['uint64_t', 'heap_flags', 'reserved1'],
    ],
  },
  'simple-allocator': {
    struct: 'simple_allocate_data',
    command: 'SA_IOC_ALLOC',
    members: [
      ['uint64_t', 'version', 'version'],
      ['uint64_t', 'length', 'length'],
      ['uint32_t', 'flags', 'flags'],
      ['uint32_t', 'reserved1', 'reserved1'],
      ['int32_t', 'fd', 'descriptor'],
      ['uint32_t', 'reserved2', 'reserved2'],
    ],
  },
};

/** The C type of a request. */
export const requestType = (abi: Abi): string => `struct ${SPELLINGS[abi.name].struct}`;

/** The member of a request that has a role. */
export const memberOf = (abi: Abi, role: Role): string =>
  SPELLINGS[abi.name].members.find(([, , one]) => one === role)?.[1] ?? role;

/** Struct and command as the ABI's header defines them. */
export function abiDefinitions(abi: Abi): string[] {
  const { struct, command, members } = SPELLINGS[abi.name];
  const { type, nr } = abi.command;
  return [
    `/* ${abi.source} */`,
    `struct ${struct} {`,
    ...members.map(([kind, name]) => `\t${kind} ${name};`),
    '};',
    '',
    `#define ${command} _IOWR('${type}', ${nr}, struct ${struct})`,
  ];
}

const DIRECTIONS = ['_IOC_NONE', '_IOC_WRITE', '_IOC_READ', '_IOC_READ | _IOC_WRITE'];

/** An ioctl number: the ABI's command by name, others by what they consist of. */
export function commandText(abi: Abi, request: bigint): string {
  const value = BigInt.asUintN(32, request);
  if (value === commandOf(abi)) return SPELLINGS[abi.name].command;
  const type = Number(linux.ioctlType(value));
  const letter = /[A-Za-z0-9]/.test(String.fromCharCode(type))
    ? `'${String.fromCharCode(type)}'`
    : `0x${type.toString(16)}`;
  const direction = DIRECTIONS[Number(linux.ioctlDirection(value))] ?? '';
  return `_IOC(${direction}, ${letter}, ${linux.ioctlNr(value)}, ${linux.ioctlSize(value)})`;
}

/** A request as a compound literal; members that are 0 are left out. */
export function requestLiteral(abi: Abi, bytes: Uint8Array): string[] {
  const { struct, members } = SPELLINGS[abi.name];
  const given = members.flatMap(([, name, role]) => {
    const field = abi.fields[role];
    const value = field === undefined ? 0n : readField(bytes, field);
    if (value === 0n) return [];
    if (role === 'flags') return [`.${name} = ${openFlags(value)}`];
    return [`.${name} = ${field?.signed === true ? String(value) : unsigned(value)}`];
  });
  const inside = given.length === 0 ? [`.${members[0]?.[1]} = 0`] : given;
  const short = `(struct ${struct}){ ${inside.join(', ')} }`;
  if (short.length <= 64) return [short];
  return [`(struct ${struct}){`, ...inside.map((one) => `\t${one},`), '}'];
}
