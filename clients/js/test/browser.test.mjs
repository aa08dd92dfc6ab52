// The built modules in a real browser, as they are: cookies, localStorage, CORS and the window's focus.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, request as ask } from 'node:http';
import { after, before, describe, test } from 'node:test';

import { borrow, start, wrong } from './support.mjs';

let server, site, browser;
before(async () => {
    const { openChromium } = await borrow('chromium.mjs');
    site = createServer(async (request, response) => {
        const { pathname } = new URL(request.url, 'http://site');
        // A page whose own host leads to the server, as a proxy in front of both does.
        if (pathname.startsWith('/api/') || pathname.startsWith('/v1/')) return forward(request, response);
        const [kind, file] = pathname === '/' ? ['text/html; charset=utf-8', 'page.html'] : ['text/javascript', `..${pathname}`];
        const body = /^\/(dist\/[\w/-]+\.js)?$/.test(pathname) && (await readFile(new URL(file, import.meta.url)).catch(() => undefined));
        response.writeHead(body ? 200 : 404, { 'content-type': body ? kind : 'text/plain' }).end(body || 'Nothing here.');
    }).listen(0, '127.0.0.1');
    await once(site, 'listening');
    // One after the other: if the second does not start, the first is known and stopped.
    server = await start();
    browser = await openChromium();
});
after(async () => {
    site?.close();
    site?.closeAllConnections();
    await browser?.close();
    await server?.stop();
});

function forward(request, response) {
    const onward = ask(new URL(request.url, server.url), { method: request.method, headers: request.headers }, (answer) => {
        response.writeHead(answer.statusCode, answer.headers);
        answer.pipe(response);
    });
    request.pipe(onward.on('error', () => response.destroy()));
}

const address = (host, query) => `http://${host}:${site.address().port}/?${new URLSearchParams(query)}`;
const says = (page, text) => page.locator('#who', { hasText: text }).waitFor();

async function request(page, phone) {
    await page.getByLabel('Phone').fill(phone);
    await page.getByRole('button', { name: 'Send code' }).click();
    return (await server.inbox(phone)).code;
}

async function redeem(page, code) {
    await page.getByLabel('Code').fill(code);
    await page.getByRole('button', { name: 'Sign in' }).click();
}

async function open(host, query) {
    await browser.forget();
    const page = await browser.page();
    await page.goto(address(host, query));
    await says(page, 'Guest');
    return page;
}

describe('the Nuvix shape', () => {
    const sites = [
        { name: 'on the server’s own host', host: '127.0.0.1', endpoint: () => '/v1', phone: '+14255550123', cookie: true },
        { name: 'on another port', host: '127.0.0.1', endpoint: () => server.endpoint, phone: '+14255550124', cookie: true },
        { name: 'on another site', host: 'localhost', endpoint: () => server.endpoint, phone: '+14255550125', cookie: false },
    ];
    for (const { name, host, endpoint, phone, cookie } of sites) {
        test(`signs in by phone, survives a reload and signs out, in a page ${name}`, async () => {
            const page = await open(host, { endpoint: endpoint(), project: server.project });
            const code = await request(page, phone);
            await redeem(page, wrong(code));
            await page.getByRole('alert').filter({ hasText: 'user_invalid_token' }).waitFor();
            await redeem(page, code);
            await says(page, `Signed in as ${phone}`);
            const cookies = await browser.context.cookies();
            assert.equal(cookies.some((c) => c.name === 'nx_session' && c.httpOnly), cookie, JSON.stringify(cookies));

            // Either way to keep a session is enough by itself.
            if (cookie) await page.evaluate(() => localStorage.clear());
            await page.reload();
            await says(page, `Signed in as ${phone}`);
            await page.getByRole('button', { name: 'Sign out' }).click();
            await says(page, 'Guest');
            assert.equal(await page.evaluate(() => localStorage.getItem('cookieFallback')), null);
            await page.reload();
            await says(page, 'Guest');
            browser.assertClean({ answers: [401] });
        });
    }

    test('does without localStorage where a page may not use it', async () => {
        await browser.forget();
        const page = await browser.page();
        await page.addInitScript(() =>
            Object.defineProperty(window, 'localStorage', {
                get() {
                    throw new DOMException('denied', 'SecurityError');
                },
            }),
        );
        await page.goto(address('127.0.0.1', { endpoint: server.endpoint, project: server.project }));
        await says(page, 'Guest');
        await redeem(page, await request(page, '+14255550126'));
        await says(page, 'Signed in as +14255550126');
        browser.assertClean({ answers: [401] });
    });

    test('shows the QR code of an authenticator app', async () => {
        const page = await open('localhost', { endpoint: server.endpoint, project: server.project });
        const size = await page.evaluate(async ([endpoint, project]) => {
            const { Client } = await import('countersign');
            const nx = new Client().setEndpoint(endpoint).setProject(project);
            await nx.account.createAnonymousSession();
            const { uri } = await nx.account.createMfaAuthenticator({ type: 'totp' });
            const image = new Image();
            image.src = await nx.avatars.getQR({ text: uri, size: 320, margin: 2 });
            await image.decode();
            return image.naturalWidth;
        }, [server.endpoint, server.project]);
        assert.equal(size, 320);
        browser.assertClean({ answers: [401] });
    });

    test('warns whoever puts an API key into a page', async () => {
        const page = await open('127.0.0.1', { endpoint: server.endpoint, project: server.project });
        const warned = page.waitForEvent('console', (message) => message.type() === 'warning');
        await page.evaluate(async () => void new (await import('countersign')).Client().setKey('secret'));
        const text = (await warned).text();
        assert.ok(text.includes('API key') && !text.includes('secret'), text);
    });
});

describe('the nevr shape', () => {
    test('signs in by phone with a base URL of /api, and follows the session in every tab', async () => {
        const phone = '+14255550130';
        const page = await open('127.0.0.1', { shape: 'nevr' });
        const code = await request(page, phone);
        await redeem(page, wrong(code));
        await page.getByRole('alert').filter({ hasText: 'INVALID_OTP' }).waitFor();
        await redeem(page, code);
        await says(page, `Signed in as ${phone}`);
        assert.ok((await browser.context.cookies()).some((c) => c.name === 'nevr.session_token' && c.httpOnly));

        await page.reload();
        await says(page, `Signed in as ${phone}`);
        const tab = await browser.page();
        await tab.goto(address('127.0.0.1', { shape: 'nevr' }));
        await says(tab, `Signed in as ${phone}`);
        await page.getByRole('button', { name: 'Sign out' }).click();
        await says(page, 'Guest');
        await tab.evaluate(() => window.dispatchEvent(new Event('focus')));
        await says(tab, 'Guest');
        browser.assertClean({ answers: [400] });
    });
});
