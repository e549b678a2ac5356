/** Contents of one page: its bytes, or the single byte that fills it (so that it costs nothing). */
export type PageContents = Uint8Array | number;

/** Pages of memory by number. A page that was never written to takes no space. */
export class PageStore {
  readonly pageBytes: number;
  readonly #initial: (page: number) => number;
  readonly #pages = new Map<number, PageContents>();

  /** @param initial the byte that fills a page at first */
  constructor(pageBytes: number, initial: (page: number) => number = () => 0) {
    this.pageBytes = pageBytes;
    this.#initial = initial;
  }

  contents(page: number): PageContents {
    return this.#pages.get(page) ?? this.#initial(page);
  }

  /** Makes every byte of a page the same. */
  fill(page: number, byte: number): void {
    this.#pages.set(page, byte);
  }

  /** The bytes of a page, to be written to. */
  bytes(page: number): Uint8Array {
    const contents = this.contents(page);
    if (typeof contents !== 'number') return contents;
    const bytes = new Uint8Array(this.pageBytes).fill(contents);
    this.#pages.set(page, bytes);
    return bytes;
  }

  /** Copies a page out, for a private copy of it. */
  copyOf(page: number): PageContents {
    const contents = this.contents(page);
    return typeof contents === 'number' ? contents : contents.slice();
  }

  set(page: number, contents: PageContents): void {
    this.#pages.set(page, contents);
  }

  has(page: number): boolean {
    return this.#pages.has(page);
  }

  /** Makes a page what it was at first. */
  forget(page: number): void {
    this.#pages.delete(page);
  }

  /** A store with the same contents, for fork. */
  clone(): PageStore {
    const copy = new PageStore(this.pageBytes, this.#initial);
    for (const page of this.#pages.keys()) copy.set(page, this.copyOf(page));
    return copy;
  }
}
