/** The promise that each oracle checks, for readers of a finding. */
const EXPECTED: Readonly<Record<string, string>> = {
  accounting: 'when everything is given back, as many pages are free as before',
  areas: 'when every client has ended, no more pages are taken than before',
  capacity: 'what every client gave back can be had again',
  content: 'a new buffer reads as zeros, and keeps what is written to it until it is gone',
  descriptors: 'a number is one open descriptor, and every descriptor was given by a call',
  errors: 'a call succeeds or fails as the profile allows',
  exclusion: 'a page frame belongs to one live buffer at most',
  'justified-failure': 'a request is refused for want of memory only when there is no room',
  numbers: 'a new descriptor has the lowest number that is free',
  service: 'a client that asks for a buffer as it should gets one, sooner or later',
  snapshot: 'a request is carried out as its argument read at one instant',
  survival: 'the kernel has nothing to complain of, and every call comes back',
  target: 'the target lives, and answers',
};

/** The promise that an oracle checks, in a sentence; of an unknown oracle, its rule in general. */
export const expectedBy = (oracle: string): string =>
  EXPECTED[oracle] ?? 'the requirement holds, whatever the interleaving';
