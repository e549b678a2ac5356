import { axisOf } from './axis.ts';
import { anchor, html, type Markup } from './escape.ts';
import type { FuzzPicture } from './fuzz-picture.ts';
import { holdersTable } from './holders.ts';
import { kernelLog } from './kernel-log.ts';
import { type FrameOverlap, overlapsOf } from './overlaps.ts';
import { framesText, pageMap } from './page-map.ts';
import { requestTables } from './requests.ts';
import { orderedRows, scheduleTable } from './schedule.ts';
import { sourceMarkup } from './source.ts';

/** One finding: the rule, what was seen, the pictures of it, and how to see it again. */
export function findingSection(picture: FuzzPicture, index: number): Markup {
  const { detail, kind, log, rule, signature } = picture;
  const axis = axisOf(picture);
  const overlaps = overlapsOf(picture);
  const rows = orderedRows(picture);
  const numbers = rows.reduce<number[]>((all, { number, place }) => {
    all[place] = number;
    return all;
  }, []);
  const drawn = picture.buffers.some(({ frames, lives }) => frames.length > 0 && lives.length > 0);
  const map = drawn ? pageMap(picture, axis, overlaps, `hatch-${index}`) : '';
  const buffers =
    picture.buffers.length === 0 ? '' : holdersTable(picture, axis, overlaps, numbers);
  return html`<section class="finding" id="${anchor('f', signature)}">
<h2 tabindex="-1"><span class="badge fail"><span aria-hidden="true">✗</span> ${rule.id}</span> ${kind}</h2>
<dl class="words">${ruleOf(picture)}<dt>Expected</dt><dd>${picture.expected}</dd>
<dt>Observed</dt><dd>${kind}: ${detail}</dd>${facesOf(picture)}
<dt>Found</dt><dd>${foundText(picture)}</dd>
<dt>Again</dt><dd><code>${picture.again}</code>${reproducerOf(picture)}</dd></dl>
${kernelLog(log)}
${overlapList(overlaps, picture)}${map}${scheduleTable(rows, axis)}${buffers}
${requestTables(rows)}</section>\n`;
}

function ruleOf({ rule }: FuzzPicture): Markup {
  const { authority, id, level, source, statement } = rule;
  if (level === undefined || source === undefined) {
    return html`<dt>Rule</dt><dd>${id}, which this version’s catalogue does not have</dd>`;
  }
  return html`<dt>Rule</dt><dd>${level}, ${authority ?? ''}. ${statement ?? ''}</dd>
<dt>Source</dt><dd>${sourceMarkup(source)}</dd>`;
}

/** What else the same steps show each time. */
function facesOf({ faces }: FuzzPicture): Markup {
  if (faces.length === 0) return html``;
  return html`<dt>Also seen</dt><dd>${faces.join('; ')}</dd>`;
}

function foundText({
  mode,
  operationsFound,
  oracle,
  reproduced,
  round,
  schedule,
}: FuzzPicture): string {
  const again =
    reproduced === undefined
      ? 'it was not run again'
      : `it showed again in ${reproduced.times} of ${reproduced.of} runs`;
  return (
    `by the oracle ${oracle} in round ${round}, mode ${mode}; shrunk from ${operationsFound} to ` +
    `${schedule.length} operations; ${again}`
  );
}

function reproducerOf({ reproducer }: FuzzPicture): Markup {
  if (reproducer === undefined) return html``;
  return html`, or compile <a href="${reproducer}">${reproducer}</a> beside this page`;
}

function overlapList(overlaps: readonly FrameOverlap[], picture: FuzzPicture): Markup {
  const { buffers, schedule } = picture;
  if (overlaps.length === 0 || schedule.length === 0) return html``;
  const items = overlaps.map(
    ({ frames, one, other }) => html`<li><span class="badge fail"><span aria-hidden="true">✗</span>
overlap</span> <b>${buffers[one]?.name ?? ''}</b> and <b>${buffers[other]?.name ?? ''}</b> both have
${framesText(frames)}</li>`,
  );
  return html`<ul class="overlaps">${items}</ul>`;
}
