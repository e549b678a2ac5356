import type { OPERAND_STATES } from './argument-classes.ts';
import { MAP_SHARED, O_RDWR, PROT_READ, PROT_WRITE } from './linux.ts';
import type { Operand, Operation, SlotRef } from './program.ts';

/** A state of a descriptor. */
export type DescriptorState = (typeof OPERAND_STATES)['descriptor'][number];
/** A state of an address. */
export type AddressState = (typeof OPERAND_STATES)['address'][number];

/** What brings operands into a state. */
export interface Stage {
  /** Begins the names of its slots. */
  readonly name: string;
  /** Asks for a buffer of so many bytes. */
  allocate(slot: string, length: bigint): Operation;
  /** The descriptor that an allocation put into a slot. */
  descriptor(slot: string): SlotRef;
  /** Bytes in a page. */
  readonly page: bigint;
  /** What the client has from its parent. */
  readonly inherited: { readonly fd: Operand; readonly address: Operand };
}

/** An operand with the operations that lead to its state, and those that end it. */
export interface PreparedOperand {
  readonly before: readonly Operation[];
  readonly operand: Operand;
  /** Bytes of a mapping that an operation on it should name. */
  readonly length: bigint;
  readonly after: readonly Operation[];
}

/** A mapping has so many pages, so that it can have a hole and neighbours. */
export const STAGE_PAGES = 4n;

/** A descriptor in a state. */
export function prepareDescriptor(stage: Stage, state: DescriptorState): PreparedOperand {
  const { name, page } = stage;
  const length = page;
  const slot = `${name}-buffer`;
  const fd = stage.descriptor(slot);
  const allocate = stage.allocate(slot, length);
  const close: Operation = { op: 'close', fd };
  const ends = `${name}-ends`;
  const [here, there] = [0, 4].map((offset): SlotRef => endAt(ends, offset));
  const send: Operation[] = [
    { op: 'socketpair', slot: ends },
    { op: 'sendfd', fd: here ?? 0n, passed: fd },
  ];
  const closeEnds = [here, there].map((end): Operation => ({ op: 'close', fd: end ?? 0n }));
  switch (state) {
    case 'fresh':
      return { before: [allocate], operand: fd, length, after: [close] };
    case 'closed':
      return { before: [allocate, close], operand: fd, length, after: [] };
    case 'inherited':
      return { before: [], operand: stage.inherited.fd, length, after: [] };
    case 'mapped':
      return {
        before: [allocate, mapping(`${name}-mapped`, length, fd)],
        operand: fd,
        length,
        after: [{ op: 'munmap', address: { slot: `${name}-mapped` }, length }, close],
      };
    case 'sent':
      return { before: [allocate, ...send], operand: fd, length, after: [close, ...closeEnds] };
    case 'received':
    case 'duplicate':
    case 'other': {
      const copy = { slot: `${name}-${state}` };
      const made: Operation[] =
        state === 'other'
          ? [{ op: 'open', ...copy, file: '/dev/zero', flags: O_RDWR }]
          : state === 'duplicate'
            ? [allocate, { op: 'dup', ...copy, fd }]
            : [allocate, ...send, { op: 'recvfd', ...copy, fd: there ?? 0n }];
      const after: Operation[] = [{ op: 'close', fd: copy }];
      if (state !== 'other') after.push(close);
      if (state === 'received') after.push(...closeEnds);
      return { before: made, operand: copy, length, after };
    }
  }
}

/** An address in a state. */
export function prepareAddress(stage: Stage, state: AddressState): PreparedOperand {
  const { name, page } = stage;
  const whole = STAGE_PAGES * page;
  if (state === 'inherited') {
    return { before: [], operand: stage.inherited.address, length: page, after: [] };
  }
  const slot = `${name}-view`;
  const address = { slot };
  const fd = stage.descriptor(`${name}-buffer`);
  const before = [stage.allocate(`${name}-buffer`, whole), mapping(slot, whole, fd)];
  const unmap: Operation = { op: 'munmap', address, length: whole };
  const close: Operation = { op: 'close', fd };
  const cut: Operation = { op: 'munmap', address, offset: page, length: page };
  switch (state) {
    case 'whole':
      return { before, operand: address, length: whole, after: [unmap, close] };
    case 'part':
      return { before, operand: address, length: page, after: [unmap, close] };
    case 'cut':
      return { before: [...before, cut], operand: address, length: whole, after: [unmap, close] };
    case 'unmapped':
      return { before: [...before, unmap], operand: address, length: whole, after: [close] };
  }
}

const mapping = (slot: string, length: bigint, fd: Operand): Operation => ({
  op: 'mmap',
  slot,
  length,
  protection: PROT_READ | PROT_WRITE,
  flags: MAP_SHARED,
  fd,
});

const endAt = (slot: string, offset: number): SlotRef => ({ slot, offset, width: 4, signed: true });
