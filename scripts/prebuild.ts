/**
 * Lists beside the built modules what commands need that only tell something: the cases, without
 * the code that runs them, and the files of the catalogue that fit its schema. `npm run build` runs
 * it.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../base/package-root.ts';
import { loadCatalogue } from '../catalogue/catalogue.ts';
import { CatalogueFiles, CHECKED_FILES } from '../catalogue/catalogue-files.ts';
import { LISTED_CASES } from '../suites/assess/listed-cases.ts';
import { CASES } from '../suites/cases/all.ts';

const folder = join(packageRoot(), 'catalogue');
// None of them counts as checked, whatever an earlier build has listed.
const files = new CatalogueFiles(folder, {});
loadCatalogue(folder, files);
const cases = CASES.map(({ id, title, requirements }) => ({ id, title, requirements }));
writeFileSync(CHECKED_FILES, `${JSON.stringify(files.digests, undefined, 1)}\n`);
writeFileSync(LISTED_CASES, `${JSON.stringify(cases)}\n`);
