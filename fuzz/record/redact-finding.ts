import { redactorOf } from '../../base/redact.ts';
import { cutLog, entering } from '../../reports/journal/cut-text.ts';
import { redactFacts, redactHistory } from '../../reports/journal/redact-line.ts';
import type { Finding } from './finding.ts';

/** A finding without the secrets of its target, also where the target itself said them. */
export function redactFinding(finding: Finding): Finding {
  const hide = entering(redactorOf(finding.target));
  return {
    ...finding,
    target: hide(finding.target),
    detail: hide(finding.detail),
    facts: redactFacts(finding.facts, hide),
    ...(finding.log === undefined ? {} : { log: cutLog(finding.log, hide) }),
    histories: finding.histories.map((history) => redactHistory(history, hide)),
  };
}
