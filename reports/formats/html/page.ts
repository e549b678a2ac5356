import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Transcript } from '../../../adapters/contract/index.ts';
import { packageRoot } from '../../../adapters/contract/package-root.ts';
import type { FuzzPicture } from '../../fuzz-picture.ts';
import { pointsByRequirement } from '../../points.ts';
import type { RunRecord } from '../../record.ts';
import { escapeText } from './escape.ts';
import { caseEvidence, hasEvidence } from './evidence.ts';
import { fuzzPicture } from './fuzz.ts';
import { requirementRow, toolbar } from './requirements.ts';
import { header, summaryTables } from './summary.ts';

/** What a page shows. */
export interface PageInput {
  readonly record: RunRecord;
  /** What the target answered to a case; asked for one case at a time, and not for passing ones. */
  readonly transcriptOf: (caseId: string) => Transcript | undefined;
  readonly fuzz?: readonly FuzzPicture[];
}

/**
 * The HTML report, in pieces: one file that needs nothing from outside. The pieces are made as they
 * are asked for, so a long record is never in memory a second time as text.
 */
export function* htmlPage(input: PageInput): Generator<string> {
  const style = source('style.css');
  const script = source('page.js');
  const values: Readonly<Record<string, string>> = {
    policy: policyOf(style, script),
    title: escapeText(`allocert: ${input.record.target}`),
    style,
    script,
  };
  for (const [index, part] of source('template.html')
    .split(/\{\{(\w+)\}\}/)
    .entries()) {
    if (index % 2 === 0) yield part;
    else if (part === 'body') yield* body(input);
    else yield values[part] ?? '';
  }
}

/** Only this page's own style and script may act, whatever gets into its text. */
function policyOf(style: string, script: string): string {
  return [
    "default-src 'none'",
    `style-src 'sha256-${digest(style)}'`,
    `script-src 'sha256-${digest(script)}'`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
}

const digest = (text: string): string => createHash('sha256').update(text).digest('base64');

const source = (name: string): string =>
  readFileSync(join(packageRoot(), 'reports', 'formats', 'html', name), 'utf8');

function* body({ record, transcriptOf, fuzz = [] }: PageInput): Generator<string> {
  yield header(record).text;
  yield '<main>';
  yield summaryTables(record).text;
  for (const [index, picture] of fuzz.entries()) yield fuzzPicture(picture, index).text;
  yield toolbar(record).text;
  const points = pointsByRequirement(record);
  for (const requirement of record.requirements) {
    yield* requirementRow(record, requirement, points(requirement.id));
  }
  yield '</div><p id="none" hidden>No requirement fits. Press Escape to clear.</p></section>';
  const shown = record.cases.filter((one) => hasEvidence(record, one));
  if (shown.length > 0) yield '<section id="evidence"><h2>Evidence</h2>';
  for (const one of shown) yield caseEvidence(one, transcriptOf(one.id)).text;
  if (shown.length > 0) yield '</section>';
  yield '</main>';
}
