import { escapeJson } from '../../base/clean-text.ts';
import { parseJson } from '../../base/parse-json.ts';
import type { UnpackedPackage } from '../../reports/certificate/read-package.ts';
import type { Shown } from '../derive/shown.ts';
import type { Statement } from '../statement/statement.ts';

/** What a verified package shows, as far as another product can differ in it. */
export interface PackageContents {
  readonly profile: string;
  readonly statement: Statement;
  /** `data/environment.json`. */
  readonly environment: unknown;
  /** SHA-256 of the rules that judged. */
  readonly catalogue: string;
  /** Statuses of the requirements, each in the order of the runs. */
  readonly statuses: ReadonlyMap<string, readonly string[]>;
}

/** What a derived product has otherwise than the product that it derives from. */
export interface ProductChange {
  /** A member of the statement or the environment with its path, `rules`, or a requirement. */
  readonly name: string;
  /** As JSON, or a status; undefined where it is only in the other package. */
  readonly before: string | undefined;
  readonly after: string | undefined;
}

/** The contents of a package whose files were checked. */
export function contentsOf(
  { files, head }: UnpackedPackage,
  { records, statement }: Shown,
): PackageContents {
  const statuses = new Map<string, string[]>();
  for (const { requirements } of records) {
    for (const { id, statuses: all } of requirements) {
      const status = all[head.profile];
      if (status !== undefined) statuses.set(id, [...(statuses.get(id) ?? []), status]);
    }
  }
  return {
    profile: head.profile,
    statement,
    environment: parseJson(files.get('data/environment.json')?.bytes().toString('utf8') ?? 'null'),
    catalogue: files.get('data/catalogue.json')?.sha256 ?? '',
    statuses,
  };
}

/** Everything in which one package differs from another, in the order of its weight. */
export function changesBetween(
  before: PackageContents,
  after: PackageContents,
): readonly ProductChange[] {
  const statuses = (one: PackageContents): ReadonlyMap<string, string> =>
    new Map([...one.statuses].map(([id, all]) => [id, [...new Set(all)].join(', ')]));
  const leaves = (name: string, value: unknown): ReadonlyMap<string, string> =>
    new Map(leavesOf(name, value));
  return [
    ...changed(new Map([['profile', before.profile]]), new Map([['profile', after.profile]])),
    ...changed(new Map([['rules', before.catalogue]]), new Map([['rules', after.catalogue]])),
    ...changed(statuses(before), statuses(after)),
    ...changed(leaves('statement', before.statement), leaves('statement', after.statement)),
    ...changed(leaves('environment', before.environment), leaves('environment', after.environment)),
  ];
}

function changed(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): readonly ProductChange[] {
  const names = new Set([...before.keys(), ...after.keys()]);
  return [...names].flatMap((name) =>
    before.get(name) === after.get(name)
      ? []
      : [{ name, before: before.get(name), after: after.get(name) }],
  );
}

/** The values of all members, by path; a list is one value. */
function leavesOf(path: string, value: unknown): readonly (readonly [string, string])[] {
  if (value === undefined) return [];
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return [[path, escapeJson(JSON.stringify(value, exact))]];
  }
  return Object.entries(value).flatMap(([key, one]) => leavesOf(`${path}.${key}`, one));
}

/** Lengths stand as digits: no number of JSON has 64 bits. */
const exact = (_key: string, value: unknown): unknown =>
  typeof value === 'bigint' ? value.toString() : value;
