// The store of Frontegg's SDK 7 in a browser: what happens behind the screens of React 6.0.5 and later. The guide's story:
// set a number up under "Privacy & Security", and sign in by it from then on.

import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';

import { noise, Stage } from './box.mjs';
import { number, photograph, wrong } from './support.mjs';

let server, site, browser, page;
const stage = new Stage();
before(async () => ({ server, site, browser } = await stage.open({ entry: 'app7.js' })));
after(() => stage.close());
beforeEach(async () => {
    await browser.forget();
    page = await browser.page();
    await page.goto(`${site.url}/account/login`);
    await settled();
});

const settled = () => page.waitForFunction(() => window.app?.store.getState().auth.isLoading === false);

/** A part of what the screens show. */
const state = (part) => page.evaluate((part) => JSON.parse(JSON.stringify(window.app.store.getState().auth[part] ?? null)), part);

/** Does what a button of the screens does. Answers the error that they would show. */
const act = (type, payload) =>
    page.evaluate(
        ([type, payload]) =>
            new Promise((resolve) => {
                const callback = (_, error) => resolve(error?.message);
                window.app.store.dispatch({ type: `auth/${type}`, payload: { ...payload, callback } });
            }),
        [type, payload],
    );

/** The same for actions that call nobody back: waits until `part` is no longer loading. */
async function press(type, payload, part) {
    await page.evaluate(([type, payload]) => window.app.store.dispatch({ type: `auth/${type}`, payload }), [type, payload]);
    await page.waitForFunction((part) => !window.app.store.getState().auth[part].loading, part);
}

const signedIn = async () => [await state('isAuthenticated'), (await state('user'))?.email];

test('the guide’s story: a second factor, a number, and a sign-in by it', async () => {
    const ada = await server.person();
    const phoneNumber = number();
    await press('login', { email: ada.email, password: ada.password }, 'loginState');
    assert.deepEqual(await signedIn(), [true, ada.email]);

    assert.match(await act('setUpOwnPhoneNumber', { phoneNumber, verify: true }), /factor|MFA/i, 'not without a second factor');
    await press('enrollMfa', undefined, 'mfaState');
    await page.waitForFunction(() => window.app.store.getState().auth.mfaState.qrCode);
    const app = photograph(server, (await state('mfaState')).qrCode);
    await act('verifyMfa', { token: await app.code() });
    assert.ok((await state('mfaState')).recoveryCode);

    assert.equal(await act('setUpOwnPhoneNumber', { phoneNumber, verify: true }), undefined);
    const { otcToken, phoneNumbers: pending } = await state('smsState');
    assert.deepEqual(pending.map((row) => [row.phoneNumber, row.verified]), [[phoneNumber, false]]);
    const { code } = await server.inbox(phoneNumber);
    assert.ok(await act('verifyPhoneNumber', { otcToken, code: wrong(code) }));
    assert.equal(await act('verifyPhoneNumber', { otcToken, code }), undefined);
    assert.deepEqual((await state('smsState')).phoneNumbers.map((row) => row.verified), [true]);

    await page.evaluate(() => new Promise((resolve) => window.app.logout(resolve)));
    await page.goto(`${site.url}/account/login`);
    await settled();
    assert.deepEqual(await signedIn(), [false, undefined]);

    assert.equal(await act('passwordlessPreLogin', { type: 'SmsCode', phoneNumber }), undefined);
    assert.equal((await state('loginState')).step, 'loginWithSmsOtc');
    assert.equal((await state('loginState')).phoneNumber, `${phoneNumber.slice(0, 4)}*****${phoneNumber.slice(-3)}`);
    const sent = (await server.inbox(phoneNumber, 'sign-in')).code;
    assert.ok(await act('passwordlessPostLogin', { type: 'SmsCode', token: wrong(sent) }));
    await press('passwordlessPostLogin', { type: 'SmsCode', token: sent }, 'loginState');
    const { step, mfaToken, mfaRequired } = await state('loginState');
    assert.deepEqual([step, mfaRequired], ['loginWithTwoFactor', true]);
    assert.deepEqual((await state('mfaState')).mfaDevices.phones, []);
    assert.equal(await act('loginWithMfa', { mfaToken, value: await app.code(), rememberDevice: false }), undefined);
    assert.deepEqual(await signedIn(), [true, ada.email]);

    await page.reload();
    await settled();
    assert.deepEqual(await signedIn(), [true, ada.email]);
});

test('the page that the mail of a lock leads to unlocks the account', async (t) => {
    t.after(() => server.settings({ auth: { lockout: null }, frontegg: { appUrl: '' } }));
    await server.settings({ auth: { lockout: { maxAttempts: 3 } }, frontegg: { appUrl: site.url } });
    const ada = await server.person();
    const login = (password) => press('login', { email: ada.email, password }, 'loginState');
    for (const _ of [1, 2, 3]) await login('wrong password');
    await login(ada.password);
    assert.deepEqual(await signedIn(), [false, undefined]);
    assert.match(JSON.stringify((await state('loginState')).error), /locked/);

    await page.goto((await server.inbox(ada.email, 'unlock')).link);
    await settled();
    assert.equal(new URL(page.url()).pathname, (await state('routes')).unlockAccountUrl);
    const token = await page.evaluate(() => new URLSearchParams(location.search).get('token'));
    // It says so, and leads to the login box five seconds later.
    await page.evaluate((token) => void window.app.store.dispatch({ type: 'auth/unlockAccount', payload: { token } }), token);
    await page.waitForFunction(() => window.app.store.getState().auth.unlockAccountState.unlockAccountSuccess);
    await login(ada.password);
    assert.deepEqual(await signedIn(), [true, ada.email]);
});

test('strategies reach the screens as they are switched', async (t) => {
    t.after(() => server.settings({ frontegg: { smsLogin: true } }));
    const offered = async () => {
        await page.reload();
        await settled();
        const { secondaryAuthStrategies } = (await state('securityPolicyState')).publicAuthStrategyPolicy.policy;
        return secondaryAuthStrategies.filter(({ isActive }) => isActive).map(({ strategy }) => strategy);
    };
    assert.ok((await offered()).includes('SmsCodeV2'));
    await server.settings({ frontegg: { smsLogin: false } });
    assert.deepEqual(await offered(), []);
    browser.assertClean(noise);
});
