// Every route of the server has a method, and every method has a route.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { Client } from 'countersign';
import { createClient } from 'countersign/nevr';
import { authClient } from 'countersign/nevr/auth';
import { phoneNumberClient } from 'countersign/nevr/phone-number';

import { start } from './support.mjs';
import { METHODS } from './types/methods.mjs';

/** Served too, but by its first path alone in the description. */
const ALIASES = ['PUT /v1/account/sessions/magic-url'];

let server, all, served;
before(async () => {
    server = await start();
    const { paths } = await (await fetch(`${server.url}/openapi.json`)).json();
    all = Object.entries(paths).flatMap(([path, operations]) => Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`));
    served = all.filter((call) => call.includes(' /v1/'));
});
after(() => server?.stop());

/** Calls every method of every service, and gathers what each asks for. */
async function made() {
    const asked = new Map();
    let name;
    const note = async (url, init) => {
        asked.set(name, `${init.method} ${new URL(url).pathname}`);
        return Response.json({});
    };
    const nx = new Client({ fetch: note }).setEndpoint(server.endpoint);
    // One object with what any path needs.
    const params = { userId: '{userId}', sessionId: '{sessionId}', identityId: '{identityId}', type: '{type}', targetId: '{targetId}' };
    for (const service of ['account', 'users', 'locale', 'health']) {
        const { prototype } = nx[service].constructor;
        for (const method of Object.getOwnPropertyNames(prototype).filter((name) => name !== 'constructor')) {
            name = `${service}.${method}`;
            // A method without parameters takes this for its options.
            await nx[service][method](params);
        }
    }
    name = 'ping';
    await nx.ping();
    asked.set('avatars.getQR', `GET ${new URL(nx.avatars.getQR({ text: 'x' })).pathname}`);
    return new Map([...asked].map(([name, call]) => [name, decodeURI(call)]));
}

test('each method asks for a route that the server has', async () => {
    const lost = [...(await made())].filter(([, call]) => !served.includes(call) && !ALIASES.includes(call));
    assert.deepEqual(lost, []);
});

test('each route of the server is reached by a method', async () => {
    const reached = new Set((await made()).values());
    assert.ok(served.length > 70, String(served.length));
    assert.deepEqual(served.filter((call) => !reached.has(call)), []);
});

/** Beside `getSession`, which asks for the same. */
const SAME = ['GET /auth/session'];

test('in the nevr shape too, as far as its methods have types', async () => {
    const asked = new Set();
    const customFetch = async (url, init) => {
        asked.add(`${init.method} ${new URL(url).pathname}`);
        return Response.json({});
    };
    const { auth } = createClient()({ basePath: '', plugins: [authClient(), phoneNumberClient()], fetchOptions: { customFetch } });
    // The methods that `Auth` and `PhoneNumber` declare: test/types/nevr.ts holds this list against them.
    for (const name of METHODS) await name.split('.').reduce((group, part) => group[part], auth)({});
    const named = all.filter((call) => call.includes(' /auth/') && !call.includes(' /auth/vendor') && !SAME.includes(call));
    assert.deepEqual([...asked].sort(), named.sort());
});
