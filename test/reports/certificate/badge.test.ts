/** Badges: they say what verification concluded, and a name cannot say anything else. */
import t from 'tap';
import { badgeSvg, badgeText } from '../../../reports/certificate/badge.ts';

const FACTS = {
  isCertified: true,
  profile: 'hardened',
  allocert: '0.1.0',
  strength: 'confirmed',
} as const;

t.test('what a badge says', async (t) => {
  t.equal(badgeText(FACTS), 'certified: hardened, confirmed');
  t.equal(badgeText({ ...FACTS, strength: undefined }), 'certified: hardened, signer unknown');
  t.equal(badgeText({ ...FACTS, isCertified: false }), 'not certified');
  const svg = badgeSvg(FACTS);
  t.match(svg, '<title>allocert 0.1.0: certified: hardened, confirmed</title>');
  t.match(
    badgeSvg({ ...FACTS, isCertified: false }),
    '<title>allocert 0.1.0: not certified</title>',
  );
  const nothing = { isCertified: false, profile: undefined, allocert: undefined };
  t.match(badgeSvg({ ...nothing, strength: undefined }), '<title>allocert: not certified</title>');
});

t.test('names are text and never markup', async (t) => {
  const svg = badgeSvg({ ...FACTS, profile: '"><script>alert(1)</script>&' });
  t.notMatch(svg, '<script>');
  t.equal(svg.match(/&lt;script&gt;/g)?.length, 3);
  t.equal(svg.split('<').length, svg.split('>').length);
});
