/**
 * A target of the tests that says what a hostile one would: `./talker.js?say=hostile` or `?say=long`
 * or `?say=often`. It refuses every request, and throws for one kind of them.
 */
import { adapterFromSyscalls, Descriptors } from 'allocert/syscalls';

const SAYS = {
  hostile:
    'esc \u001b[31m nul \u0000 c1 \u009b31m bidi \u202e lone \ud800\n::error::injected\r##[error]x',
  long: '\u{1F600}'.repeat(5_000_000),
  often: 'long '.repeat(4000),
};

const ALLOCATE = 0xc0205300n; // _IOWR('S', 0, struct simple_allocate_data)
const region = { name: 'region:0', node: '/dev/talker', abi: 'simple-allocator' };
const regions = [{ ...region, bounded: true, sizeBytes: 1n << 20n }];

export default (url) => {
  const text = SAYS[new URLSearchParams(url.split('?')[1]).get('say')];
  const ioctl = (process, { fd, request }) => {
    if (process.get(fd) === undefined) return 'EBADF';
    if (request === ALLOCATE) throw new Error(text);
    return 'ENOTTY';
  };
  const close = (process, { fd }) => (process.remove(fd) === undefined ? 'EBADF' : 0);
  const start = () => ({
    process: (parent) => parent?.copy((file) => file) ?? new Descriptors({}),
    end: () => {},
    calls: { open: (process) => process.add({}), close, ioctl },
  });
  const implementation = `talker ${text}`;
  return adapterFromSyscalls({ url, implementation, regions, start });
};
