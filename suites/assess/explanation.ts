import { catalogue, type Requirement } from '../../catalogue/catalogue.ts';
import type { Authority, Level } from '../../catalogue/facts.ts';
import { sourceLinks } from '../../catalogue/source-link.ts';
import { type ListedCase, requirementsNamed } from '../run/named.ts';
import { expectationText } from './listing.ts';
import type { Paragraph } from './table.ts';

/** What a deviation from a rule of each level is. */
const LEVELS: Readonly<Record<Level, string>> = {
  MUST: 'a target that deviates is not conformant',
  SHOULD: 'a deviation warns, and fails with --fail-on should',
  MAY: 'a deviation is only reported',
};

/** Where the force of a rule comes from. */
const AUTHORITIES: Readonly<Record<Authority, string>> = {
  text: 'text: the specification says so',
  safety: 'safety: no text could allow anything else',
  guidance: 'guidance: the kernel asks it of every driver',
};

/**
 * Requirements for a reader who wants to understand or mend a verdict: the rule, its source, how it
 * is read and observed, and what to do about a failure.
 *
 * @param words as `--only` takes them; see run/names.ts
 * @throws {@link AllocertError} (usage) for a word that names nothing
 */
export function explanationParagraphs(
  words: readonly string[],
  cases: readonly ListedCase[],
): readonly Paragraph[] {
  return requirementsNamed(words, cases).flatMap((one, index) => [
    ...(index === 0 ? [] : [{ first: '', text: '' }]),
    ...explained(one, cases),
  ]);
}

function explained(requirement: Requirement, all: readonly ListedCase[]): Paragraph[] {
  const { id, statement, level, authority, source, interpretation, observe } = requirement;
  const cases = all.filter((one) => one.requirements.includes(id));
  return [
    { first: `${id}  `, text: statement },
    row('level', `${level}, ${AUTHORITIES[authority]}; ${levelText(requirement)}`),
    row('source', `${source.document}: ${source.place}`),
    ...sourceLinks(source.document).map((link) => row('read it', link)),
    ...(interpretation === undefined ? [] : [row('meaning', interpretation)]),
    ...Object.entries(requirement.expect).map(([profile, roles]) =>
      row('expected', `${profile}: ${expectationText(roles)}`),
    ),
    row('observed', observe),
    ...cases.map((one) => row('case', `${one.id}: ${one.title}`)),
    ...(cases.length > 0 ? [] : [row('no case', requirement.unobservable ?? 'none is written')]),
    ...knownOf(id),
    ...adviceFor(requirement, cases.length > 0).map((text, index) =>
      row(index === 0 ? 'if it fails' : '', text),
    ),
  ];
}

const row = (label: string, text: string): Paragraph => ({ first: `  ${label.padEnd(13)}`, text });

const levelText = ({ level, reportOnly }: Requirement): string =>
  reportOnly === true ? 'whatever is observed is only reported' : LEVELS[level];

/** Deviations that are known of implementations. */
const knownOf = (id: string): Paragraph[] =>
  catalogue().profiles.flatMap(({ name, known }) =>
    known
      .filter(({ requirement }) => requirement === id)
      .map(({ kernel, note, source, fixedIn }) => {
        const end = fixedIn === null ? 'not fixed so far' : `fixed by ${fixedIn}`;
        return row('known', `${name}, ${kernel}: ${note} (${source}; ${end})`);
      }),
  );

/** What to do about a failure, step by step. */
function adviceFor(
  { id, level, authority, expect, reportOnly }: Requirement,
  isObserved: boolean,
): readonly string[] {
  if (!isObserved || reportOnly === true) return [];
  const without = expect.rfc !== undefined && authority === 'guidance';
  return [
    `Run it alone: allocert run TARGET --only ${id}. The line "reason" says which call returned ` +
      'what, and report.html shows every call of the case with its answer.',
    'Change the target so that it does what is expected, and run the same command again; ' +
      'allocert retry runs only what failed.',
    ...(level === 'MAY'
      ? []
      : [
          authority === 'safety'
            ? 'A waiver lets it pass until a day, and must acknowledge that safety is at stake ' +
              '(acknowledgesSafety, docs/ci.md).'
            : 'If it cannot be changed now, a waiver or a baseline lets it pass for a while ' +
              '(docs/ci.md).',
        ]),
    ...(without
      ? ['The profile rfc does not accept guidance, and only reports it (--profile rfc).']
      : []),
  ];
}
