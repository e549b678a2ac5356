/** Milliseconds that minimizing may take after the campaign's own time is over. */
const LATE_MS = 20_000;

/** The part of the time that is left which one finding gets. */
const SHARE = 1 / 10;

/**
 * Milliseconds that minimizing one finding may take; undefined when nothing limits it. A candidate
 * of what hangs a guest takes the guest down as well, so that the first such finding would have
 * all of a campaign's time to itself: where targets last, each gets a share of it.
 *
 * @param left milliseconds of the campaign; undefined when nothing limits them
 * @param campaign whether it was ended, and whether each batch has a fresh target
 */
export function minimizingTime(
  left: number | undefined,
  campaign: { readonly isOver: boolean; readonly isFresh: boolean },
): number | undefined {
  if (campaign.isOver) return LATE_MS;
  if (left === undefined) return undefined;
  const all = Math.max(0, left + LATE_MS);
  return campaign.isFresh ? all : Math.min(all, Math.max(LATE_MS, all * SHARE));
}
