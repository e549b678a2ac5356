import t from 'tap';
import { KnownFindings } from '../../../fuzz/campaign/known-findings.ts';

const violation = (kind: string, requirement = 'ERR-12') => ({
  oracle: 'survival',
  requirement,
  kind,
  detail: '',
  events: [],
});

t.test('of one oracle and rule sixteen kinds are kept, earlier parts among them', async (t) => {
  const known = new KnownFindings(['survival ERR-12: kernel: 0', 'survival ERR-12: kernel: 1']);
  t.notOk(known.take(violation('kernel: 0')), 'what is known is no news');
  for (let at = 2; at < 16; at += 1) t.ok(known.take(violation(`kernel: ${at}`)), `${at}`);
  t.equal(known.dropped, 0);
  t.notOk(known.take(violation('kernel: 16')));
  t.equal(known.dropped, 1);
  t.equal(known.signatures.size, 16, 'and what is dropped takes no memory');
  t.ok(known.take(violation('kernel: 16', 'LIF-01')), 'another rule has its own');
});
