// The server's own pages in a real browser. Each must also work without scripts.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { openChromium } from './chromium.mjs';
import { start, wrong } from './harness.mjs';
import { Authenticator } from './totp.mjs';

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

/** A call to the API: of a guest, or with the `cookie` that an earlier answer had. */
async function call(path, body, { method = 'POST', cookie = '' } = {}) {
    const response = await fetch(server.endpoint + path, {
        method,
        headers: { 'X-Appwrite-Project': server.project, 'content-type': 'application/json', cookie },
        body: JSON.stringify(body),
    });
    assert.ok(response.ok, `${path} answered ${response.status}: ${await response.clone().text()}`);
    return { body: await response.json(), cookie: response.headers.getSetCookie().map((line) => line.split(';')[0]).join('; ') };
}

async function send(phone) {
    await call('/account/tokens/phone', { userId: 'unique()', phone });
    return server.inbox(phone);
}

/** Makes an account that asks for a second factor: an app, or recovery codes. Answers the app. */
async function protect(phone) {
    const { body: token } = await call('/account/tokens/phone', { userId: 'unique()', phone });
    const { code } = await server.inbox(phone, 'sign-in');
    const { cookie } = await call('/account/sessions/token', { userId: token.userId, secret: code });
    const { body: made } = await call('/account/mfa/authenticators/totp', {}, { cookie });
    const app = new Authenticator(server, made.uri);
    await call('/account/mfa/authenticators/totp', { otp: await app.code() }, { method: 'PUT', cookie });
    await call('/account/mfa/recovery-codes', {}, { cookie });
    await call('/account/mfa', { mfa: true }, { method: 'PATCH', cookie });
    return app;
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

        test('/login asks for the second factor, by any way that the account has', async () => {
            const phone = scripts ? '+14255550134' : '+14255550135';
            const app = await protect(phone);
            const page = await open('/login', chromium());
            await login(page, phone, (code) => code);
            await page.getByText(/authenticator app/i).waitFor();
            assert.equal(await page.getByText(/signed in/i).count(), 0);
            await enter(page, wrong(await app.code()));
            await page.getByRole('alert').filter({ hasText: /\w/ }).first().waitFor();

            await page.getByRole('link', { name: /another way/i }).click();
            for (const way of [/authenticator app/i, /recovery code/i]) await page.getByRole('button', { name: way }).waitFor();
            await page.getByRole('button', { name: /recovery code/i }).click();
            await page.getByLabel(/recovery code/i).waitFor();
            await page.getByRole('link', { name: /another way/i }).click();
            await page.getByRole('button', { name: /authenticator app/i }).click();
            await enter(page, await app.code());
            await page.getByText(/signed in/i).first().waitFor();
            await page.reload();
            await page.getByText(/signed in/i).first().waitFor();
            chromium().assertClean({ answers: [400] });
        });

        test('a link leads to a page where a new password is chosen', async () => {
            const email = scripts ? 'anna@example.com' : 'bert@example.com';
            await call('/account', { userId: 'unique()', email, password: 'correct horse battery' });
            await call('/account/recovery', { email });
            const { link } = await server.inbox(email, 'recovery');
            const page = await open(link.replace(server.url, ''), chromium());
            const field = page.locator('input[autocomplete="new-password"]');
            // Without the browser's own check, to see the server's.
            if (scripts) {
                await page.locator('form').evaluate((form) => (form.noValidate = true));
                await field.fill('short');
                await field.press('Enter');
                await page.getByRole('alert').filter({ hasText: /8 to 256/ }).waitFor();
            }
            await field.fill('quite another one');
            await field.press('Enter');
            await page.getByRole('heading', { name: /password is changed/i }).waitFor();
            await call('/account/sessions/email', { email, password: 'quite another one' });
            const again = await page.goto(link);
            assert.equal(again.status(), 400);
            await page.getByText(/does not work/i).waitFor();
            chromium().assertClean({ answers: [400] });
        });

        test('a link leads to a page that signs in', async () => {
            const email = scripts ? 'clara@example.com' : 'dora@example.com';
            await call('/account/tokens/magic-url', { userId: 'unique()', email });
            const { link } = await server.inbox(email);
            const page = await open(link.replace(server.url, ''), chromium());
            await page.reload();
            await page.getByRole('button', { name: /sign in/i }).click();
            await page.getByText(/signed in/i).first().waitFor();
            await page.getByText(`${email[0]}***@example.com`).waitFor();
            chromium().assertClean();
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
    const { code } = await server.inbox(phone, 'sign-in');
    await enter(page, made(code));
    return code;
}

async function enter(page, code) {
    await codeField(page).fill(code);
    // A page may send a whole code by itself; then there is nothing left to press.
    await codeField(page).press('Enter', { timeout: 1_000 }).catch(() => {});
}
