// E-mail, passwords and second factors with older majors of `appwrite`: 18 is positional and calls the singular paths
// `mfa/challenge` and `verification`, 13 is from before second factors and has paths of its own for signing in. (21
// brought `verifications` and `mfa/challenges`, which the newest has too.)

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import * as v13 from 'appwrite-13';
import * as v18 from 'appwrite-18';

import { Browser, carried, refusal, start } from './harness.mjs';
import { Authenticator, scan } from './totp.mjs';

let server;
before(async () => {
    server = await start();
});
after(() => server?.stop());

function open({ Account, Avatars, Client }, keeps) {
    const browser = new Browser(keeps);
    const client = browser.attach(new Client().setEndpoint(server.endpoint).setProject(server.project));
    return { browser, account: new Account(client), avatars: new Avatars(client) };
}

const password = 'correct horse battery';
const gated = refusal(401, 'user_more_factors_required');
const url = 'https://example.com/back';

test('appwrite 18 sets up second factors and shows them', async () => {
    const [email, phone] = ['ada@example.com', '+12065550118'];
    const { account, avatars, browser } = open(v18, 'cookies');
    const { $id: userId } = await account.create(v18.ID.unique(), email, password, 'Ada');
    await account.createEmailPasswordSession(email, password);
    const { recoveryCodes } = await account.createMfaRecoveryCodes();
    assert.equal(recoveryCodes.length, 6);
    await account.createVerification(url);
    await account.updateVerification(userId, carried((await server.inbox(email, 'verify-email')).link).secret);
    await account.updatePhone(phone, password);
    await account.createPhoneVerification();
    await account.updatePhoneVerification(userId, (await server.inbox(phone, 'verify-phone')).code);
    const { uri } = await account.createMfaAuthenticator(v18.AuthenticatorType.Totp);
    const image = await browser.fetch(avatars.getQR(uri, 400, 2, false), { credentials: 'include' });
    assert.equal(scan(await image.arrayBuffer()), uri);
    const app = new Authenticator(server, uri);
    await account.updateMfaAuthenticator(v18.AuthenticatorType.Totp, await app.code());
    assert.equal((await account.updateMFA(true)).mfa, true);

    const ways = {
        [v18.AuthenticationFactor.Email]: async () => (await server.inbox(email, 'mfa')).code,
        [v18.AuthenticationFactor.Phone]: async () => (await server.inbox(phone, 'mfa')).code,
        [v18.AuthenticationFactor.Totp]: () => app.code(),
        [v18.AuthenticationFactor.Recoverycode]: async () => recoveryCodes[0],
    };
    assert.equal(Object.keys(ways).length, 4);
    let page;
    for (const [factor, otp] of Object.entries(ways)) {
        page = open(v18, factor === 'email' ? 'storage' : 'cookies');
        await page.account.createEmailPasswordSession(email, password);
        await assert.rejects(page.account.get(), gated);
        assert.equal((await page.account.listMfaFactors())[factor === 'recoverycode' ? 'recoveryCode' : factor], true);
        const { $id } = await page.account.createMfaChallenge(factor);
        assert.deepEqual((await page.account.updateMfaChallenge($id, await otp())).factors, ['password', factor]);
        assert.equal((await page.account.get()).$id, userId);
        assert.deepEqual(page.browser.calls.slice(-3), [
            'POST /v1/account/mfa/challenge',
            'PUT /v1/account/mfa/challenge',
            'GET /v1/account',
        ]);
    }
    assert.ok(browser.calls.includes('PUT /v1/account/verification'));
    assert.ok(browser.calls.includes('PUT /v1/account/verification/phone'));
    await page.account.deleteMfaAuthenticator(v18.AuthenticatorType.Totp);
    assert.equal((await page.account.updateMFA(false)).mfa, false);
});

test('appwrite 18 signs in by e-mail and chooses a new password', async () => {
    const email = 'bob@example.com';
    const { account } = open(v18, 'cookies');
    const { userId, phrase } = await account.createEmailToken(v18.ID.unique(), email, true);
    const message = await server.inbox(email, 'sign-in');
    assert.ok(phrase && message.body.includes(phrase));
    const first = await account.createSession(userId, message.code);
    assert.equal(first.provider, 'token');
    assert.equal((await account.updatePassword(password)).email, email, 'the first one needs no old one');
    assert.ok((await account.listLogs()).logs.some(({ event }) => event === 'password.update'));
    await account.deleteSession('current');

    const link = open(v18, 'storage');
    await link.account.createMagicURLToken(v18.ID.unique(), email, url, false);
    const magic = carried((await server.inbox(email, 'magic-link')).link);
    assert.equal((await link.account.updateMagicURLSession(magic.userId, magic.secret)).provider, 'magic-url');
    assert.equal((await link.account.get()).emailVerification, true);

    await account.createRecovery(email, url);
    const recovery = carried((await server.inbox(email, 'recovery')).link);
    await account.updateRecovery(recovery.userId, recovery.secret, 'another password');
    await assert.rejects(link.account.get(), refusal(401, 'general_unauthorized_scope'));
    await assert.rejects(account.createEmailPasswordSession(email, password), refusal(401, 'user_invalid_credentials'));
    assert.equal((await account.createEmailPasswordSession(email, 'another password')).userId, first.userId);
});

test('appwrite 13 signs up, signs in, verifies, follows a link and chooses a new password', async () => {
    const email = 'eve@example.com';
    // In node this one brings a `fetch` of its own, so its session can only be kept in storage.
    const { account, browser } = open(v13, 'storage');
    const { $id: userId } = await account.create(v13.ID.unique(), email, password);
    assert.equal((await account.createEmailSession(email, password)).provider, 'email');
    await account.createVerification(url);
    await account.updateVerification(userId, carried((await server.inbox(email, 'verify-email')).link).secret);
    assert.equal((await account.get()).emailVerification, true);
    await account.deleteSession('current');

    await account.createMagicURLSession(v13.ID.unique(), email, url);
    const magic = carried((await server.inbox(email, 'magic-link')).link);
    assert.equal((await account.updateMagicURLSession(magic.userId, magic.secret)).userId, userId);
    await account.deleteSession('current');

    await account.createRecovery(email, url);
    const recovery = carried((await server.inbox(email, 'recovery')).link);
    await account.updateRecovery(recovery.userId, recovery.secret, 'another password', 'another password');
    await account.createEmailSession(email, 'another password');
    assert.equal((await account.get()).$id, userId);
    for (const call of [
        'POST /v1/account/sessions/email',
        'POST /v1/account/sessions/magic-url',
        'PUT /v1/account/sessions/magic-url',
        'PUT /v1/account/recovery',
    ]) {
        assert.ok(browser.calls.includes(call), call);
    }
});
