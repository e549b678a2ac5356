/** Sigstore's own tool accepts an envelope of ours, and refuses what it should; where it is installed. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import t from 'tap';
import { findOnPath } from '../../../base/find-on-path.ts';
import { attestationPayload, TEST_RESULT } from '../../../reports/certificate/attestation.ts';
import { envelopeText, signEnvelope, unsignedEnvelope } from '../../../reports/certificate/dsse.ts';
import { createKey, readPrivateKey } from '../../../reports/certificate/keys.ts';
import { ATTESTATION, MANIFEST } from '../../../reports/certificate/package-files.ts';
import { unpackPackage } from '../../../reports/certificate/read-package.ts';
import { layOutBag, writePackage } from '../../../reports/certificate/write-package.ts';
import { dataFolder, factsOf, scratch } from './sample.ts';

const cosign = findOnPath('cosign');
const skip = cosign === undefined && 'there is no cosign here; Debian has it since trixie';

t.test('cosign verifies each signature of an envelope', { skip }, async (t) => {
  const keys = scratch(t);
  for (const name of ['a', 'b', 'c']) createKey(join(keys, name));
  const bag = await layOutBag(dataFolder(t));
  const envelope = ['a', 'b']
    .map((name) => readPrivateKey(join(keys, name)))
    .reduce(signEnvelope, unsignedEnvelope(attestationPayload(factsOf(bag))));
  const file = join(keys, 'p.tar.gz');
  await writePackage(file, bag, envelopeText(envelope));
  const folder = scratch(t);
  await unpackPackage(file, folder);
  const cosigned = (key: string, type: string, blob: string): { code: unknown; said: string } => {
    const options = ['--insecure-ignore-tlog', '--offline', '--type', type];
    const files = ['--key', join(keys, `${key}.pub`), '--signature', ATTESTATION, blob];
    const line = ['verify-blob-attestation', ...options, ...files];
    const { status, stderr } = spawnSync(cosign ?? '', line, { cwd: folder, encoding: 'utf8' });
    return { code: status, said: stderr };
  };
  t.match(cosigned('a', TEST_RESULT, MANIFEST), { code: 0, said: /Verified OK/ });
  t.match(cosigned('b', TEST_RESULT, MANIFEST), { code: 0, said: /Verified OK/ });
  t.match(cosigned('c', TEST_RESULT, MANIFEST), { code: 1, said: /do not match threshold/ });
  t.match(cosigned('a', 'custom', MANIFEST), { code: 1, said: /invalid predicate type/ });
  t.match(cosigned('a', TEST_RESULT, 'bagit.txt'), { code: 1, said: /no matching subject digest/ });
});
