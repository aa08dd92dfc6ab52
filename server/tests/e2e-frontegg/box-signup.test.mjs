// The login box of `@frontegg/react` 4 in a browser: signing up, from the first click to being in.

import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';

import { Box, noise, Stage } from './box.mjs';
import { password } from './support.mjs';

let server, site, browser, box, page;
const stage = new Stage();
before(async () => ({ server, site, browser } = await stage.open()));
after(() => stage.close());

let people = 0;
let email;
beforeEach(async () => {
    await browser.forget();
    page = await browser.page();
    box = new Box(page, site);
    email = `newcomer${++people}@example.com`;
});

/** Lets people sign in by this, and fills the form as far as it is the same. */
async function signUp(mainStrategy) {
    await server.settings({ frontegg: { mainStrategy } });
    await box.open();
    await page.locator('[data-test-id=redirect-to-signup]').click();
    await page.getByPlaceholder('Enter your email').fill(email);
    await page.getByPlaceholder('Enter your name').fill('Ada Lovelace');
    await page.getByPlaceholder('Enter your company name').fill('Engines');
}

/** Whose page it is, as the application's server would ask. */
const me = () =>
    page.evaluate(async () => {
        const refreshed = await fetch('/frontegg/identity/resources/auth/v1/user/token/refresh', { method: 'POST' });
        const { accessToken } = await refreshed.json();
        const headers = { authorization: `Bearer ${accessToken}` };
        const { name, email, verified } = await (await fetch('/frontegg/identity/resources/users/v2/me', { headers })).json();
        return { name, email, verified };
    });

for (const strategy of ['Code', 'MagicLink', 'SmsCode']) {
    test(`where people sign in by ${strategy} the link in the mail lets a newcomer in`, async () => {
        await signUp(strategy);
        if (strategy === 'SmsCode') await page.getByPlaceholder('Enter your phone number').fill('+14255550199');
        await box.press('Sign up');
        await box.says('Thanks for signing up!');
        const { link } = await server.inbox(email, 'verify-email');
        assert.equal(new URL(link).origin, site.url);
        await page.goto(link);
        await box.says('Successfully activated!');
        await box.signedIn(email);
        assert.deepEqual(await me(), { name: 'Ada Lovelace', email, verified: true });

        await browser.context.clearCookies();
        await page.goto(link);
        await box.says('Activation link expired');
        browser.assertClean({ ...noise, answers: [...noise.answers, 400] });
    });
}

test('whoever signs up with a password is in at once', async () => {
    await signUp('EmailAndPassword');
    await page.getByPlaceholder('Enter your password').fill(password);
    await box.press('Sign up');
    await box.signedIn(email);
    await page.reload();
    await box.signedIn(email);
    browser.assertClean(noise);
});

test('an account that was made without its password gets it by the link in the mail', async () => {
    await server.settings({ frontegg: { mainStrategy: 'EmailAndPassword' } });
    await box.open();
    const answer = await page.evaluate(async (email) => {
        const headers = { 'content-type': 'application/json' };
        const body = JSON.stringify({ email, name: 'Ada Lovelace', companyName: 'Engines' });
        return (await fetch('/frontegg/identity/resources/users/v1/signUp', { method: 'POST', headers, body })).json();
    }, email);
    assert.deepEqual(answer, { shouldActivate: true });
    await page.goto((await server.inbox(email, 'verify-email')).link);
    await box.says('Activate your account');
    await page.getByPlaceholder('Enter your password', { exact: true }).fill(password);
    await page.getByPlaceholder('Enter your password again').fill(password);
    await box.press('Activate');
    await box.signedIn(email);
    await browser.context.clearCookies();
    await box.open();
    await box.logIn({ email, password });
    await box.signedIn(email);
    browser.assertClean(noise);
});
