// The login box of `@frontegg/react` 4 in a browser, where people sign in by password: second factors, and the card that
// offers SMS beside it.

import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';

import { Box, noise, serve, Stage } from './box.mjs';
import { equip, number, photograph, Visitor, wrong } from './support.mjs';

let server, site, browser, box;
const stage = new Stage();
before(async () => ({ server, site, browser } = await stage.open()));
after(() => stage.close());
beforeEach(async () => {
    await browser.forget();
    box = new Box(await browser.page(), site);
    await box.open();
    await box.page.evaluate(() => localStorage.clear());
    await box.open();
});

/** Somebody with an authenticator app, who enrolled it elsewhere. */
async function equipped(wanted) {
    const ada = await server.person(wanted);
    const page = new Visitor(server);
    await page.signIn(ada);
    return { ada, ...(await equip(server, page)) };
}

test('a person signs in by password, after a wrong one', async () => {
    const ada = await server.person();
    await box.logIn({ ...ada, password: 'not this one' });
    await box.says('Incorrect email or password');
    await box.logIn(ada);
    await box.signedIn(ada.email);
    await box.page.reload();
    await box.signedIn(ada.email);
    browser.assertClean(noise);
});

test('whoever forgot his password chooses another by the mail', async () => {
    const ada = await server.person();
    const page = box.page;
    const choose = async (password) => {
        await page.getByPlaceholder('Enter your password', { exact: true }).fill(password);
        await page.getByPlaceholder('Enter your password again').fill(password);
        await box.press('Reset Password');
    };
    const forgot = async (email) => {
        await box.open();
        await box.email.fill(email);
        await page.getByText('Forgot Password?').click();
        await box.says('Forgot your password?');
        assert.equal(await box.email.inputValue(), email);
        await box.press('Remind Me');
        await box.says('Check your inbox');
    };
    await forgot('nobody@example.com');
    await forgot(ada.email);
    const { link } = await server.inbox(ada.email, 'recovery');
    assert.equal(new URL(link).origin, site.url);
    await page.goto(link);
    await choose('another good password');
    await box.says('Password changed!');
    await box.email.waitFor();
    await box.logIn(ada);
    await box.says('Incorrect email or password');
    await box.logIn({ ...ada, password: 'another good password' });
    await box.signedIn(ada.email);

    await browser.context.clearCookies();
    await page.goto(link);
    await choose('a third good password');
    await box.says(/link is wrong, was used or has expired/);
    assert.deepEqual(await server.messages('nobody@example.com'), []);
    browser.assertClean({ ...noise, answers: [...noise.answers, 400] });
});

test('an application of another origin calls the server itself', async (t) => {
    const elsewhere = await serve(server, 'app.jsx', server.url);
    t.after(() => elsewhere.stop());
    const ada = await server.person();
    box = new Box(box.page, elsewhere);
    await box.open();
    await box.logIn({ ...ada, password: 'not this one' });
    await box.says('Incorrect email or password');
    await box.logIn(ada);
    await box.signedIn(ada.email);
    await box.page.reload();
    await box.signedIn(ada.email);
    browser.assertClean(noise);
});

test('the authenticator app is asked for after the password', async () => {
    const { ada, app } = await equipped();
    await box.logIn(ada);
    await box.says('Two-Factor authentication');
    await box.code(wrong(await app.code()));
    await box.says(/code is/i);
    await box.code(await app.code());
    await box.signedIn(ada.email);
    await box.page.reload();
    await box.signedIn(ada.email);
    browser.assertClean(noise);
});

test('the recovery code does instead of a lost app', async () => {
    const { ada, recoveryCode } = await equipped();
    await box.logIn(ada);
    await box.page.getByText('Click here').click();
    const recover = async (code) => {
        await box.page.locator('input[name=code]').fill(code);
        await box.press('Disable MFA');
    };
    await recover(`${recoveryCode.slice(1)}0`);
    await box.says(/code is/i);
    await recover(recoveryCode);
    await box.logIn(ada);
    await box.signedIn(ada.email);
    browser.assertClean(noise);
});

test('whoever must have a second factor enrols an app before he is in', async (t) => {
    t.after(() => server.settings({ mfa: { enforce: 'dontForce', email: true } }));
    // Else the address that everybody here has would do.
    await server.settings({ mfa: { enforce: 'force', email: false } });
    const ada = await server.person();
    await box.logIn(ada);
    const picture = box.page.locator('img[alt="Multi-factor QR"][src^="data:"]');
    const app = photograph(server, await picture.getAttribute('src'));
    const field = box.page.locator('input[name=token]');
    await field.fill(wrong(await app.code()));
    await box.page.locator('button[type=submit]:visible').click();
    await box.says(/code is/i);
    await field.fill(await app.code());
    await box.page.locator('button[type=submit]:visible').click();
    await box.says('recovery code');
    await box.press('Continue');
    await box.signedIn(ada.email);
    browser.assertClean(noise);
});

test('the card “Log in with SMS” sets a number up, and signs in by it the next time', async () => {
    const { ada, app } = await equipped();
    const phone = number();
    await box.page.locator('.fe-smsPreviewTitle').click({ position: { x: 4, y: 8 } });
    await box.press('Log in with SMS');
    await box.says('Great choice!');
    await box.logIn(ada);
    await box.code(await app.code());
    await box.page.locator('input[value^="+"]').fill(phone);
    await box.press('Send me an SMS');
    await box.says(phone);
    await box.code((await server.inbox(phone)).code);
    await box.signedIn(ada.email);

    await browser.context.clearCookies();
    await box.page.goto(`${site.url}/account/login`);
    await box.press('Log in with SMS');
    await box.code((await server.inbox(phone, 'sign-in')).code);
    await box.says('Two-Factor authentication');
    await box.code(await app.code());
    await box.signedIn(ada.email);
    browser.assertClean(noise);
});
