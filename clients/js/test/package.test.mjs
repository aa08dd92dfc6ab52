// What is published, and what the README says of it.

import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { test } from 'node:test';

const root = new URL('..', import.meta.url);
const read = (name) => readFile(new URL(name, root), 'utf8');

test('the package has no dependencies, and every export is built', async () => {
    const { dependencies, exports, devDependencies } = JSON.parse(await read('package.json'));
    assert.equal(dependencies, undefined);
    for (const version of Object.values(devDependencies)) assert.match(version, /^\d+\.\d+\.\d+$/);
    for (const target of Object.values(exports).flatMap((e) => (typeof e === 'string' ? [] : Object.values(e)))) await read(target);
});

test('what is built imports nothing but itself, so that browsers can load it as it is', async () => {
    const files = (await readdir(new URL('dist', root), { recursive: true })).filter((name) => name.endsWith('.js'));
    assert.ok(files.length > 15, String(files.length));
    for (const file of files) {
        const text = await read(`dist/${file}`);
        for (const [, target] of text.matchAll(/(?:from|import) '([^']+)'/g)) assert.match(target, /^\.{1,2}\/.+\.js$/, file);
    }
});

test('each guide’s heading in the README names tests that exist', async () => {
    const readme = await read('README.md');
    const rows = [...readme.matchAll(/^\| ([^|]+) \| `([\w-]+\.test\.mjs)` \| (.+) \|$/gm)];
    assert.ok(rows.length >= 35, String(rows.length));
    for (const [, heading, file, names] of rows) {
        const text = await read(`test/${file}`);
        for (const [, name] of names.matchAll(/`([^`]+)`/g)) assert.ok(text.includes(name), `${heading}: ${file} has no "${name}"`);
    }
});
