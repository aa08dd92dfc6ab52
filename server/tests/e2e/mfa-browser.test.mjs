// Two steps in a real browser: a page of another origin shows the QR code, and asks for a code of the app.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';

import { openChromium } from './chromium.mjs';
import { start, wrong } from './harness.mjs';
import { Authenticator, scan } from './totp.mjs';

let server, site, browser;
before(async () => {
    const files = {
        '/': ['text/html; charset=utf-8', await readFile(new URL('mfa.html', import.meta.url))],
        '/appwrite.js': ['text/javascript', await readFile(new URL('node_modules/appwrite/dist/iife/sdk.js', import.meta.url))],
    };
    site = createServer((request, response) => {
        const [kind, body] = files[new URL(request.url, 'http://site').pathname] ?? [];
        // A page that isolates itself shows only images that say they may be shown.
        response.setHeader('cross-origin-embedder-policy', 'require-corp');
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

const password = 'correct horse battery';
const sites = [
    { name: 'a page of the same site on another port', host: '127.0.0.1', email: 'ada@example.com', hasCookie: true },
    { name: 'a page of another site', host: 'localhost', email: 'bob@example.com', hasCookie: false },
];

for (const { name, host, email, hasCookie } of sites) {
    test(`${name} signs up, shows the QR code, and asks for the second step from then on`, async () => {
        await browser.forget();
        const page = await browser.page();
        const says = (text) => page.locator('#who', { hasText: text }).waitFor();
        const click = (button) => page.getByRole('button', { name: button }).click();
        const enter = async (button) => {
            await page.getByLabel('E-mail').fill(email);
            await page.getByLabel('Password').fill(password);
            await click(button);
        };
        const query = new URLSearchParams({ endpoint: server.endpoint, project: server.project });
        await page.goto(`http://${host}:${site.address().port}/?${query}`);
        await says('Guest (general_unauthorized_scope)');
        await enter('Sign up');
        await says(`Signed in as ${email}, one step`);

        const [request] = await Promise.all([page.waitForRequest((r) => r.url().includes('/avatars/qr?')), click('Add an app')]);
        const headers = await request.allHeaders();
        assert.equal(headers['cookie']?.includes('a_session_demo=') ?? false, hasCookie, headers['cookie']);
        const image = page.getByAltText('QR code');
        await image.waitFor();
        await page.waitForFunction(() => document.querySelector('img').complete);
        assert.equal(await image.evaluate((img) => img.naturalWidth), 300);
        // As an app sees it on the screen.
        const app = new Authenticator(server, scan(await image.screenshot()));
        assert.equal(app.app.label, email);
        const otp = await app.code();
        await page.getByLabel('Code of the app').fill(wrong(otp));
        await click('Confirm');
        await page.getByRole('alert').filter({ hasText: 'user_invalid_token' }).waitFor();
        await page.getByLabel('Code of the app').fill(otp);
        await click('Confirm');
        await says(`Signed in as ${email}, two steps`);
        await click('Sign out');
        await says('Guest');

        await enter('Log in');
        await says('One more step: the app');
        await page.reload();
        await says('One more step: the app');
        await page.getByLabel('Second step').fill(otp);
        await click('Continue');
        await page.getByRole('alert').filter({ hasText: 'user_invalid_token' }).waitFor();
        await page.getByLabel('Second step').fill(await app.code());
        await click('Continue');
        await says(`Signed in as ${email}, two steps`);
        await page.reload();
        await says(`Signed in as ${email}, two steps`);
        browser.assertClean({ answers: [401] });
    });
}
