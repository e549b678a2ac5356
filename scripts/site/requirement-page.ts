import { DEFECTS } from '../../adapters/simulator/defects/all.ts';
import { type SourcePart, sourceParts } from '../../catalogue/source-link.ts';
import { type Explanation, explainRequirement } from '../../suites/assess/explanation.ts';
import type { ListedRequirement } from '../../suites/assess/listing.ts';
import { CASES } from '../../suites/cases/all.ts';
import { code, escaped, type SitePage } from './page.ts';

/** The page of a requirement: all that the catalogue, the suites and the simulator know of it. */
export function requirementPage(listed: ListedRequirement): SitePage {
  const { id, group, interpretation, observe, statement, unobservable } = listed;
  const explanation = explainRequirement(listed, CASES);
  return {
    path: `requirements/${id}.md`,
    address: `requirements/${id}`,
    title: id,
    text: [
      `**${escaped(statement)}**`,
      '',
      `- Group: [${group}](${group}.md)`,
      `- Level: ${listed.level}; ${explanation.level}`,
      `- Authority: ${listed.authority}; ${explanation.authority}`,
      ...(listed.feature === undefined
        ? []
        : [`- Feature: ${code(listed.feature.name)}, ${escaped(listed.feature.title)}`]),
      ...section('Source', sourceText(listed.source)),
      ...section('Interpretation', interpretation && escaped(interpretation)),
      ...section('Expected', expectationTable(listed.expect)),
      ...section('How it is observed', escaped(observe)),
      ...section(
        'Cases',
        ...(explanation.cases.length === 0
          ? [`None. ${escaped(unobservable ?? 'None is written.')}`]
          : explanation.cases.map((one) => `- ${code(one.id)}: ${escaped(one.title)}`)),
      ),
      ...section('Known deviations', ...knownDeviations(explanation)),
      ...section('Defects that show it', defectTable(id)),
      ...section('If it fails', ...explanation.advice.map((step) => `1. ${escaped(step)}`)),
    ].join('\n'),
  };
}

/** A heading and what stands below it; nothing where there is nothing to say. */
function section(heading: string, ...lines: readonly (string | undefined)[]): string[] {
  const said = lines.filter((line) => line !== undefined && line !== '');
  return said.length === 0 ? [] : ['', `## ${heading}`, '', ...(said as string[])];
}

const linked = ({ href, text }: SourcePart): string =>
  href === undefined ? escaped(text) : `[${escaped(text)}](${href})`;

const sourceText = ({ document, place }: { document: string; place: string }): string =>
  `${sourceParts(document).map(linked).join('')}: ${escaped(place)}`;

function expectationTable(expect: ListedRequirement['expect']): string {
  const rows = Object.entries(expect).flatMap(([profile, roles]) =>
    Object.entries(roles).map(
      ([role, words]) => `| ${profile} | ${code(role)} | ${words.map(code).join(' or ')} |`,
    ),
  );
  if (rows.length === 0) return '';
  return ['| profile | looked at | right |', '| --- | --- | --- |', ...rows].join('\n');
}

/** The known deviations as a list, each with its kernels, source and fix. */
const knownDeviations = ({ known }: Explanation): string[] =>
  known.map(({ fixedIn, kernel, note, observed, profile, role, source }) => {
    const fix = fixedIn === null ? 'not fixed so far' : `fixed by ${linkedText(fixedIn)}`;
    const seen = `${code(role)} is ${observed.map(code).join(' or ')}`;
    return (
      `- ${profile}, ${escaped(kernel)}: ${seen}. ${escaped(note)} ` +
      `Source: ${linkedText(source)}; ${fix}.`
    );
  });

const linkedText = (text: string): string => sourceParts(text).map(linked).join('');

/** Defects of the simulator that break it: what a violation looks like can be tried. */
function defectTable(id: string): string {
  const breaking = DEFECTS.filter(({ breaks }) => breaks.includes(id));
  if (breaking.length === 0) return '';
  const rows = breaking.map(({ name, needs, summary }) => {
    const target = `sim:?${needs === undefined ? '' : `${needs}&`}defect=${name}`;
    return `| ${code(target)} | ${escaped(summary)} |`;
  });
  return ['| target | its mistake |', '| --- | --- |', ...rows].join('\n');
}
