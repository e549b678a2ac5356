import { printable } from '../../base/clean-text.ts';
import type { Strength } from '../../reports/certificate/read-policy.ts';
import { wrap } from '../../reports/formats/layout.ts';
import { markdownCell } from '../../reports/formats/markdown.ts';
import { type VerificationRow, verificationRows } from './verification-rows.ts';
import type { Verification } from './verify.ts';

/** What was asked for, as far as a view says it again. */
export interface ViewFacts {
  /** The package as typed. */
  readonly file: string;
  /** What the package must answer, where it was given. */
  readonly challenge?: string | undefined;
  /** How many keys were given. */
  readonly keys: number;
  readonly verbose: boolean;
}

/** What verification took. */
export interface VerifyCost {
  readonly milliseconds: number;
  readonly peakBytes: number;
}

/** A verification as text for somebody. */
export type VerificationView = (
  verification: Verification,
  facts: ViewFacts,
  cost: VerifyCost,
) => string;

/** 0 certified, 1 genuine and not certified, 3 refused. */
export function verificationExitCode({ verdict }: Verification): 0 | 1 | 3 {
  if (verdict === 'refused') return 3;
  return verdict === 'certified' ? 0 : 1;
}

const LABELS: Readonly<Record<VerificationRow['kind'], string>> = {
  build: 'OTHER BUILD',
  refused: 'REFUSED',
  reason: 'NOT CERTIFIED',
  deviation: 'DEVIATION',
  waiver: 'WAIVED',
  open: 'NOT SHOWN',
  unobserved: 'NOT OBSERVED',
  changed: 'CHANGED',
  today: 'TODAY',
};

/** For a terminal. */
const textView: VerificationView = (verification, facts, cost) => {
  const { head } = verification;
  const rows = verificationRows(verification).flatMap(({ kind, name, text }) =>
    wrap(`${LABELS[kind].padEnd(14)}`, name === '' ? text : `${name}: ${text}`),
  );
  const about =
    head === undefined
      ? []
      : [
          `${head.product.vendor} ${head.product.name} ${head.product.version}`,
          `target ${head.target}, profile ${head.profile}, allocert ${head.allocert}`,
        ];
  const lines = [
    ...about.map(printable),
    ...rows,
    ...wrap('', challengeText(verification, facts)),
    ...wrap('', signersText(verification, facts)),
    ...sigstoreText(verification).flatMap((line) => wrap('', line)),
    ...baseText(verification).flatMap((line) => wrap('', line)),
    ...(facts.verbose ? wrap('', figures(verification, cost)) : []),
    verdictOf(verification, facts),
  ];
  return `${lines.join('\n')}\n`;
};

/** For a comment on a pull request. */
const markdownView: VerificationView = (verification, facts, cost) => {
  const { head } = verification;
  const rows = verificationRows(verification);
  const product =
    head === undefined
      ? ''
      : `${head.product.vendor} ${head.product.name} ${head.product.version}, profile ${head.profile}`;
  const table =
    rows.length === 0
      ? []
      : [
          '| what | about | why |',
          '| --- | --- | --- |',
          ...rows.map(
            ({ kind, name, text }) =>
              `| ${LABELS[kind].toLowerCase()} | ${markdownCell(name)} | ${markdownCell(text)} |`,
          ),
          '',
        ];
  const lines = [
    `## allocert: ${markdownCell(verdictOf(verification, facts))}`,
    '',
    ...(product === '' ? [] : [markdownCell(product), '']),
    ...table,
    ...[
      challengeText(verification, facts),
      signersText(verification, facts),
      ...sigstoreText(verification),
      ...baseText(verification),
    ].map(markdownCell),
    '',
    markdownCell(figures(verification, cost)),
  ];
  return `${lines.join('\n')}\n`;
};

/** For a program. */
const jsonView: VerificationView = (verification, { file }, { milliseconds, peakBytes }) => {
  const { derived, figures: done, head, otherToday, refusals, signers, verdict } = verification;
  const { reasons = [], result = null, passed, warned, failed } = derived?.conclusion ?? {};
  const { deviations = [], unobserved = [], waived = [] } = derived?.conclusion ?? {};
  const value = {
    version: 1,
    package: file,
    verdict,
    exitCode: verificationExitCode(verification),
    otherBuild: verification.otherBuild ?? '',
    refusals: refusals.map(({ reason, remedy, sentence }) => ({ reason, sentence, remedy })),
    ...{ result, reasons, passed, warned, failed, deviations, waived, unobserved },
    claims: derived?.claims.claims,
    product: head?.product,
    target: head?.target,
    profile: head?.profile,
    challenge: head?.challenge,
    signedBy: signers?.signed.map(({ id, name, role = null }) => ({ id, name, role })) ?? [],
    unknownSignatures: signers?.unknown ?? 0,
    strength: signers?.strength ?? null,
    sigstore: verification.sigstore ?? null,
    base: verification.base ?? null,
    otherToday,
    figures: { ...done, milliseconds, peakBytes },
  };
  return `${JSON.stringify(value, undefined, 2)}\n`;
};

/** Whether it answers what the certifier sent: an old package may be genuine too. */
function challengeText({ head }: Verification, { challenge }: ViewFacts): string {
  if (head === undefined) return '';
  const own = `Its challenge is "${printable(head.challenge ?? '')}"`;
  return challenge === undefined
    ? `${own}; without --challenge, nothing says that this is the one that was sent.`
    : `${own}, and "${printable(challenge)}" was sent.`;
}

/** Who signed, and what that is worth. */
function signersText({ refusals, signers }: Verification, { keys }: ViewFacts): string {
  if (signers === undefined) return 'Nothing is said of who signed it.';
  const { signed, strength, unknown } = signers;
  const others = unknown === 1 ? 'one signature is of a key' : `${unknown} signatures are of keys`;
  const more = unknown === 0 ? '' : `; ${others} not given`;
  if (signed.length > 0 && refusals.some(({ reason }) => reason === 'attestation')) {
    return `The signature of ${signed.map(({ name }) => name).join(', ')} is over other content${more}.`;
  }
  if (keys === 0) return `No key was given, so nothing is said of who made it${more}.`;
  if (signed.length === 0) return `Signed by none of the given keys${more}.`;
  const names = signed.map(({ id, name }) => `${name} (${id.slice(0, 16)})`);
  return `Signed by ${names.join(', ')}, which makes it ${STRENGTH[strength ?? 'self']}${more}.`;
}

/** What it derives from. */
const baseText = ({ base }: Verification): readonly string[] =>
  base === undefined
    ? []
    : [
        `It derives from ${printable(base.product)} (${printable(base.file)}), which is ` +
          `${base.verdict}; ${base.changes.length} things differ.`,
      ];

/** Whose Sigstore bundle is over it. */
const sigstoreText = ({ sigstore }: Verification): readonly string[] =>
  sigstore === undefined
    ? []
    : [
        `A Sigstore bundle over its ${sigstore.over} is by ${sigstore.identity}, ` +
          `for which ${sigstore.issuer} vouches.`,
      ];

const STRENGTH: Readonly<Record<Strength, string>> = {
  self: 'a certificate of one party, as a vendor’s own is',
  confirmed: 'a certificate that a second key confirmed',
  lab: 'a lab’s certificate',
};

const MEBIBYTE = 1 << 20;

/** How much was computed again, and what that took. */
function figures({ figures: done }: Verification, { milliseconds, peakBytes }: VerifyCost): string {
  const { answers, bytes, cases, rounds, sampled } = done;
  return (
    `Computed again: ${cases} cases from ${answers} answers, ${rounds} rounds from their seed, ` +
    `${sampled} of them from their answers; ${(bytes / MEBIBYTE).toFixed(1)} MiB in ` +
    `${(milliseconds / 1000).toFixed(1)} s with at most ${Math.ceil(peakBytes / MEBIBYTE)} MiB of memory.`
  );
}

function verdictOf(
  { derived, refusals, verdict }: Verification,
  { file, keys }: ViewFacts,
): string {
  if (verdict === 'refused') {
    return `${file} is refused for ${refusals.length} ${refusals.length === 1 ? 'reason' : 'reasons'}.`;
  }
  const result = derived?.conclusion.result ?? '';
  if (verdict === 'certified' && keys === 0) {
    return `${file} is consistent and would be certified (${result}); no key says who made it.`;
  }
  return verdict === 'certified'
    ? `${file} is certified (${result}).`
    : `${file} is genuine, and the product is not certified (${result}).`;
}

/** The views that `--format` names. */
export const VIEWS = { text: textView, markdown: markdownView, json: jsonView } as const;

/** One of {@link VIEWS}. */
export type ViewName = keyof typeof VIEWS;
