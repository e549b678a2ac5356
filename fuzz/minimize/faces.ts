import { operationsIn, type Scenario } from '../generate/scenario.ts';
import { type Round, signaturesOf } from '../judge/round-report.ts';
import { shrink } from './shrink.ts';

/** How the faces of a finding are looked for. */
interface FaceSearch {
  /** Signature of the finding itself. */
  readonly signature: string;
  run(candidate: Scenario): Promise<Round>;
  /** Candidates that may be run for one face. */
  readonly budget: number;
  readonly enough: () => boolean;
}

/**
 * What else a finding's smallest scenario shows: the same defect in other ways. Another violation
 * is a face when every run that shows the finding shows it too, and when no operation of the
 * scenario can go without it: then the same steps, on the same buffers, bring both about. What
 * needs fewer is a finding of its own, and so is what needs chance.
 *
 * @param shown runs that showed the finding
 */
export async function facesOf(
  minimal: Scenario,
  shown: readonly Round[],
  { budget, enough, run, signature }: FaceSearch,
): Promise<readonly string[]> {
  const [first, ...rest] = shown.map(signaturesOf);
  const always = (first ?? []).filter(
    (one) => one !== signature && rest.every((others) => others.includes(one)),
  );
  const faces: string[] = [];
  for (const face of always) {
    if (enough() || budget === 0) break;
    const shows = async (candidate: Scenario): Promise<boolean> =>
      signaturesOf(await run(candidate)).includes(face);
    const { scenario } = await shrink(minimal, { shows, budget, enough });
    if (operationsIn(scenario) === operationsIn(minimal)) faces.push(face);
  }
  return faces;
}
