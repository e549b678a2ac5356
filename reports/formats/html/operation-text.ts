import {
  type Operation,
  type Result,
  type UntypedOperation,
  wordOf,
} from '../../../adapters/contract/index.ts';
import { hexOf } from '../../../adapters/contract/program-json.ts';
import { fieldsIn } from './annotate.ts';
import { flagsText, openFlagNames } from './flag-names.ts';

/** An operation as a call: `buffer = ioctl(fd device, request 0xc0205300, length 0x1000)`. */
export function describeOperation(operation: Operation): string {
  const { op, slot, ...rest } = operation as UntypedOperation;
  const shown = Object.entries(rest)
    .filter(([name]) => name !== 'body')
    .map(([name, one]) => {
      if (name === 'argument') return argumentText(one);
      const flags = typeof one === 'bigint' ? flagsText(op, name, one) : undefined;
      return `${name} ${flags ?? valueText(one)}`;
    });
  return `${slot === undefined ? '' : `${slot} = `}${op}(${shown.join(', ')})`;
}

/** The result of an operation: `ok 0x3`, an errno name, or another word. */
export function describeAnswer(result: Result | undefined): string {
  if (result === undefined) return 'no answer';
  const word = wordOf(result);
  return word === 'ok' ? `ok ${valueText(result.value)}` : word;
}

/** A request of a known layout by its fields: those that are zero say nothing. */
function argumentText(one: unknown): string {
  const { bytes, placement } = one as Extract<Operation, { op: 'ioctl' }>['argument'];
  const fields = fieldsIn(bytes);
  const text = fields
    ?.filter(({ value }) => value !== 0n)
    .map(
      ({ name, value }) => `${name} ${name === 'flags' ? openFlagNames(value) : valueText(value)}`,
    );
  const place = placement === undefined ? '' : `, argument ${placement.kind}`;
  return `${text === undefined ? `argument ${valueText(bytes)}` : text.join(', ')}${place}`;
}

const TEXT_MAX = 96;

/** An argument in few words: numbers as hexadecimal, slots by name, bytes by their beginning. */
export function valueText(one: unknown): string {
  if (one === undefined) return '';
  if (typeof one === 'bigint') return one > -10n && one < 10n ? String(one) : hexOf(one);
  if (one instanceof Uint8Array) return `${one.length} bytes`;
  if (typeof one !== 'object' || one === null) return String(one).slice(0, TEXT_MAX);
  if ('slot' in one) return 'offset' in one ? `${one.slot}+${one.offset}` : String(one.slot);
  if ('bytes' in one) return valueText(one.bytes);
  return JSON.stringify(one, (_, part) => (typeof part === 'bigint' ? hexOf(part) : part)).slice(
    0,
    TEXT_MAX,
  );
}
