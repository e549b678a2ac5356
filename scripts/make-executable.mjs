// The compiler writes plain files; npm makes a command executable only where it links it anew.
import { chmodSync } from 'node:fs';

chmodSync(new URL('../dist/bin/allocert.js', import.meta.url), 0o755);
