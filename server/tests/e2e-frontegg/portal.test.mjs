// The portal of `@frontegg/react` 4 in a browser: what its pages need to open, a second factor set up there, another password.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { Box, noise, Stage } from './box.mjs';
import { photograph, refusal, Visitor, wrong } from './support.mjs';

let server, site, browser;
const stage = new Stage();
before(async () => ({ server, site, browser } = await stage.open()));
after(() => stage.close());

/** Signs in and opens what the portal has on privacy and security. */
async function settings(page, ada) {
    const box = new Box(page, site);
    await box.open();
    await box.logIn(ada);
    await box.signedIn(ada.email);
    await box.press('Settings');
    await box.says('Basic Profile Information');
    await page.getByText('Privacy & Security').click();
    return box;
}

test('a person sets an authenticator app up, and is asked for it from then on', async () => {
    const ada = await server.person();
    const page = await browser.page();
    const asked = [];
    page.on('response', (response) => {
        const { pathname } = new URL(response.url());
        if (pathname.startsWith('/frontegg/')) asked.push([pathname.split('/').pop(), response.status()]);
    });
    const box = await settings(page, ada);
    await box.says('Basic Settings');
    await page.locator('input[type=checkbox]').click();
    const picture = page.locator('img[alt="qr-code"][src^="data:"]');
    await picture.waitFor();
    // This page asks again as soon as it was refused.
    assert.deepEqual(asked.filter(([name]) => name === 'config'), [['config', 200]]);
    assert.deepEqual(asked.filter(([, status]) => status >= 500), []);

    const app = photograph(server, await picture.getAttribute('src'));
    const field = page.getByPlaceholder('6-digit code');
    await field.fill(wrong(await app.code()));
    await box.press('Verify');
    await box.says(/code is/i);
    await field.fill(await app.code());
    await box.press('Verify');
    await box.says('Your recovery code');
    assert.equal((await new Visitor(server).signIn(ada)).user.mfaRequired, true);
    browser.assertClean({ ...noise, answers: [...noise.answers, 400] });
});

test('a person changes his password, and is signed in nowhere else from then on', async () => {
    await browser.forget();
    const ada = await server.person();
    const elsewhere = new Visitor(server);
    await elsewhere.signIn(ada);
    const page = await browser.page();
    const box = await settings(page, ada);
    await page.locator('[data-test-id=edit-password-btn]').click();
    const change = async (old) => {
        await page.locator('input[name=password]').fill(old);
        await page.locator('input[name=newPassword]').fill('another good password');
        await page.locator('input[name=confirmPassword]').fill('another good password');
        await box.press('Change Password');
    };
    await change('not this one');
    await box.says('The current password is wrong.');
    await change(ada.password);
    await page.locator('input[name=newPassword]').waitFor({ state: 'detached' });

    await assert.rejects(elsewhere.auth.refreshTokenV3(), refusal(401, /^Session not found$/));
    await page.reload();
    await box.signedIn(ada.email);
    await assert.rejects(new Visitor(server).signIn(ada), refusal(401));
    const { user } = await new Visitor(server).signIn({ ...ada, password: 'another good password' });
    assert.equal(user.email, ada.email);
    browser.assertClean({ ...noise, answers: [...noise.answers, 400] });
});
