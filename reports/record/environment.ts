import { machine, release, type } from 'node:os';

/** Variables of CI servers that say the same thing; the first one that is set counts. */
const CI: Readonly<Record<string, readonly string[]>> = {
  commit: ['GITHUB_SHA', 'CI_COMMIT_SHA', 'BUILDKITE_COMMIT', 'GIT_COMMIT'],
  branch: ['GITHUB_REF_NAME', 'CI_COMMIT_REF_NAME', 'BUILDKITE_BRANCH', 'GIT_BRANCH'],
  repository: ['GITHUB_REPOSITORY', 'CI_PROJECT_PATH', 'BUILDKITE_REPO', 'GIT_URL'],
  job: ['CI_JOB_URL', 'BUILDKITE_BUILD_URL', 'BUILD_URL', 'GITHUB_RUN_ID'],
};

/** Characters that a shell takes as they are. */
const PLAIN = /^[\w@%+=:,./-]+$/;

/**
 * Where allocert runs, as the record keeps it: the command line as a shell would take it, Node,
 * the host's kernel, and what a CI server says of the job. Nothing else of the environment is read.
 *
 * @param argv arguments without the interpreter and the script
 */
export function environmentFacts(
  argv: readonly string[],
  variables: NodeJS.ProcessEnv = process.env,
): Readonly<Record<string, string>> {
  const ci = Object.entries(CI).map(([name, names]) => {
    const set = names.map((one) => variables[one]).find((value) => value !== undefined);
    return [name, withoutPassword(set ?? '')] as const;
  });
  const facts = {
    command: ['allocert', ...argv].map(quoted).join(' '),
    node: process.version,
    host: `${type()} ${release()} ${machine()}`,
    ...Object.fromEntries(ci),
  };
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== ''));
}

/** A clone URL may carry the token that it was cloned with. */
const withoutPassword = (url: string): string => url.replace(/^(\w+:\/\/)[^@/]*@/, '$1');

const quoted = (word: string): string =>
  PLAIN.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
