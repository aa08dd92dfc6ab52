// The server's own pages in a real browser. Each must also work without scripts.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { openChromium } from './chromium.mjs';
import { start, wrong } from './harness.mjs';

let server, browser, plain;
before(async () => {
    [server, browser, plain] = await Promise.all([start(), openChromium(), openChromium({ javaScriptEnabled: false })]);
});
after(async () => {
    await Promise.all([browser?.close(), plain?.close()]);
    await server?.stop();
});

/** A new page at `path`. Its answer must be a page, whole and with a policy of its own. */
async function open(path, chromium = browser) {
    await chromium.forget();
    const page = await chromium.page();
    const answer = await page.goto(server.url + path);
    assert.equal(answer.status(), 200, `${path} answered ${answer.status()}`);
    assert.match(answer.headers()['content-type'], /^text\/html/);
    assert.match(answer.headers()['content-security-policy'], /default-src 'none'/);
    assert.notEqual(await page.title(), '');
    assert.ok((await page.locator('html').getAttribute('lang'))?.length >= 2, 'says its language');
    return page;
}

async function send(phone) {
    const response = await fetch(`${server.endpoint}/account/tokens/phone`, {
        method: 'POST',
        headers: { 'X-Appwrite-Project': server.project, 'content-type': 'application/json' },
        body: JSON.stringify({ userId: 'unique()', phone }),
    });
    assert.equal(response.status, 201);
    return server.inbox(phone);
}

for (const scripts of [true, false]) {
    const chromium = () => (scripts ? browser : plain);

    describe(scripts ? 'with scripts' : 'without scripts', () => {
        test('/docs lists the routes', async () => {
            const page = await open('/docs', chromium());
            for (const path of ['/v1/account/tokens/phone', '/v1/account/sessions/token']) {
                await page.getByText(path).first().waitFor({ state: 'attached' });
            }
            chromium().assertClean();
        });

        test('/dev shows what was sent, and refreshes itself', async () => {
            const [early, late] = scripts ? ['+14255550123', '+14255550124'] : ['+14255550125', '+14255550126'];
            const first = await send(early);
            const page = await open('/dev', chromium());
            await page.getByText(early).first().waitFor();
            await page.getByText(first.code).first().waitFor();
            const second = await send(late);
            await page.getByText(late).first().waitFor();
            await page.getByText(second.code).first().waitFor();
            chromium().assertClean();
        });

        test('/login signs in and out', async () => {
            const phone = scripts ? '+14255550130' : '+14255550131';
            const page = await open('/login', chromium());
            await login(page, phone, (code) => code);
            await page.getByText(/signed in/i).first().waitFor();
            const leave = page.getByRole('button', { name: /sign out/i });
            await leave.click();
            await leave.waitFor({ state: 'hidden' });
            await page.goto(`${server.url}/login`);
            await numberField(page).waitFor();
            assert.equal(await page.getByText(/signed in/i).count(), 0);
            chromium().assertClean();
        });

        test('/login says that a code is wrong, and takes the right one then', async () => {
            const phone = scripts ? '+14255550132' : '+14255550133';
            const page = await open('/login', chromium());
            const code = await login(page, phone, wrong);
            await page.getByRole('alert').filter({ hasText: /\w/ }).first().waitFor();
            assert.equal(await page.getByText(/signed in/i).count(), 0);
            await enter(page, code);
            await page.getByText(/signed in/i).first().waitFor();
            chromium().assertClean({ answers: [400, 401, 422] });
        });

        test('/login says that a number is none', async () => {
            const page = await open('/login', chromium());
            await numberField(page).fill('+1425');
            await numberField(page).press('Enter');
            await page.getByRole('alert').filter({ hasText: /\w/ }).first().waitFor();
            await numberField(page).waitFor();
            chromium().assertClean({ answers: [400, 422] });
        });
    });
}

const numberField = (page) => page.locator('input[type="tel"]');
const codeField = (page) => page.locator('input[autocomplete="one-time-code"]');

/** Asks for a code and enters what `made` makes of it. Answers the right code. */
async function login(page, phone, made) {
    await numberField(page).fill(phone);
    await numberField(page).press('Enter');
    await codeField(page).waitFor();
    const { code } = await server.inbox(phone);
    await enter(page, made(code));
    return code;
}

async function enter(page, code) {
    await codeField(page).fill(code);
    // A page may send a whole code by itself; then there is nothing left to press.
    await codeField(page).press('Enter', { timeout: 1_000 }).catch(() => {});
}
