import type { DefectResult, HiddenDefect, Qualification, RequirementResult } from './qualify.ts';
import { markdownTable, type Paragraph } from './table.ts';

/** The kill matrix for a terminal: each defect with the requirements that saw it. */
export function killParagraphs({ defects, hidden }: Qualification): readonly Paragraph[] {
  const width = Math.max(0, ...[...defects, ...hidden].map(({ name }) => name.length));
  return [
    ...defects.map((defect) => ({
      first: `${defect.killedBy.length > 0 ? 'killed  ' : 'ALIVE   '}${defect.name.padEnd(width)}  `,
      text: seenText(defect),
    })),
    ...hidden.map(({ name, reason }) => ({
      first: `hidden  ${name.padEnd(width)}  `,
      text: reason,
    })),
  ];
}

function seenText({ killedBy, alsoSeenBy, notSeenBy }: DefectResult): string {
  const parts = [
    killedBy.length === 0 ? 'by none that it names' : `by ${killedBy.join(' ')}`,
    ...(alsoSeenBy.length === 0 ? [] : [`also seen by ${alsoSeenBy.join(' ')}`]),
    ...(notSeenBy.length === 0 ? [] : [`not seen by ${notSeenBy.join(' ')}`]),
  ];
  return parts.join('; ');
}

/** The shortcomings of the suites, and the counts. */
export function qualificationParagraphs(qualification: Qualification): readonly Paragraph[] {
  const { faithful, shortcomings } = qualification;
  return [
    ...faithful.map((target) => ({ first: 'clean   ', text: target })),
    { first: '', text: '' },
    ...shortcomings.map(({ kind, subject, detail }) => ({
      first: `${kind}: `,
      text: `${subject}: ${detail}`,
    })),
    ...summaryLines(qualification).map((text) => ({ first: '', text })),
  ];
}

function summaryLines(qualification: Qualification): string[] {
  const { defects, hidden, requirements, faithful, shortcomings } = qualification;
  const killed = defects.filter(({ killedBy }) => killedBy.length > 0).length;
  const must = requirements.filter(({ mustKill }) => mustKill);
  const proven = must.filter(({ kills }) => kills.length > 0).length;
  const accused = new Set(
    shortcomings.filter(({ kind }) => kind === 'false accusation').map(({ subject }) => subject),
  );
  const reported = requirements.filter(({ reportOnly }) => reportOnly).length;
  return [
    `${killed} of ${defects.length} defects killed by a requirement that they name.`,
    ...(hidden.length === 0
      ? []
      : [
          `${hidden.length} more defects need another target: ${hidden.map(({ name }) => name).join(', ')}.`,
        ]),
    `${proven} of ${must.length} observable MUSTs turned red by a defect; ` +
      `${reported} requirements only report.`,
    `${faithful.length - accused.size} of ${faithful.length} runs without a defect accuse nothing, the first one and those of --clean-runs.`,
    shortcomings.length === 0
      ? 'Qualified.'
      : `Not qualified: ${shortcomings.length} shortcomings.`,
  ];
}

/** `kill-matrix.md` */
export function qualificationMarkdown(qualification: Qualification): string {
  const { defects, hidden, requirements, faithful, shortcomings } = qualification;
  const lines = [
    '# Kill matrix',
    '',
    ...summaryLines(qualification).map((line) => `- ${line}`),
    '',
    ...section('Shortcomings', shortcomingRows(qualification), shortcomings.length),
    ...section('Defects', defectRows(defects), defects.length),
    ...section('Defects that this target cannot show', hiddenRows(hidden), hidden.length),
    ...section('Requirements', requirementRows(requirements), requirements.length),
    '## Clean runs',
    '',
    ...faithful.map((target) => `- \`${target}\``),
  ];
  return `${lines.join('\n')}\n`;
}

const section = (title: string, rows: readonly (readonly string[])[], count: number): string[] =>
  count === 0 ? [] : [`## ${title}`, '', ...markdownTable(rows), ''];

const shortcomingRows = ({ shortcomings }: Qualification): string[][] => [
  ['kind', 'subject', 'detail'],
  ...shortcomings.map(({ kind, subject, detail }) => [kind, subject, detail]),
];

const defectRows = (defects: readonly DefectResult[]): string[][] => [
  ['defect', 'what it does', 'killed by', 'also seen by', 'not seen by'],
  ...defects.map(({ name, summary, killedBy, alsoSeenBy, notSeenBy }) => [
    name,
    summary,
    killedBy.join(' ') || 'none that it names',
    alsoSeenBy.join(' '),
    notSeenBy.join(' '),
  ]),
];

const hiddenRows = (hidden: readonly HiddenDefect[]): string[][] => [
  ['defect', 'why'],
  ...hidden.map(({ name, reason }) => [name, reason]),
];

const requirementRows = (requirements: readonly RequirementResult[]): string[][] => [
  ['requirement', 'level', 'without a defect', 'defects that it sees'],
  ...requirements.map(({ requirement, level, baseline, reportOnly, kills }) => [
    requirement,
    level,
    reportOnly ? `${baseline}, report only` : baseline,
    kills.join(' '),
  ]),
];
