import type { PackageHead } from '../../reports/certificate/package-head.ts';
import { html, type Markup } from '../../reports/formats/html/escape.ts';
import type { RunRecord } from '../../reports/record/record.ts';
import type { ClaimVerdict } from '../statement/claim-verdict.ts';
import type { CampaignOutcome, Conclusion } from './conclude.ts';
import type { TargetEnvironment, Told } from './environment.ts';

/** What the page shows. */
export interface SummaryFacts {
  readonly head: PackageHead;
  readonly records: readonly RunRecord[];
  readonly campaign: CampaignOutcome;
  readonly claims: readonly ClaimVerdict[];
  readonly conclusion: Conclusion;
  readonly environment: TargetEnvironment;
}

const RESULTS = {
  PASSED: 'Certified',
  WARNED: 'Certified, with what stands below by name',
  FAILED: 'Not certified',
} as const;

const STYLE = html`<style>
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; vertical-align: top; padding: .25rem .75rem .25rem 0 }
th, td { border-bottom: 1px solid #ccc }
th { width: 16rem }
.verdict { padding: .5rem 1rem; border-left: .5rem solid #777 }
.verdict strong { display: block; font-size: 2rem }
.passed { border-color: #1a7f37 }
.warned { border-color: #9a6700 }
.failed { border-color: #cf222e }
</style>`;

/**
 * `data/summary.html`: one page without scripts that needs nothing else. It follows from the rest of
 * the package, so that `verify` refuses one that says something else.
 */
export function summaryPage(facts: SummaryFacts): string {
  const { campaign, claims, conclusion, environment, head, records } = facts;
  const { product } = head;
  const title = `${product.name} ${product.version}, by ${product.vendor}`;
  const isVerified = ({ result }: ClaimVerdict): boolean =>
    result === 'verified' || result === 'verified-absent';
  const open = claims.filter((claim) => !isVerified(claim));
  const verified = claims.filter(isVerified);
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${title}: ${conclusion.result}</title>
${STYLE}
</head>
<body>
<h1>${title}</h1>
<p class="verdict ${conclusion.result.toLowerCase()}"><strong>${conclusion.result}</strong>
${RESULTS[conclusion.result]} by profile ${head.profile}, allocert ${head.allocert}</p>
<p>This page follows from the files beside it. It cannot say who signed them.
Believe <code>allocert verify</code>, not the page.</p>
${list('Why it is not certified', conclusion.reasons)}
${table('What was certified', [
  ['target', head.target],
  ['challenge', head.challenge ?? 'none: the vendor chose the seeds'],
  ['catalogue', head.catalogue],
  ['runs', records.map(runText).join('; ')],
  ['requirements', countText(conclusion)],
  [
    'fuzzing',
    `${campaign.rounds} rounds, ${campaign.operations} operations, ${campaign.findings.length} findings`,
  ],
])}
${table(
  'Deviations that the profile knows',
  conclusion.deviations.map(({ kernel, note, requirement, source }) => [
    requirement,
    `${note} (${kernel}; ${source})`,
  ]),
)}
${table(
  'Waivers',
  conclusion.waived.map(({ id, issue, owner, reason, waived }) => [
    id,
    `${reason} (${owner}, ${issue}; ${waived.join(', ')})`,
  ]),
)}
${table(
  'Not observed',
  conclusion.unobserved.map(({ reason, requirement }) => [requirement, reason]),
)}
${table('Claims that are not verified', open.map(claimRow))}
${table('Environment', environmentRows(environment))}
<details><summary>${verified.length} claims of the statement that are verified</summary>
${table('Verified claims', verified.map(claimRow))}
</details>
</body>
</html>
`;
  return page.text;
}

const claimRow = ({ claim, claimed, reason, result }: ClaimVerdict): string[] => [
  claim,
  `${claimed} (${result}): ${reason}`,
];

const runText = ({ cases, endedAt, startedAt }: RunRecord): string =>
  `${startedAt} to ${endedAt}, ${cases.length} cases`;

const countText = ({ failed, passed, unobserved, warned }: Conclusion): string =>
  `${passed.length} passed, ${warned.length} warned, ${failed.length} failed, ` +
  `${unobserved.length} MUSTs not observed`;

function environmentRows(environment: TargetEnvironment): string[][] {
  const { architecture, details, implementation, log, modules, version: _, ...told } = environment;
  const rows = Object.entries(told).map(([name, fact]) => [name, toldText(fact)]);
  const ofModules =
    modules.value === null
      ? modules.reason
      : Object.entries(modules.value)
          .map(([name, digest]) => `${name} ${digest}`)
          .join(', ');
  return [
    ['implementation', implementation],
    ['architecture', architecture],
    ...rows,
    ['modules', ofModules],
    ['log', log.value === '' ? 'no complaint before the test' : toldText(log)],
    ...Object.entries(details).map(([name, value]) => [name, value === '' ? 'none' : value]),
  ];
}

const toldText = (fact: Told<string>): string => fact.value ?? `not known: ${fact.reason}`;

function table(title: string, rows: readonly (readonly string[])[]): Markup {
  if (rows.length === 0) return html``;
  const lines = rows.map(
    ([name = '', text = '']) => html`<tr><th>${name}</th><td>${text}</td></tr>\n`,
  );
  return html`<h2>${title}</h2>\n<table>\n${lines}</table>`;
}

function list(title: string, items: readonly string[]): Markup {
  if (items.length === 0) return html``;
  return html`<h2>${title}</h2>\n<ul>\n${items.map((item) => html`<li>${item}</li>\n`)}</ul>`;
}
