// The hosted login of Frontegg's SDK 7 in a browser: the application sends people to our page, and gets them back.

import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';

import { openChromium } from '../e2e/chromium.mjs';
import { noise, serve } from './box.mjs';
import { number, proved, start } from './support.mjs';

let server, site, elsewhere, browser, page;
before(async () => {
    server = await start();
    // One application passes /frontegg on, the other calls the server itself.
    site = await serve(server, 'app7-hosted.js');
    elsewhere = await serve(server, 'app7-hosted.js', server.url);
    browser = await openChromium();
});
after(async () => {
    await browser?.close();
    elsewhere?.stop();
    site?.stop();
    await server?.stop();
});
beforeEach(async () => {
    await browser.forget();
    page = await browser.page();
});

const settled = () => page.waitForFunction(() => window.app?.store.getState().auth.isLoading === false);
const state = (part) => page.evaluate((part) => JSON.parse(JSON.stringify(window.app.store.getState().auth[part] ?? null)), part);
const signedIn = async () => [await state('isAuthenticated'), (await state('user'))?.email];

/** Opens an application. */
async function open(where) {
    await page.goto(where.url);
    await settled();
}

/** Presses the application's button and signs in on our page. */
async function logIn(phone) {
    await page.locator('#login').click();
    await page.waitForURL(`${server.url}/login`);
    await page.getByRole('heading', { name: 'Sign in to Demo' }).waitFor();
    await page.getByLabel('Phone number').fill(phone);
    await page.getByRole('button', { name: 'Send code' }).click();
    const field = page.getByLabel('Code', { exact: true });
    await field.waitFor();
    await field.fill((await server.inbox(phone, 'sign-in')).code);
    await page.getByRole('button', { name: 'Sign in' }).click();
}

/** Waits until the application has somebody, and has left the page with the code in its address: that works once. */
const back = async (where) => {
    await page.waitForURL(`${where.url}/`);
    await page.waitForFunction(() => window.app?.store.getState().auth.isAuthenticated === true);
};

for (const [name, where] of [
    ['that passes /frontegg on', () => site],
    ['that calls the server', () => elsewhere],
]) {
    test(`an application ${name}: to our page, back, a reload, out`, async () => {
        await server.settings({ otp: { resendSeconds: [0] } });
        const ada = await server.person({ phone: number() });
        await open(where());
        assert.deepEqual(await signedIn(), [false, undefined]);
        await logIn(ada.phone);
        await back(where());
        assert.deepEqual(await signedIn(), [true, ada.email]);
        const { accessToken, nonce } = await state('user');
        const claims = await proved(server, accessToken);
        assert.deepEqual([claims.sub, claims.iss, claims.nonce], [ada.id, server.url, nonce]);
        assert.ok(nonce);

        await page.reload();
        await settled();
        assert.deepEqual(await signedIn(), [true, ada.email]);

        await page.evaluate(() => new Promise((resolve) => window.app.logout(resolve)));
        assert.deepEqual(await signedIn(), [false, undefined]);
        await page.reload();
        await settled();
        assert.deepEqual(await signedIn(), [false, undefined]);
        // Nor is he signed in on our page any more.
        await page.locator('#login').click();
        await page.getByRole('heading', { name: 'Sign in to Demo' }).waitFor();
        browser.assertClean(noise);
    });
}

test('who is signed in on our page needs no code for the next application', async () => {
    await server.settings({ otp: { resendSeconds: [0] } });
    const ada = await server.person({ phone: number() });
    await open(site);
    await logIn(ada.phone);
    await back(site);
    // The cookie of the first is not the second's: it asks our page.
    await browser.context.clearCookies({ name: /^fe_/ });
    await open(elsewhere);
    assert.deepEqual(await signedIn(), [false, undefined]);
    await page.locator('#login').click();
    await back(elsewhere);
    assert.deepEqual(await signedIn(), [true, ada.email]);
    browser.assertClean(noise);
});
