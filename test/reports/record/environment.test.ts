import t from 'tap';
import { environmentFacts } from '../../../reports/record/environment.ts';

t.test('the command line is kept as a shell would take it', async (t) => {
  const { command } = environmentFacts(['run', 'sim:?defect=a&b', "it's", ''], {});
  t.equal(command, `allocert run 'sim:?defect=a&b' 'it'\\''s' ''`);
});

t.test('CI servers are asked for a few words, and nobody for anything else', async (t) => {
  const names = (variables: NodeJS.ProcessEnv): string[] =>
    Object.keys(environmentFacts([], variables)).toSorted();
  t.strictSame(names({ SECRET: 'x', HOME: '/root' }), ['command', 'host', 'node']);
  t.match(environmentFacts([], { GITHUB_SHA: 'abc', GITHUB_REF_NAME: 'main' }), {
    commit: 'abc',
    branch: 'main',
  });
  t.match(environmentFacts([], { CI_COMMIT_SHA: 'def', CI_JOB_URL: 'https://host/job/1' }), {
    commit: 'def',
    job: 'https://host/job/1',
  });
  const { repository } = environmentFacts([], { GIT_URL: 'https://me:token@host/a.git' });
  t.equal(repository, 'https://host/a.git', 'a token in a clone URL is nobody’s business');
});
