import {
  type ArgumentKind,
  OPERATION_ROWS,
  type OperationName,
  specOf,
  withheldBecause,
} from '../../adapters/contract/index.ts';
import { withoutGenerator } from '../../fuzz/generate/not-generated.ts';
import { ENDINGS, PARTIES } from './party-roles.ts';
import { EMPTY_CELLS } from './reasons.ts';
import { classNames, type Usage } from './usage.ts';

/** What cases and what generators use. */
export interface ContractUsage {
  readonly cases: Pick<Usage, 'roles' | 'seen'>;
  readonly generators: Pick<Usage, 'roles' | 'seen'>;
}

/** A cell that has no case or no generator. */
interface Gap {
  readonly by: 'case' | 'generator';
  readonly reason: string | undefined;
}

/** The page, and the cells that are empty without a reason. */
export interface CoveragePage {
  readonly text: string;
  readonly unexplained: readonly string[];
  /** Reasons for cells that are not empty. */
  readonly needless: readonly string[];
}

/** Writes the table of operations, classes of their arguments, and roles, with who uses each. */
export function coveragePage(coverage: ContractUsage): CoveragePage {
  return new Writer(coverage).page();
}

class Writer {
  readonly #coverage: ContractUsage;
  readonly #reasons: string[] = [];
  readonly #unexplained: string[] = [];
  readonly #used = new Set<unknown>();

  constructor(coverage: ContractUsage) {
    this.#coverage = coverage;
  }

  page(): CoveragePage {
    const tables = [this.#operations(), ...this.#kinds(), this.#roles()];
    const reasons = this.#reasons.map((reason, at) => `${at + 1}. ${reason}`);
    const needless = EMPTY_CELLS.filter((cell) => !this.#used.has(cell)).map(
      ({ reason }) => reason,
    );
    const text = [HEAD, ...tables, `## Reasons\n\n${reasons.join('\n')}`].join('\n\n');
    return { text: `${text}\n`, unexplained: this.#unexplained, needless };
  }

  #operations(): string {
    const rows = OPERATION_ROWS.map(([name]) => [`\`${name}\``, this.#cell(name, name, '')]);
    return `## Operations\n\n${table(['operation', 'used by'], rows)}`;
  }

  #kinds(): string[] {
    const kinds = new Map<ArgumentKind, [OperationName, string][]>();
    for (const [op, { arguments: given }] of OPERATION_ROWS) {
      for (const [argument, kind] of Object.entries(given) as [string, ArgumentKind][]) {
        const plain = kind === 'word?' ? 'word' : kind;
        kinds.set(plain, [...(kinds.get(plain) ?? []), [op, argument]]);
      }
    }
    return [...kinds].map(([kind, places]) => {
      const names = classNames(kind);
      const rows = places.map(([op, argument]) => [
        `\`${op}.${argument}\``,
        ...names.map((name) => this.#cell(`${op}.${argument} ${name}`, `${op}.${argument}`, name)),
      ]);
      return `## Arguments of kind \`${kind}\`\n\n${table(['argument', ...names], rows)}`;
    });
  }

  #roles(): string {
    const { cases, generators } = this.#coverage;
    const rows = PARTIES.flatMap((ends) =>
      ENDINGS.map((how) => [
        `${ends} ends by ${how}`,
        ...PARTIES.map((asks) => {
          const key = `${ends} ${how} ${asks}`;
          if (ends === asks) return this.#note(ENDED_ASKS);
          const used = { case: cases.roles.has(key), generator: generators.roles.has(key) };
          if (!used.case || !used.generator) this.#unexplained.push(key);
          return mark(used);
        }),
      ]),
    );
    const head = ['first end', ...PARTIES.map((asks) => `${asks} asks next`)];
    return `## Roles over three processes\n\n${table(head, rows)}`;
  }

  #cell(key: string, place: string, name: string): string {
    const { cases, generators } = this.#coverage;
    const used = { case: cases.seen.has(key), generator: generators.seen.has(key) };
    const gaps = (['case', 'generator'] as const).filter((by) => !used[by]);
    const notes = gaps.map((by) => this.#gap({ by, reason: this.#reasonOf(place, name, by) }, key));
    return [mark(used), ...new Set(notes)].filter((part) => part !== '').join(' ');
  }

  #reasonOf(place: string, name: string, by: Gap['by']): string | undefined {
    const [op, argument = ''] = place.split('.') as [OperationName, string?];
    const withheld = withheldBecause(op, argument, name);
    if (withheld !== undefined) return withheld;
    const [first = ''] = Object.keys(specOf(op).arguments);
    const asked = argument === '' ? first : argument;
    const generated = by === 'generator' ? withoutGenerator(op, asked, name) : undefined;
    if (generated !== undefined) return generated;
    const cell = EMPTY_CELLS.find(
      (one) =>
        (one.by === undefined || one.by === by) &&
        (one.classes === undefined || one.classes.includes(name)) &&
        one.places.some((pattern) => matches(pattern, place)),
    );
    this.#used.add(cell);
    return cell?.reason;
  }

  #gap({ by, reason }: Gap, key: string): string {
    if (reason !== undefined) return this.#note(reason);
    this.#unexplained.push(`${key}: no ${by}`);
    return '?';
  }

  #note(reason: string): string {
    if (!this.#reasons.includes(reason)) this.#reasons.push(reason);
    return `[${this.#reasons.indexOf(reason) + 1}]`;
  }
}

const ENDED_ASKS =
  'what has ended asks for nothing; a program that exec started is asked as another';

const HEAD = `# Coverage of operations

What the cases of \`suites/cases\` and the generators of \`fuzz/generate\` use: every operation, every
class of every argument, every role of three processes. \`C\` is a case on \`sim:\`, \`G\` a generator;
a number in brackets is the reason why one of them is missing. A test compares this page with what
they really do, and \`npm run coverage-page\` writes it anew.`;

const mark = (used: { readonly case: boolean; readonly generator: boolean }): string =>
  [used.case ? 'C' : '', used.generator ? 'G' : ''].join('');

const matches = (pattern: string, place: string): boolean =>
  new RegExp(`^${pattern.replace('.', '\\.').replaceAll('*', '.*')}$`).test(place);

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
