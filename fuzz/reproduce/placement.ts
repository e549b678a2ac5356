import type { Argument, Neighbour, Placement } from '../../adapters/contract/index.ts';
import type { Abi } from '../../catalogue/catalogue.ts';
import { memberOf } from './abi-text.ts';
import { Unwritable, unsigned } from './c-text.ts';

/** A request's argument in memory. */
export interface PlacedCall {
  readonly before: readonly string[];
  /** The pointer that the call is given. */
  readonly pointer: string;
  readonly after: readonly string[];
}

/** Facts that decide where an argument can lie. */
interface Surroundings {
  readonly abi: Abi;
  /** Bytes in a page. */
  readonly page: number;
  readonly architecture: string;
}

const PROTECTIONS: Readonly<Record<Exclude<Neighbour, 'unmapped'>, string>> = {
  none: 'PROT_NONE',
  'read-only': 'PROT_READ',
  'write-only': 'PROT_WRITE',
};
const OPEN = 'PROT_READ | PROT_WRITE';
/** Where an unaligned argument begins, before its bytes are added. */
const PLAIN_OFFSET = 256;

/**
 * Puts a request where its placement wants it, as the executor does: two pages, whose second is
 * the neighbour.
 *
 * @param name the variable that holds the request, and that its answer is copied back to
 * @throws {@link Unwritable} for an argument that does not lie in these pages
 */
export function placed(name: string, { bytes, placement }: Argument, at: Surroundings): PlacedCall {
  const size = bytes.length;
  if (placement === undefined) return placed(name, { bytes, placement: { kind: 'plain' } }, at);
  switch (placement.kind) {
    case 'plain':
      return { before: [], pointer: `&${name}`, after: [] };
    case 'null':
      return nowhere(name, 'NULL', at.abi);
    case 'kernel':
      // Inside of the linear mapping, or at least in the last page.
      return nowhere(
        name,
        at.architecture === 'x86_64' ? '(void *)0xffff888000000000ul' : '(void *)-4096l',
        at.abi,
      );
    case 'unmapped':
      return inPages(name, { offset: at.page, own: OPEN, neighbour: 'UNMAPPED', present: 0 }, at);
    case 'page': {
      const own = PROTECTIONS[placement.protection];
      return inPages(name, { offset: 0, own, neighbour: OPEN, present: size }, at);
    }
    case 'page-end':
      return atPageEnd(name, size, placement, at);
    case 'unaligned': {
      const offset = PLAIN_OFFSET + placement.by;
      return inPages(name, { offset, own: OPEN, neighbour: OPEN, present: size }, at);
    }
    case 'flipped':
      return flipped(name, placement, at.abi);
  }
}

/** Sets the descriptor of a request whose argument has no memory to all ones. */
const nothing = (name: string, abi: Abi): string => `${name}.${memberOf(abi, 'descriptor')} = -1;`;

const nowhere = (name: string, pointer: string, abi: Abi): PlacedCall => ({
  before: [],
  pointer,
  after: [nothing(name, abi)],
});

interface Pages {
  readonly offset: number;
  readonly own: string;
  readonly neighbour: string;
  /** Bytes that lie in memory. */
  readonly present: number;
}

function inPages(name: string, pages: Pages, { abi, page }: Surroundings): PlacedCall {
  if (pages.offset < 0 || pages.offset > page) {
    throw new Unwritable(
      'an argument lies outside of the two pages that a C program sets up for it',
    );
  }
  const at = `at_${name.replace(/^.*[.>]/, '')}`;
  const how = `${pages.offset}, ${pages.own}, ${pages.neighbour}`;
  const back = `take_back(&${name}, ${at}, ${pages.offset}, ${pages.present});`;
  return {
    before: [`char *${at} = place(&${name}, sizeof(${name}), ${how});`],
    pointer: at,
    after: pages.present === 0 ? [nothing(name, abi)] : [back],
  };
}

function atPageEnd(
  name: string,
  size: number,
  { distance, neighbour }: Extract<Placement, { kind: 'page-end' }>,
  at: Surroundings,
): PlacedCall {
  const offset = at.page - distance - size;
  const beside = neighbour === 'unmapped' ? 'UNMAPPED' : PROTECTIONS[neighbour];
  const present = neighbour === 'unmapped' ? Math.max(0, Math.min(size, at.page - offset)) : size;
  return inPages(name, { offset, own: OPEN, neighbour: beside, present }, at);
}

function flipped(
  name: string,
  { offset, value, width }: Extract<Placement, { kind: 'flipped' }>,
  abi: Abi,
): PlacedCall {
  const roles = Object.entries(abi.fields) as [
    Parameters<typeof memberOf>[1],
    { offset: number; width: number },
  ][];
  const field = roles.find(([, one]) => one.offset === offset && one.width === width);
  if (field === undefined || width !== 8) {
    throw new Unwritable('a request changes in bytes outside the 64-bit fields of the ABI');
  }
  const member = `${name}.${memberOf(abi, field[0])}`;
  const flips = `flips_${name.replace(/^.*[.>]/, '')}`;
  return {
    before: [
      `struct flip ${flips} = { &${member}, { ${member}, ${unsigned(value)} }, 0, 0 };`,
      `pthread_t thread_${flips} = flip_start(&${flips});`,
    ],
    pointer: `&${name}`,
    after: [`${flips}.stop = 1;`, `pthread_join(thread_${flips}, NULL);`],
  };
}
