// How many bytes an application downloads: the modules that an import reaches, compiled without comments, in one gzip.
// A bundler that also shortens names makes less of it.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const root = fileURLToPath(new URL('..', import.meta.url));
const out = mkdtempSync(join(tmpdir(), 'countersign-size-'));
try {
    const tsc = join(root, 'node_modules', '.bin', 'tsc');
    execFileSync(tsc, ['-p', root, '--removeComments', '--declaration', 'false', '--outDir', out]);
    const reach = (file, seen = new Set()) => {
        if (seen.has(file)) return seen;
        seen.add(file);
        for (const [, target] of readFileSync(file, 'utf8').matchAll(/from '([^']+)'/g)) reach(join(dirname(file), target), seen);
        return seen;
    };
    const entries = {
        'countersign: all': ['index.js'],
        'countersign: BaseClient and Account': ['nuvix/base.js', 'nuvix/account.js', 'nuvix/id.js'],
        'countersign/nevr with both plugins': ['nevr/index.js', 'nevr/auth.js', 'nevr/phone-number.js'],
    };
    for (const [name, files] of Object.entries(entries)) {
        const modules = new Set(files.flatMap((file) => [...reach(join(out, file))]));
        const text = [...modules].map((file) => readFileSync(file, 'utf8')).join('\n');
        console.log(`${name}: ${text.length} bytes, ${gzipSync(text, { level: 9 }).length} in gzip`);
    }
} finally {
    rmSync(out, { recursive: true });
}
