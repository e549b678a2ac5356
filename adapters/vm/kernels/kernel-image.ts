/** Machines that guests can be, by Debian's usual names for what their agents are built for. */
export type GuestArchitecture = 'x86_64' | 'aarch64' | 'armhf';

/** A kernel that is ready to boot. */
export interface KernelImage {
  /** Path of the bootable image. */
  readonly image: string;
  readonly architecture: GuestArchitecture;
  /** What a report says of it: where it comes from, its version, the digests of its files. */
  readonly details: Readonly<Record<string, string>>;
  /** Words that it needs on its command line, such as `cma=64M`. */
  readonly append?: string;
  /**
   * The folder that modules are built against (`make -C`), made ready when it is asked for. Left
   * out where none can be had.
   *
   * @throws {@link AllocertError} when this machine cannot make it ready
   */
  readonly headers?: () => Promise<string>;
}

/** A kernel that `vm:NAME/…` boots. */
export interface NamedKernel {
  /** The word in the URL. */
  readonly name: string;
  readonly architecture: GuestArchitecture;
  /** What it is, in a few words for a list. */
  readonly summary: string;
  /** Whether `vm:NAME@VERSION/…` asks for one of several. */
  readonly versioned: boolean;
  /**
   * What this machine lacks for it, beside an emulator, as packages or steps: `apt-get`,
   * `flex (Debian: flex)`. Nothing is started or changed.
   */
  missing(): readonly string[];
  /**
   * The kernel from the cache, or made ready.
   *
   * @param version what followed the `@`; left out for the usual one
   * @param onStep hears what takes long
   * @throws {@link AllocertError} when it cannot be had here
   */
  prepare(version: string | undefined, onStep: (step: string) => void): Promise<KernelImage>;
}
