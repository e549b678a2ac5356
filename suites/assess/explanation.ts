import { catalogue, type KnownDeviation, type Requirement } from '../../catalogue/catalogue.ts';
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
  text: 'the specification says so',
  safety: 'no text could allow anything else',
  guidance: 'the kernel asks it of every driver',
};

/** What is to be said of a requirement besides its own text. */
export interface Explanation {
  readonly requirement: Requirement;
  /** What a deviation is. */
  readonly level: string;
  /** Where its force comes from. */
  readonly authority: string;
  readonly cases: readonly ListedCase[];
  /** Deviations that are known of implementations, each with the profile that knows it. */
  readonly known: readonly (KnownDeviation & { readonly profile: string })[];
  /** What to do about a failure, step by step. */
  readonly advice: readonly string[];
}

/**
 * Explains a requirement of the catalogue.
 *
 * @param all every case
 */
export function explainRequirement(
  requirement: Requirement,
  all: readonly ListedCase[],
): Explanation {
  const { id, authority, level, reportOnly } = requirement;
  const cases = all.filter((one) => one.requirements.includes(id));
  return {
    requirement,
    level: reportOnly === true ? 'whatever is observed is only reported' : LEVELS[level],
    authority: AUTHORITIES[authority],
    cases,
    known: catalogue().profiles.flatMap(({ name, known }) =>
      known.filter((one) => one.requirement === id).map((one) => ({ ...one, profile: name })),
    ),
    advice: adviceFor(requirement, cases.length > 0),
  };
}

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
    ...explained(explainRequirement(one, cases)),
  ]);
}

function explained({ advice, authority, cases, known, level, requirement }: Explanation) {
  const { id, statement, source, interpretation, observe } = requirement;
  return [
    { first: `${id}  `, text: statement },
    row('level', `${requirement.level}, ${requirement.authority}: ${authority}; ${level}`),
    row('source', `${source.document}: ${source.place}`),
    ...sourceLinks(source.document).map((link) => row('read it', link)),
    ...(interpretation === undefined ? [] : [row('meaning', interpretation)]),
    ...Object.entries(requirement.expect).map(([profile, roles]) =>
      row('expected', `${profile}: ${expectationText(roles)}`),
    ),
    row('observed', observe),
    ...cases.map((one) => row('case', `${one.id}: ${one.title}`)),
    ...(cases.length > 0 ? [] : [row('no case', requirement.unobservable ?? 'none is written')]),
    ...known.map(({ profile, kernel, note, source, fixedIn }) => {
      const end = fixedIn === null ? 'not fixed so far' : `fixed by ${fixedIn}`;
      return row('known', `${profile}, ${kernel}: ${note} (${source}; ${end})`);
    }),
    ...advice.map((text, index) => row(index === 0 ? 'if it fails' : '', text)),
  ];
}

const row = (label: string, text: string): Paragraph => ({ first: `  ${label.padEnd(13)}`, text });

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
