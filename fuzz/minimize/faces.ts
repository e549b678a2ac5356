import type { Event, Violation } from '../../oracles/index.ts';
import { operationsIn, type Scenario } from '../generate/scenario.ts';
import { type Round, signaturesOf, violationIn } from '../judge/round-report.ts';
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
 * is a face when every run that shows the finding shows it too, when both are about one thing, and
 * when no operation of the scenario can go without it: then the same steps, on the same buffers,
 * bring both about. What needs fewer is a finding of its own, and so is what needs chance.
 *
 * @param shown runs that showed the finding
 */
export async function facesOf(
  minimal: Scenario,
  shown: readonly Round[],
  { budget, enough, run, signature }: FaceSearch,
): Promise<readonly string[]> {
  const [first] = shown;
  const always = (first === undefined ? [] : signaturesOf(first)).filter(
    (face) => face !== signature && shown.every((round) => areOne(round, signature, face)),
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

/**
 * Whether a run shows both, and as one thing: both break one rule, or one look at memory shows
 * both.
 * Two rules that one request breaks may be broken by two defects.
 */
function areOne(round: Round, signature: string, face: string): boolean {
  const [one, other] = [violationIn(round, signature), violationIn(round, face)];
  if (one === undefined || other === undefined) return false;
  if (one.requirement === other.requirement) return true;
  const [look, same] = [lastOf(one), lastOf(other)];
  return look?.operation.op === 'scan' && look.operation === same?.operation;
}

const lastOf = ({ events }: Violation): Event | undefined =>
  events.toSorted((a, b) => (a.result.call < b.result.call ? -1 : 1)).at(-1);
