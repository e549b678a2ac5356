import { adapterFromSyscalls, Descriptors } from 'allocert/syscalls';

const PAGE = 4096;
const REGION = 256 * PAGE;
const ALLOCATE = 0xc0205300n; // _IOWR('S', 0, struct simple_allocate_data)
const SYNC = 0x40086200n; // DMA_BUF_IOCTL_SYNC
const [O_WRONLY, O_RDWR, O_ACCMODE, O_CLOEXEC, O_PATH] = [1, 2, 3, 0o2000000, 0o10000000];
const PROT_WRITE = 2n;
const wholePages = (bytes) => Math.ceil(Number(bytes) / PAGE) * PAGE;

const region = { name: 'region:0', node: '/dev/example', abi: 'simple-allocator' };
const regions = [{ ...region, bounded: true, sizeBytes: BigInt(REGION) }];

/**
 * A small allocator that is right but for the bug that is put in.
 *
 * @param bug `allocates(pages)` and `maps(page)` run in a request and before a mapping is made; `frees` is whether memory comes back, and `ends` whether processes may end
 */
export const allocatorWith =
  ({ allocates = () => {}, maps = () => {}, frees = true, ends = true }) =>
  (url) =>
    adapterFromSyscalls({
      ...{ url, implementation: 'an example', regions },
      start: () => start({ allocates, maps, frees, ends }),
    });

/** A machine with nothing allocated. A process is its descriptors, a file is what they refer to. */
function start(bug) {
  const device = { memory: new Uint8Array(0), mode: O_RDWR, users: 1 };
  let free = REGION;
  const hold = (file) => Object.assign(file, { users: file.users + 1 });
  const drop = (file) => {
    file.users -= 1;
    if (file.users === 0 && bug.frees) free += file.memory.length;
  };
  function allocate(process, argument) {
    const bytes = argument.copyIn(32);
    if (bytes === undefined) return 'EFAULT';
    const request = new DataView(bytes.buffer);
    const length = wholePages(request.getBigUint64(8, true));
    bug.allocates(length / PAGE);
    const flags = request.getUint32(16, true);
    const mode = flags & O_ACCMODE;
    const rest = request.getUint32(20, true) | request.getUint32(28, true); // both reserved fields
    if (request.getBigUint64(0, true) !== 0n || rest !== 0 || length === 0) return 'EINVAL';
    if (mode === O_ACCMODE || (flags & ~(O_ACCMODE | O_CLOEXEC)) !== 0) return 'EINVAL';
    if (length > free) return 'ENOMEM';
    const fd = process.add({ memory: new Uint8Array(length), mode, users: 1 });
    free -= length;
    request.setBigUint64(8, BigInt(length), true);
    request.setInt32(24, fd, true);
    if (argument.copyOut(bytes)) return 0;
    drop(process.remove(fd));
    return 'EFAULT';
  }
  /** A call that first looks its descriptor up. */
  const on = (call) => (process, given) => {
    const file = process.get(given.fd);
    return file === undefined ? 'EBADF' : call(file, given, process);
  };
  const calls = {
    open: (process, { file, flags }) => {
      if (file !== 'region:0') return 'ENOENT';
      const named = (Number(flags) & O_PATH) !== 0; // it only names the device
      return process.add(named ? { ...device, named, users: 1 } : hold(device));
    },
    close: on((file, { fd }, process) => {
      drop(process.remove(fd));
      return 0;
    }),
    dup: on((file, given, process) => process.add(hold(file))),
    ioctl: on((file, { request, argument }, process) => {
      if (file.named) return 'EBADF';
      if (file === device) return request === ALLOCATE ? allocate(process, argument) : 'ENOTTY';
      if (request !== SYNC) return 'ENOTTY';
      const bytes = argument.copyIn(8);
      const flags = bytes && new DataView(bytes.buffer).getBigUint64(0, true);
      return bytes === undefined ? 'EFAULT' : flags > 7n || (flags & 3n) === 0n ? 'EINVAL' : 0;
    }),
    mmap: on((file, { length, offset, protection }) => {
      if (file.memory.length === 0) return 'ENODEV';
      if (Number(offset) + wholePages(length) > file.memory.length) return 'EINVAL';
      bug.maps(Number(offset) / PAGE);
      const mayWrite = file.mode === O_RDWR;
      const writes = (protection & PROT_WRITE) !== 0n;
      if (file.mode === O_WRONLY || (writes && !mayWrite)) return 'EACCES';
      const memory = hold(file).memory.subarray(Number(offset));
      return { memory, mayWrite, release: () => drop(file) };
    }),
  };
  return {
    process: (parent) => parent?.copy(hold) ?? new Descriptors(device),
    end: (process) => {
      if (!bug.ends) throw new Error('cannot end');
      process.files.forEach(drop);
    },
    calls,
  };
}
