// The types: usages that must compile and usages that must not, and the packages they are meant to replace by name.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const here = fileURLToPath(new URL('..', import.meta.url));
const tsc = join(here, 'node_modules', '.bin', 'tsc');

test('right usages compile and wrong ones do not', async () => {
    const { stdout } = await run(tsc, ['-p', join(here, 'test', 'types')]).catch((failed) => failed);
    assert.equal(stdout, '');
});

test('the imports of the guides work unchanged where the package is installed by their names', async (t) => {
    const dir = await mkdtemp(join(tmpdir(), 'countersign-names-'));
    t.after(() => rm(dir, { recursive: true }));
    // What "nevr": "npm:countersign" and "@nuvix/client": "npm:countersign" make of node_modules.
    await mkdir(join(dir, 'node_modules', '@nuvix'), { recursive: true });
    await symlink(here, join(dir, 'node_modules', 'nevr'));
    await symlink(here, join(dir, 'node_modules', '@nuvix', 'client'));
    await writeFile(join(dir, 'package.json'), '{"type":"module"}');
    await writeFile(
        join(dir, 'app.ts'),
        `import { createClient } from "nevr/client"
         import { authClient } from "nevr/plugins/auth/client"
         import { phoneNumberClient } from "nevr/plugins/auth/phone-number/client"
         import { Avatars, Client, ID } from "@nuvix/client"
         const client = createClient<object>()({ baseURL: "/api", plugins: [authClient(), phoneNumberClient()] })
         const nx = new Client().setEndpoint("https://api.nuvix.in/v1").setProject("<PROJECT_ID>")
         const said: string[] = [typeof client.auth.phoneNumber.sendOTP, nx.avatars instanceof Avatars ? "avatars" : "", ID.unique()]
         globalThis.said = said
         declare global { var said: string[] }`,
    );
    const options = ['--strict', '--target', 'es2022', '--module', 'nodenext', '--types', '', 'app.ts'];
    const { stdout } = await run(tsc, options, { cwd: dir }).catch((failed) => failed);
    assert.equal(stdout, '');
    const { stdout: said } = await run(process.execPath, ['-e', `import('./app.js').then(() => console.log(said.slice(0, 2).join()))`], { cwd: dir });
    assert.equal(said, 'function,avatars\n');
});
