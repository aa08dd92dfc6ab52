// The portal of `@frontegg/react` 4 in a browser: what its pages need to open, and a second factor set up there.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { openChromium } from '../e2e/chromium.mjs';
import { Box, noise, serve } from './box.mjs';
import { photograph, start, Visitor, wrong } from './support.mjs';

let server, site, browser;
before(async () => {
    // One after the other: if the second does not start, the first is known and stopped.
    server = await start();
    site = await serve(server);
    browser = await openChromium();
});
after(async () => {
    await browser?.close();
    site?.stop();
    await server?.stop();
});

test('a person sets an authenticator app up, and is asked for it from then on', async () => {
    const ada = await server.person();
    const page = await browser.page();
    const asked = [];
    page.on('response', (response) => {
        const { pathname } = new URL(response.url());
        if (pathname.startsWith('/frontegg/')) asked.push([pathname.split('/').pop(), response.status()]);
    });
    const box = new Box(page, site);
    await box.open();
    await box.logIn(ada);
    await box.signedIn(ada.email);
    await box.press('Settings');
    await box.says('Basic Profile Information');
    await page.getByText('Privacy & Security').click();
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
