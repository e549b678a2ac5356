import t from 'tap';
import { percentDecoded, splitTarget } from '../../base/target-url.ts';

const split = (rest: string) =>
  splitTarget(`x:${rest}`, rest, { names: ['name', 'port', 'more'], repeated: ['more'] });

t.test('a URL is a place and its parameters', async (t) => {
  const parts = split('/dev/a%2B?name=v=1,2&more=first&more=second');
  t.equal(parts.place, '/dev/a%2B');
  t.equal(parts.get('name'), 'v=1,2');
  t.equal(parts.get('port'), undefined);
  t.strictSame(parts.all('more'), ['first', 'second']);
  t.equal(split('place').place, 'place');
  t.strictSame(split('place?').all('more'), []);
  t.equal(split('?&name=a&').get('name'), 'a');
  t.equal(split('?name=').get('name'), '');
});

t.test('values and names are percent-encoded where needed, and a plus is a plus', async (t) => {
  t.equal(split('?name=a+b').get('name'), 'a+b');
  t.equal(split('?name=a%2Bb%20%26%3d%3f%c3%a9').get('name'), 'a+b &=?é');
  t.equal(split('?n%61me=a').get('name'), 'a');
  t.equal(split('?name=what?').get('name'), 'what?');
  t.equal(percentDecoded('x:a%20+', 'a%20+'), 'a +');
});

t.test('what is wrong with it is one sentence that quotes the URL', async (t) => {
  const bad: readonly (readonly [rest: string, message: string])[] = [
    ['?nam=a', 'x:?nam=a has no parameter "nam"; it has name, port, more'],
    ['?name=a&other', 'x:?name=a&other has no parameter "other"; it has name, port, more'],
    ['?name', 'x:?name gives name no value; write name=VALUE'],
    ['?name=a&name=a', 'x:?name=a&name=a takes name once; remove all but one'],
    ['?name=&name=', 'x:?name=&name= takes name once; remove all but one'],
    [
      '?name=100%',
      'x:?name=100% holds a % that is not percent-encoding; write %25 for a plain one',
    ],
    ['?more=%ff', 'x:?more=%ff holds a % that is not percent-encoding; write %25 for a plain one'],
  ];
  for (const [rest, message] of bad) {
    t.throws(() => split(rest), { name: 'AllocertError', exitCode: 2, message }, rest);
  }
  t.throws(() => percentDecoded('x:%zz', '%zz'), { exitCode: 2, message: /^x:%zz holds a %/ });
});
