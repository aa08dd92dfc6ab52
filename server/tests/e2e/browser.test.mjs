// The web SDK in a real browser: CORS, cookies and `localStorage` as they are, from a page on another port.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { after, before, describe, test } from 'node:test';

import { openChromium } from './chromium.mjs';
import { start, wrong } from './harness.mjs';

let server, site, browser;
before(async () => {
    const files = {
        '/': ['text/html; charset=utf-8', await readFile(new URL('app.html', import.meta.url))],
        '/sandboxed': ['text/html', '<!doctype html><title>A page of anybody</title>'],
        '/appwrite.js': ['text/javascript', await readFile(new URL('node_modules/appwrite/dist/iife/sdk.js', import.meta.url))],
    };
    site = createServer((request, response) => {
        const { pathname } = new URL(request.url, 'http://site');
        // In a sandbox a page has no origin that anybody could allow.
        if (pathname === '/sandboxed') response.setHeader('content-security-policy', 'sandbox allow-scripts');
        const [kind, body] = files[pathname] ?? [];
        response.writeHead(body ? 200 : 404, { 'content-type': kind ?? 'text/plain' }).end(body);
    }).listen(0, '127.0.0.1');
    [server, browser] = await Promise.all([start(), openChromium(), once(site, 'listening')]);
});
after(async () => {
    site?.close();
    site?.closeAllConnections();
    await browser?.close();
    await server?.stop();
});

const address = (host) =>
    `http://${host}:${site.address().port}/?${new URLSearchParams({ endpoint: server.endpoint, project: server.project })}`;

/** Waits until the page says who is there. */
const says = (page, text) => page.locator('#who', { hasText: text }).waitFor();

async function ask(page, phone) {
    await page.getByLabel('Phone').fill(phone);
    await page.getByRole('button', { name: 'Send code' }).click();
    const { code } = await server.inbox(phone);
    return code;
}

async function redeem(page, code) {
    await page.getByLabel('Code').fill(code);
    await page.getByRole('button', { name: 'Sign in' }).click();
}

const sites = [
    { name: 'a page of the same site on another port', host: '127.0.0.1', phone: '+14255550123', hasCookie: true },
    { name: 'a page of another site', host: 'localhost', phone: '+14255550124', hasCookie: false },
];

for (const { name, host, phone, hasCookie } of sites) {
    describe(name, () => {
        test('signs in, survives a reload, signs out', async () => {
            await browser.forget();
            const page = await browser.page();
            await page.goto(address(host));
            await says(page, 'Guest (general_unauthorized_scope)');
            await redeem(page, await ask(page, phone));
            await says(page, `Signed in as ${phone}`);
            const cookies = await browser.context.cookies(server.url);
            assert.equal(cookies.some((c) => c.name === 'a_session_demo' && c.httpOnly), hasCookie, JSON.stringify(cookies));

            await page.reload();
            await says(page, `Signed in as ${phone}`);
            const tab = await browser.page();
            await tab.goto(address(host));
            await says(tab, `Signed in as ${phone}`);

            await page.getByRole('button', { name: 'Sign out' }).click();
            await says(page, 'Guest');
            await tab.reload();
            await says(tab, 'Guest');
            assert.deepEqual(await browser.context.cookies(server.url), []);
            browser.assertClean({ answers: [401] });
        });

        test(hasCookie ? 'is signed in by the cookie alone' : 'is signed in by the fallback alone', async () => {
            await browser.forget();
            const page = await browser.page();
            await page.goto(address(host));
            await says(page, 'Guest');
            await redeem(page, await ask(page, phone));
            await says(page, `Signed in as ${phone}`);
            if (hasCookie) await page.evaluate(() => localStorage.clear());
            else await browser.context.clearCookies();
            await page.reload();
            await says(page, `Signed in as ${phone}`);
            // And without either there is nobody.
            await page.evaluate(() => localStorage.clear());
            await browser.context.clearCookies();
            await page.reload();
            await says(page, 'Guest');
            browser.assertClean({ answers: [401] });
        });

        test('is told that a code is wrong, and may try again', async () => {
            await browser.forget();
            const page = await browser.page();
            await page.goto(address(host));
            await says(page, 'Guest');
            const code = await ask(page, phone);
            await redeem(page, wrong(code));
            await page.getByRole('alert').filter({ hasText: 'user_invalid_token' }).waitFor();
            await redeem(page, code);
            await says(page, `Signed in as ${phone}`);
            await page.getByRole('button', { name: 'Sign out' }).click();
            await says(page, 'Guest');
            browser.assertClean({ answers: [401] });
        });
    });
}

test('a page that is no platform of the project changes nothing', async () => {
    await browser.forget();
    const page = await browser.page();
    const statuses = [];
    page.on('response', (response) => response.url().startsWith(server.url) && statuses.push(response.status()));
    await page.goto(`http://127.0.0.1:${site.address().port}/sandboxed`);
    assert.equal(await page.evaluate(() => self.origin), 'null');
    const phone = '+14255550125';
    const outcomes = await page.evaluate(
        async ({ endpoint, project, phone }) => {
            const init = { method: 'POST', credentials: 'include', body: JSON.stringify({ userId: 'unique()', phone }) };
            const headers = { 'X-Appwrite-Project': project, 'content-type': 'application/json' };
            const url = `${endpoint}/account/tokens/phone`;
            const outcome = (promise) => promise.then((r) => r.type, () => 'refused');
            return [
                await outcome(fetch(url, { ...init, headers })),
                // Without headers of its own there is no preflight: the call arrives, only its answer stays hidden.
                await outcome(fetch(`${url}?project=${project}`, { ...init, mode: 'no-cors' })),
            ];
        },
        { endpoint: server.endpoint, project: server.project, phone },
    );
    assert.deepEqual(outcomes, ['refused', 'opaque']);
    assert.equal(statuses.at(-1), 403);
    assert.deepEqual(await server.messages(phone), []);
});
