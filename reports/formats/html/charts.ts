import { round } from './axis.ts';
import { html, type Markup } from './escape.ts';
import type { CampaignPicture, FuzzSample } from './fuzz-picture.ts';

const BARS_MAX = 160;
const HEIGHT = 90;

/** Operations in a second, and memory of live buffers, over the time of the campaign. */
export function campaignCharts({ regionBytes, samples }: CampaignPicture): Markup {
  if (samples.length === 0) return html`<p class="quiet">The journal has no samples of speed.</p>`;
  const bars = joined(samples);
  const speeds = bars.map(({ ms, operations }) => (operations * 1000) / ms);
  const most = Math.max(...speeds);
  const held = bars.map(({ peakBytes }) => kibibytes(peakBytes));
  return html`<div class="charts">
${chart(bars, speeds, `Throughput: at most ${whole(most)} operations in a second`, 'ops/s')}
${chart(bars, held, `Occupancy: ${occupancy(Math.max(...held), regionBytes)}`, 'KiB')}</div>`;
}

/** The most that lived at once. More than there is can only be what buffers share. */
function occupancy(most: number, regionBytes: bigint | undefined): string {
  const told = `at most ${whole(most)} KiB of live buffers at once`;
  if (regionBytes === undefined) return told;
  const room = kibibytes(regionBytes);
  return most > room
    ? `${told}, more than the ${whole(room)} KiB that all regions have: buffers shared memory`
    : `${told}, of ${whole(room)} KiB in all regions`;
}

const kibibytes = (bytes: bigint): number => Number((bytes + 1023n) / 1024n);

const whole = (number: number): string => Math.round(number).toLocaleString('en');

/** Neighbouring samples as one, so that a long campaign has no more bars than a screen shows. */
function joined(samples: readonly FuzzSample[]): readonly FuzzSample[] {
  const all = samples.reduce((sum, { ms }) => sum + ms, 0);
  const bars: FuzzSample[] = [];
  for (const sample of samples) {
    const last = bars.at(-1);
    if (last === undefined || last.ms * BARS_MAX >= all) bars.push(sample);
    else {
      const { ms, operations, peakBytes } = last;
      bars[bars.length - 1] = {
        ms: ms + sample.ms,
        operations: operations + sample.operations,
        peakBytes: peakBytes > sample.peakBytes ? peakBytes : sample.peakBytes,
      };
    }
  }
  return bars;
}

function chart(
  bars: readonly FuzzSample[],
  values: readonly number[],
  caption: string,
  unit: string,
): Markup {
  const all = bars.reduce((sum, { ms }) => sum + ms, 0);
  const most = Math.max(1, ...values);
  let at = 0;
  const drawn = bars.map(({ ms }, index) => {
    const height = round(((values[index] ?? 0) / most) * (HEIGHT - TOP));
    const x = round((at / all) * 100);
    at += ms;
    // Neighbours touch: a gap between thin bars would be all that one sees.
    return html`<rect class="bin" x="${x}%" y="${HEIGHT - height}" height="${height}"
 width="${round((ms / all) * 100 + 0.05)}%"/>`;
  });
  const times = TIMES.map((part) => html`<span>${secondsText((all * part) / 1000)}</span>`);
  return html`<figure><figcaption>${caption}</figcaption><div class="plot">
${levels(most, unit)}<div><svg class="chart" height="${HEIGHT}" role="img" aria-label="${caption}">${[
    0.5, 1,
  ].map(
    (part) => html`<line class="grid" x1="0" x2="100%" y1="${yOf(part)}" y2="${yOf(part)}"/>`,
  )}${drawn}</svg><p class="axis">${times}</p></div></div></figure>`;
}

/** Room above the highest bar, for half a line of text. */
const TOP = 8;

/** Where times stand under a chart. */
const TIMES = [0, 0.25, 0.5, 0.75, 1];

const secondsText = (seconds: number): string =>
  `${seconds === 0 || seconds >= 100 ? Math.round(seconds) : seconds.toFixed(1)} s`;

const yOf = (part: number): number => round(HEIGHT - part * (HEIGHT - TOP));

const GUTTER = 84;

/** The vertical axis: nothing, half of the most, and the most. */
function levels(most: number, unit: string): Markup {
  const texts = [0, 0.5, 1].map((part) => {
    const text = part === 0 ? '0' : `${whole(most * part)} ${unit}`;
    return html`<text x="${GUTTER - 6}" y="${yOf(part) + (part === 0 ? 0 : 4)}">${text}</text>`;
  });
  return html`<svg class="gutter" width="${GUTTER}" height="${HEIGHT}" aria-hidden="true">${texts}</svg>`;
}
