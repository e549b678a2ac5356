import { COLUMNS, wrap } from './layout.ts';

/** The result of one rule of an adapter check. */
interface CheckedRule {
  readonly rule: string;
  readonly statement: string;
  readonly place: string;
  readonly status: 'pass' | 'fail' | 'skip';
  readonly detail: string;
}

/** The result of an adapter check as text: every rule on a line, what is broken explained. */
export function checkReport(
  target: string,
  results: readonly CheckedRule[],
  columns = COLUMNS,
): string {
  const width = Math.max(...results.map(({ rule }) => rule.length));
  const lines = results.flatMap((one) => {
    const first = `${one.status.padEnd(4)}  ${one.rule.padEnd(width)}  `;
    const indent = `${' '.repeat(first.length)}`;
    if (one.status === 'pass') return wrap(first, one.statement, columns);
    if (one.status === 'skip') return wrap(first, `not looked at: ${one.detail}`, columns);
    return [
      ...wrap(first, one.statement, columns),
      ...wrap(`${indent}seen   `, one.detail, columns),
      ...wrap(`${indent}place  `, one.place, columns),
    ];
  });
  return `${[...wrap('Adapter ', target, columns), '', ...lines, '', ...verdict(results).flatMap((text) => wrap('', text, columns))].join('\n')}\n`;
}

function verdict(results: readonly CheckedRule[]): string[] {
  const count = (status: string): number => results.filter((one) => one.status === status).length;
  const [failed, passed, skipped] = [count('fail'), count('pass'), count('skip')];
  const rest = `${passed} kept, ${skipped} not looked at`;
  if (failed === 0) return [`No rule of the contract is broken: ${rest}.`];
  const words = failed === 1 ? '1 rule of the contract is' : `${failed} rules of the contract are`;
  return [`${words} broken (${rest}); believe no verdict of this adapter until it is mended.`];
}
