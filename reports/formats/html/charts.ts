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
  const top = `at most ${whole(Math.max(...held))} KiB of live buffers at once`;
  const share =
    regionBytes === undefined ? '' : ` of ${whole(kibibytes(regionBytes))} in the region`;
  return html`<div class="charts">
${chart(bars, speeds, `Throughput: at most ${whole(most)} operations in a second`)}
${chart(bars, held, `Occupancy: ${top}${share}`)}</div>`;
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

function chart(bars: readonly FuzzSample[], values: readonly number[], caption: string): Markup {
  const all = bars.reduce((sum, { ms }) => sum + ms, 0);
  const most = Math.max(1, ...values);
  let at = 0;
  const drawn = bars.map(({ ms }, index) => {
    const height = round(((values[index] ?? 0) / most) * (HEIGHT - 4));
    const x = round((at / all) * 100);
    at += ms;
    // Neighbours touch: a gap between thin bars would be all that one sees.
    return html`<rect class="bin" x="${x}%" y="${HEIGHT - height}" height="${height}"
 width="${round((ms / all) * 100 + 0.05)}%"/>`;
  });
  return html`<figure><figcaption>${caption}</figcaption><svg class="chart" height="${HEIGHT}"
 role="img" aria-label="${caption}">${drawn}</svg>
<p class="axis"><span>0 s</span><span>${(all / 1000).toFixed(1)} s</span></p></figure>`;
}
