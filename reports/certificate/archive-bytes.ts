import { closeSync, createReadStream, fstatSync, readSync } from 'node:fs';
import { crc32, createInflateRaw, type InflateRaw } from 'node:zlib';
import { openRegular } from '../../base/lines.ts';
import { type PackageRefusal, refusedPackage } from './refusal.ts';

/** gzip (RFC 1952) without name and time, of any deflate level: the one header of packages. */
const HEADER = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]);
const TRAILER_BYTES = 8;

const truncated = (): PackageRefusal =>
  refusedPackage('truncated', 'the archive ends too early', 'transfer the file again');

const damaged = (): PackageRefusal =>
  refusedPackage('damaged', 'the archive is damaged', 'transfer the file again');

/**
 * The bytes inside of one gzip member, which nobody has to trust: they are decompressed as they are
 * asked for, and never more than a piece ahead.
 */
export class ArchiveBytes {
  /** Of the compressed file, in bytes. */
  readonly fileBytes: number;
  readonly #inflate: InflateRaw;
  readonly #pieces: AsyncIterator<Buffer>;
  readonly #trailer: Buffer;
  readonly #close: () => void;
  #rest: Buffer = Buffer.alloc(0);
  #crc = 0;
  #length = 0;

  /**
   * @throws {@link PackageRefusal} `not-gzip`, `gzip-header` or `truncated`
   * @throws what `open` throws
   */
  constructor(file: string) {
    const descriptor = openRegular(file);
    try {
      this.fileBytes = fstatSync(descriptor).size;
      const head = Buffer.alloc(HEADER.length);
      checkHeader(head.subarray(0, readSync(descriptor, head, 0, head.length, 0)));
      const end = this.fileBytes - TRAILER_BYTES;
      if (end <= HEADER.length) throw truncated();
      this.#trailer = Buffer.alloc(TRAILER_BYTES);
      readSync(descriptor, this.#trailer, 0, TRAILER_BYTES, end);
      const from = { fd: descriptor, start: HEADER.length, end: end - 1 };
      const source = createReadStream('', from);
      this.#inflate = createInflateRaw();
      source.on('error', (error) => this.#inflate.destroy(error));
      this.#pieces = source.pipe(this.#inflate)[Symbol.asyncIterator]();
      this.#close = () => {
        source.destroy();
        this.#inflate.destroy();
      };
    } catch (thrown) {
      closeSync(descriptor);
      throw thrown;
    }
  }

  /** Ends the reading, also in the middle. */
  close(): void {
    this.#close();
  }

  /** The next bytes, exactly so many. @throws {@link PackageRefusal} when there are fewer */
  async take(length: number): Promise<Buffer> {
    const pieces: Buffer[] = [];
    for await (const piece of this.stream(length)) pieces.push(piece);
    return pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces);
  }

  /** The next bytes, piece by piece. @throws {@link PackageRefusal} when there are fewer */
  async *stream(length: number): AsyncGenerator<Buffer> {
    for (let missing = length; missing > 0; ) {
      if (this.#rest.length === 0) {
        const piece = await this.#next();
        if (piece === undefined) throw truncated();
        this.#rest = piece;
      }
      const part = this.#rest.subarray(0, missing);
      this.#rest = this.#rest.subarray(part.length);
      missing -= part.length;
      yield part;
    }
  }

  /**
   * Makes sure that the archive ends here, and was read as it was written.
   *
   * @throws {@link PackageRefusal} `trailing-data` or `damaged`
   */
  async end(): Promise<void> {
    const isOver = this.#rest.length === 0 && (await this.#next()) === undefined;
    const compressed = this.fileBytes - HEADER.length - TRAILER_BYTES;
    if (!isOver || this.#inflate.bytesWritten !== compressed) {
      throw refusedPackage('trailing-data', 'something follows the end of the archive');
    }
    const [crc, length] = [this.#trailer.readUInt32LE(0), this.#trailer.readUInt32LE(4)];
    if (crc !== this.#crc || length !== this.#length % 2 ** 32) throw damaged();
  }

  async #next(): Promise<Buffer | undefined> {
    try {
      const { done, value } = await this.#pieces.next();
      if (done === true) return undefined;
      this.#crc = crc32(value, this.#crc);
      this.#length += value.length;
      return value;
    } catch (thrown) {
      const { code } = thrown as NodeJS.ErrnoException;
      if (code === 'Z_BUF_ERROR') throw truncated();
      throw code?.startsWith('Z_') === true ? damaged() : thrown;
    }
  }
}

function checkHeader(head: Buffer): void {
  if (!HEADER.subarray(0, 3).equals(head.subarray(0, 3))) {
    throw head.length < 3
      ? truncated()
      : refusedPackage(
          'not-gzip',
          'the file is not a gzip archive',
          'name the package that certify wrote',
        );
  }
  if (head.length < HEADER.length) throw truncated();
  if (!HEADER.equals(head)) {
    throw refusedPackage('gzip-header', 'the gzip header is not the one that packages have');
  }
}
