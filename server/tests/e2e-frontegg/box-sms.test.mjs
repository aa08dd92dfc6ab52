// The login box of `@frontegg/react` 4 in a browser, where the code by SMS is how people sign in.

import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';

import { Box, noise, Stage } from './box.mjs';
import { number, wrong } from './support.mjs';

let server, site, browser, box;
const stage = new Stage();
before(async () => ({ server, site, browser } = await stage.open({ settings: { frontegg: { mainStrategy: 'SmsCode' } } })));
after(() => stage.close());
beforeEach(async () => {
    await browser.forget();
    box = new Box(await browser.page(), site);
    await box.open();
});

const masked = (phone) => `${phone.slice(0, 4)}*****${phone.slice(-3)}`;
const codeTo = async (to) => (await server.inbox(to)).code;

test('a person signs in, mistypes, asks for another code, and stays signed in', async () => {
    const ada = await server.person({ phone: number() });
    await box.identify(ada.email);
    await box.says(masked(ada.phone));
    const first = await codeTo(ada.phone);
    await box.code(wrong(first));
    await box.says(/code is/i);

    await server.clock(31);
    await box.page.getByText('Resend a new code').click();
    const second = await codeTo(ada.phone);
    await box.code(first);
    await box.says(/code is/i);
    await box.code(second);
    await box.signedIn(ada.email);

    await box.page.reload();
    await box.signedIn(ada.email);
    const cookies = (await browser.context.cookies()).filter(({ name }) => name.startsWith('fe_refresh_'));
    assert.deepEqual(cookies.map(({ httpOnly }) => httpOnly), [true]);
    assert.equal(new URL(box.page.url()).pathname, '/');

    await box.page.getByRole('link', { name: 'Sign out' }).click();
    await box.email.waitFor();
    await box.page.goto(site.url);
    await box.page.locator('#who', { hasText: 'Guest' }).waitFor();
    browser.assertClean(noise);
});

test('a stranger comes as far as the code, and no further', async () => {
    await box.identify('nobody@example.com');
    await box.says('six-digit code');
    await box.code('123456');
    await box.says(/code is/i);
    assert.deepEqual(await server.messages('nobody@example.com'), []);
    browser.assertClean(noise);
});

test('whoever has another number shows his e-mail, and signs in by the new one', async () => {
    const ada = await server.person({ phone: number() });
    const next = number();
    await box.identify(ada.email);
    await codeTo(ada.phone);
    await box.page.getByText('change it here').click();
    await box.says('Change phone number');
    await box.identify(ada.email);
    await box.says('sent to your email');
    const code = await codeTo(ada.email);
    await box.code(wrong(code));
    await box.says(/code is/i);
    await box.code(code);
    const field = box.page.getByPlaceholder('Enter your phone number');
    await field.fill(next.slice(2));
    await box.press('Continue');
    await box.says(/number/);
    await field.fill(next);
    await box.press('Continue');
    await box.says(masked(next));
    await box.code(await codeTo(next));
    await box.signedIn(ada.email);

    await browser.context.clearCookies();
    await box.open();
    await box.identify(ada.email);
    await box.says(masked(next));
    browser.assertClean({ ...noise, answers: [...noise.answers, 400] });
});

test('whoever has no number yet shows his e-mail, gives a number and is signed in by it', async () => {
    const ada = await server.person();
    const phone = number();
    await box.identify(ada.email);
    await box.says('sent to your email');
    assert.equal(new URL(box.page.url()).pathname, '/account/reset-phone-number');
    await box.code(await codeTo(ada.email));
    await box.page.getByPlaceholder('Enter your phone number').fill(phone);
    await box.press('Continue');
    await box.says(masked(phone));
    const code = await codeTo(phone);
    await box.code(wrong(code));
    await box.says(/code is/i);
    await box.code(code);
    await box.signedIn(ada.email);
    browser.assertClean(noise);
});
