import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { CAMPAIGN_FILE, readCampaignLines } from '../../reports/journal/campaign-lines.ts';
import type { CampaignOutcome } from './conclude.ts';

/**
 * What a campaign came to, from its journal.
 *
 * @param folder holds `fuzz.ndjson`
 * @throws {@link AllocertError} (usage) when it cannot be read
 */
export function campaignOutcome(folder: string): CampaignOutcome {
  let [rounds, operations] = [0, 0];
  let unfinished = 'its journal does not end';
  const findings: { readonly requirement: string; readonly signature: string }[] = [];
  readCampaignLines(join(folder, CAMPAIGN_FILE), (line) => {
    if (line.type === 'round') {
      rounds += 1;
      operations += line.operations;
    } else if (line.type === 'end') unfinished = line.reason;
    else if (line.type === 'finding') {
      findings.push({ signature: line.signature, requirement: requirementIn(line.signature) });
    }
  });
  return { rounds, operations, unfinished, findings };
}

/** The requirement in a signature, `ORACLE ID: KIND`. */
const requirementIn = (signature: string): string =>
  /^\S+ ([A-Z]+-\d+):/.exec(signature)?.[1] ?? '';

/** Names of the findings' files in a campaign's folder, sorted. */
export const findingFiles = (folder: string): readonly string[] =>
  readdirSync(folder)
    .filter((name) => /^finding-[0-9a-f]{12}\.json$/.test(name))
    .toSorted();
