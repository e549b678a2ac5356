import { hexOf } from '../../../adapters/contract/program-json.ts';
import { type Axis, round } from './axis.ts';
import { type FrameAxis, frameAxisOf } from './bands.ts';
import { html, type Markup } from './escape.ts';
import type { FrameRun, FuzzInterval, FuzzPicture } from './fuzz-picture.ts';
import type { FrameOverlap } from './overlaps.ts';

/** Frames in words. */
export const framesText = ({ first, count }: FrameRun): string =>
  count === 1
    ? `frame ${hexOf(first)}`
    : `frames ${hexOf(first)} to ${hexOf(first + BigInt(count) - 1n)}`;

/** What goes from a name where only its number has room. */
const WORD = /^\D+/;

/** Room that a letter needs, in percent of a narrow screen, and in pixels. */
const LETTER_PERCENT = 2.6;
const LETTER_HEIGHT = 13;

/**
 * Page frames over time. Lengths across are percent and those down are pixels, so that text keeps
 * its size on every screen.
 */
export function pageMap(
  picture: FuzzPicture,
  axis: Axis,
  overlaps: readonly FrameOverlap[],
  id: string,
): Markup {
  const frames = frameAxisOf(picture.buffers);
  const { height } = frames;
  const area = ({ from, until }: FuzzInterval, run: FrameRun): Area => {
    const x = axis.x(from);
    return { x, width: round(Math.max(0.5, axis.x(until) - x)), ...frames.box(run) };
  };
  const nameOf = (index: number): string => picture.buffers[index]?.name ?? '';
  const buffers = picture.buffers.flatMap(({ frames: runs, lives }, index) =>
    lives.flatMap((life) =>
      runs.map((run) => {
        const name = nameOf(index);
        return html`<g><title>${name}: ${framesText(run)}</title><rect class="buffer"
 ${placed(area(life, run))}/></g>${label('', [name, name.replace(WORD, '')], area(life, run))}`;
      }),
    ),
  );
  const marks = overlaps.map((overlap) => {
    const both = [nameOf(overlap.one), nameOf(overlap.other)];
    const names = [both.join(', '), both.map((name) => name.replace(WORD, '')).join(', ')];
    const box = area(overlap, overlap.frames);
    return html`<rect class="overlap" fill="url(#${id})" ${placed(box)}><title>overlap of
${both.join(' and ')}</title></rect>${label('shared', names, box)}`;
  });
  return html`<figure><figcaption>Page frames (down) over time (across), as far as the target told
them; hatched and framed: held by two buffers at once</figcaption>
<div class="plot">${gutter(frames)}<div><svg class="map" height="${height}" role="img"
 aria-label="page map over time with ${overlaps.length} overlaps">
<defs><pattern id="${id}" width="7" height="7" patternUnits="userSpaceOnUse"
 patternTransform="rotate(45)"><rect class="hatch" width="2" height="7"/></pattern></defs>
${frames.bands.map(
  ({ top, height: tall }) => html`<rect class="ground" y="${top}" width="100%" height="${tall}"/>`,
)}${buffers}${marks}</svg>${timeTicks(axis)}</div></div></figure>`;
}

interface Area {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

const placed = ({ height, width, x, y }: Area): Markup =>
  html`x="${x}%" y="${y}" width="${width}%" height="${height}"`;

/** The longest of some names that has room; the table beside the picture has all of them. */
function label(kind: string, names: readonly string[], area: Area): Markup {
  const { height, width, x, y } = area;
  const name = names.find(({ length }) => width >= LETTER_PERCENT * (length + 1));
  if (height < LETTER_HEIGHT || name === undefined) return html``;
  const [at, down] = kind === '' ? [x, 12] : [x + width / 2, height / 2 + 4];
  return html`<text class="${kind}" x="${round(at)}%" dx="${kind === '' ? 4 : 0}"
 y="${round(y + down)}">${name}</text>`;
}

const GUTTER = 64;
const LINE = 14;

/** The first frame of each band, unless it would touch the one above. */
function gutter({ bands, height }: FrameAxis): Markup {
  let free = 0;
  const labels = bands.flatMap(({ first, top }) => {
    if (top < free) return [];
    free = top + LINE;
    return [html`<text x="${GUTTER - 6}" y="${top + 11}">${hexOf(first)}</text>`];
  });
  const tall = Math.max(height, LINE);
  return html`<svg class="gutter" width="${GUTTER}" height="${tall}" aria-hidden="true">${labels}</svg>`;
}

/** Times under a picture. Every other one goes on a narrow screen. */
function timeTicks({ ticks }: Axis): Markup {
  const labels = ticks.map(({ x, label: text }, index) => {
    const kind = index % 2 === 0 ? '' : 'wide';
    return html`<g class="${kind}"><line x1="${x}%" x2="${x}%" y1="0" y2="4"/>
<text x="${x}%" dx="2" y="15">${text}</text></g>`;
  });
  return html`<svg class="ticks" height="20" aria-hidden="true">${labels}</svg>
<p class="quiet">µs from the first call; each beginning and end of a call has the same room</p>`;
}
