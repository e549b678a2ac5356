import { MANIFEST } from './package-files.ts';

/** The type of an envelope's payload: an in-toto Statement. */
export const STATEMENT_TYPE = 'application/vnd.in-toto+json';

/** in-toto Statement v1, https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md */
const STATEMENT = 'https://in-toto.io/Statement/v1';

/** in-toto's predicate "Test Result", version 0.1; spec/predicates/test-result.md there. */
export const TEST_RESULT = 'https://in-toto.io/attestation/test-result/v0.1';

/** A file or a kernel by its digest, in-toto's ResourceDescriptor. */
export interface DigestedThing {
  readonly name: string;
  /** In lower-case hexadecimal. */
  readonly sha256: string;
}

/** What an attestation says. It follows from the package alone, without any clock or signer. */
export interface AttestedFacts {
  /** SHA-256 of the package's manifest. */
  readonly manifestSha256: string;
  /** The kernel and its modules, where the target tells their digests. */
  readonly tested: readonly DigestedThing[];
  readonly result: 'PASSED' | 'WARNED' | 'FAILED';
  /** Catalogue, profile, statement, evidence. */
  readonly configuration: readonly DigestedThing[];
  /** Ids of requirements; each list is sorted in the payload. */
  readonly passed: readonly string[];
  readonly warned: readonly string[];
  readonly failed: readonly string[];
}

/** The bytes that are signed. The same facts give the same bytes, so all signers sign the same. */
export function attestationPayload(facts: AttestedFacts): Buffer {
  const { manifestSha256, tested, result, configuration, passed, warned, failed } = facts;
  const subject = [{ name: MANIFEST, sha256: manifestSha256 }, ...tested.toSorted(byName)];
  const statement = {
    _type: STATEMENT,
    subject: subject.map(descriptor),
    predicateType: TEST_RESULT,
    predicate: {
      result,
      configuration: configuration.toSorted(byName).map(descriptor),
      passedTests: passed.toSorted(),
      warnedTests: warned.toSorted(),
      failedTests: failed.toSorted(),
    },
  };
  return Buffer.from(JSON.stringify(statement));
}

const descriptor = ({ name, sha256 }: DigestedThing): object => ({ name, digest: { sha256 } });

const byName = (a: DigestedThing, b: DigestedThing): number =>
  a.name < b.name ? -1 : Number(a.name > b.name);
