import type { FuzzBuffer, FuzzPicture } from '../../fuzz-picture.ts';
import { html, type Markup } from './escape.ts';

const WIDTH = 800;
const HEIGHT = 320;
const CHART = 80;
const BINS = 40;

/** Pages that two buffers held at the same time. */
export interface Overlap {
  readonly one: FuzzBuffer;
  readonly other: FuzzBuffer;
  readonly firstPage: number;
  readonly pages: number;
  readonly from: number;
  readonly to: number;
}

/** Every pair of buffers that shared pages while both lived. */
export function overlapsOf({ buffers, end }: FuzzPicture): readonly Overlap[] {
  const sorted = buffers.toSorted((a, b) => a.firstPage - b.firstPage);
  return sorted.flatMap((one, index) => {
    const found: Overlap[] = [];
    for (const other of sorted.slice(index + 1)) {
      if (other.firstPage >= one.firstPage + one.pages) break;
      const from = Math.max(one.from, other.from);
      const to = Math.min(one.to ?? end, other.to ?? end);
      const last = Math.min(one.firstPage + one.pages, other.firstPage + other.pages);
      const pages = last - other.firstPage;
      if (from < to) found.push({ one, other, firstPage: other.firstPage, pages, from, to });
    }
    return found;
  });
}

/** A fuzz finding: the region's pages over time, what the load was, and the smallest schedule. */
export function fuzzPicture(picture: FuzzPicture, index: number): Markup {
  const overlaps = overlapsOf(picture);
  const listed = overlaps.map(
    ({ one, other, firstPage, pages, from, to }) => html`<li><span class="badge fail">
<span aria-hidden="true">✗</span> overlap</span> <b>${one.name}</b> and <b>${other.name}</b>:
${span(firstPage, pages)}, from ${micro(from)} to ${micro(to)} µs</li>`,
  );
  const steps = picture.schedule.map(
    ({ thread, at, text, result }) => html`<tr><td>${micro(at)}</td><td>${thread}</td>
<td><code>${text}</code></td><td class="${result === 'ok' ? '' : 'odd'}">${result}</td></tr>`,
  );
  const facts = `${picture.region}, ${picture.pages} pages of ${picture.pageSize} bytes`;
  return html`<section class="fuzz" aria-labelledby="fuzz-${index}">
<h2 id="fuzz-${index}">Fuzz finding</h2><p>${picture.finding}</p>
<p class="quiet">${facts}; seed <code>${picture.seed}</code></p>
<ul class="overlaps">${listed}</ul>${pageMap(picture, overlaps, index)}
${occupancy(picture)}${throughput(picture)}<h3>Smallest schedule</h3>
<div class="scroll"><table class="timeline"><thead><tr><th scope="col">at µs</th>
<th scope="col">thread</th><th scope="col">operation</th><th scope="col">came to</th></tr></thead>
<tbody>${steps}</tbody></table></div></section>`;
}

function pageMap(picture: FuzzPicture, overlaps: readonly Overlap[], index: number): Markup {
  const { low, high } = drawnPages(picture);
  const y = (page: number): number => round(((page - low) / (high - low)) * HEIGHT);
  const x = (at: number): number => round((at / picture.end) * WIDTH);
  const box = (firstPage: number, pages: number, from: number, to: number): Markup =>
    html`x="${x(from)}" y="${y(firstPage)}" width="${Math.max(1, x(to) - x(from))}"
 height="${Math.max(1, y(firstPage + pages) - y(firstPage))}"`;
  const buffers = picture.buffers.map(({ name, firstPage, pages, from, to }) => {
    const area = box(firstPage, pages, from, to ?? picture.end);
    const title = `${name}: ${span(firstPage, pages)}`;
    return html`<g><title>${title}</title><rect class="buffer" ${area}/></g>`;
  });
  const marks = overlaps.map(
    ({ one, other, firstPage, pages, from, to }) => html`<rect class="overlap"
 fill="url(#hatch-${index})" ${box(firstPage, pages, from, to)}><title>overlap of ${one.name} and
${other.name}</title></rect>`,
  );
  // Names go last, so that no mark covers them.
  const names = picture.buffers.map(
    ({ name, firstPage, pages, from }) =>
      html`<text x="${x(from) + 5}" y="${y(firstPage + pages / 2)}"
 dominant-baseline="central">${name}</text>`,
  );
  return html`<figure><figcaption>Pages ${low} to ${high - 1} (down) over time (across); a hatched
area with a thick frame is held by two buffers</figcaption>
<svg class="map" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img"
 aria-label="page map over time, ${overlaps.length} overlaps">
<defs><pattern id="hatch-${index}" width="6" height="6" patternUnits="userSpaceOnUse"
 patternTransform="rotate(45)"><rect class="hatch" width="3" height="6"/></pattern></defs>
<rect class="ground" width="${WIDTH}" height="${HEIGHT}"/>${buffers}${marks}${names}</svg>
<p class="axis"><span>0 µs</span><span>${micro(picture.end)} µs</span></p></figure>`;
}

/** Only the pages that were used: a finding in ten pages would be a line in a region of 4,096. */
function drawnPages({ buffers, pages }: FuzzPicture): { low: number; high: number } {
  if (buffers.length === 0) return { low: 0, high: Math.max(1, pages) };
  let low = pages;
  let high = 1;
  for (const { firstPage, pages: count } of buffers) {
    low = Math.min(low, firstPage);
    high = Math.max(high, firstPage + count);
  }
  return { low: Math.max(0, low - 1), high: Math.min(pages, high + 1) };
}

function occupancy({ buffers, end, pages }: FuzzPicture): Markup {
  const changes = buffers.flatMap(({ pages: count, from, to }) => [
    { at: from, by: count },
    ...(to === undefined ? [] : [{ at: to, by: -count }]),
  ]);
  let held = 0;
  let most = 0;
  const levels = changes
    .toSorted((a, b) => a.at - b.at)
    .map(({ at, by }) => {
      held += by;
      most = Math.max(most, held);
      return { at, held };
    });
  const y = (level: number): number => round(CHART - (level / Math.max(1, most)) * (CHART - 4));
  const line = levels.map(({ at, held: level }) => `H${round((at / end) * WIDTH)}V${y(level)}`);
  return chart(
    `Occupancy: pages of live buffers, shared ones counted twice, at most ${most} of ${pages}`,
    html`<path class="line" d="M0 ${y(0)}${line.join('')}H${WIDTH}"/>`,
  );
}

function throughput({ schedule, end }: FuzzPicture): Markup {
  const bins = Array.from({ length: BINS }, () => 0);
  for (const { at } of schedule) {
    const bin = Math.min(BINS - 1, Math.floor((at / end) * BINS));
    bins[bin] = (bins[bin] ?? 0) + 1;
  }
  const most = bins.reduce((a, b) => Math.max(a, b), 1);
  const width = WIDTH / BINS;
  const bars = bins.map((count, bin) => {
    const height = round((count / most) * (CHART - 4));
    return html`<rect class="bin" x="${bin * width}" y="${CHART - height}" width="${width - 2}"
 height="${height}"/>`;
  });
  const each = micro(end / BINS);
  return chart(`Throughput: operations begun, at most ${most} in ${each} µs`, html`${bars}`);
}

const chart = (caption: string, drawing: Markup): Markup =>
  html`<figure><figcaption>${caption}</figcaption><svg class="chart" role="img"
 aria-label="${caption}" viewBox="0 0 ${WIDTH} ${CHART}" preserveAspectRatio="none">
${drawing}</svg></figure>`;

const span = (first: number, count: number): string =>
  count === 1 ? `page ${first}` : `pages ${first} to ${first + count - 1}`;

const round = (number: number): number => Math.round(number * 10) / 10;

const micro = (nanoseconds: number): string => String(round(nanoseconds / 1000));
