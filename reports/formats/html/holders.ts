import { hexOf } from '../../../adapters/contract/program-json.ts';
import { type Axis, round } from './axis.ts';
import { html, type Markup } from './escape.ts';
import type { FuzzBuffer, FuzzInterval, FuzzPicture } from './fuzz-picture.ts';
import type { FrameOverlap } from './overlaps.ts';
import { framesText } from './page-map.ts';

const BUFFERS_MAX = 40;

/**
 * Every buffer with its frames, and the descriptors and mappings that keep it alive, over time.
 *
 * @param numbers number of a step in the schedule, by its place
 */
export function holdersTable(
  { buffers }: FuzzPicture,
  axis: Axis,
  overlaps: readonly FrameOverlap[],
  numbers: readonly number[],
): Markup {
  const rows = buffers.slice(0, BUFFERS_MAX).map((buffer, index) => {
    const others = overlaps.flatMap(({ one, other }) =>
      one === index ? [other] : other === index ? [one] : [],
    );
    const names = [...new Set(others)].map((other) => buffers[other]?.name ?? '');
    return rowsOf(buffer, axis, names, numbers[buffer.made] ?? 0);
  });
  const left = buffers.length - rows.length;
  const cut =
    left > 0 ? html`<p class="quiet">${left} more are only in the finding's file.</p>` : '';
  return html`<h3>Buffers, and what holds them</h3><div class="scroll"><table class="holders">
<thead><tr><th scope="col">buffer</th><th scope="col">what</th><th scope="col">µs</th>
<th scope="col">surely there</th></tr></thead>${rows}</table></div>${cut}`;
}

function rowsOf(
  { frames, holdings, lives, name: bufferName, pages }: FuzzBuffer,
  axis: Axis,
  others: readonly string[],
  number: number,
): Markup {
  const where = frames.length === 0 ? 'frames unknown' : frames.map(framesText).join(', ');
  const badges = others.map(
    (other) => html` <span class="badge fail"><span aria-hidden="true">✗</span> overlaps
${other}</span>`,
  );
  const rows = holdings.map(({ client, from, kind, until, value }) => {
    const name = kind === 'descriptor' ? `descriptor ${value}` : `mapping at ${hexOf(value)}`;
    return html`<tr><td></td><td>${name} of ${client}</td><td>${timeText(axis, [{ from, until }])}</td>
<td>${lane(axis, [{ from, until }], 'held')}</td></tr>`;
  });
  return html`<tbody><tr><th scope="row"><b>${bufferName}</b></th>
<td>${pages} ${pages === 1 ? 'page' : 'pages'} of #${number}, ${where}${badges}</td>
<td>${timeText(axis, lives)}</td><td>${lane(axis, lives, 'life')}</td></tr>${rows}</tbody>`;
}

const timeText = (axis: Axis, times: readonly FuzzInterval[]): string =>
  times
    .map(({ from, until }) => {
      return `${axis.micro(from)}–${until === undefined ? 'end' : axis.micro(until)}`;
    })
    .join(', ');

/** Stretches of time as bars. */
export function lane(axis: Axis, times: readonly FuzzInterval[], kind: string): Markup {
  const bars = times.map(({ from, until }) => {
    const x = axis.x(from);
    return html`<rect class="${kind}" x="${x}%" width="${round(Math.max(1, axis.x(until) - x))}%"
 height="8"/>`;
  });
  return html`<svg class="bar" aria-hidden="true">${bars}</svg>`;
}
