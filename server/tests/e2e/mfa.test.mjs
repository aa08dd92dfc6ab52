// Second factors with the newest `appwrite` client: the guide's calls, in the guide's order.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { Account, AuthenticationFactor, AuthenticatorType, Avatars, Client, ID } from 'appwrite';

import { Browser, carried, refusal, start, wrong } from './harness.mjs';
import { Authenticator, scan } from './totp.mjs';

let server;
before(async () => {
    server = await start();
});
after(() => server?.stop());

/** A page: its services in a browser of its own. */
function open(keeps) {
    const browser = new Browser(keeps);
    const client = browser.attach(new Client().setEndpoint(server.endpoint).setProject(server.project));
    return { browser, account: new Account(client), avatars: new Avatars(client) };
}

const password = 'correct horse battery';
const gated = refusal(401, 'user_more_factors_required');
const invalid = refusal(401, 'user_invalid_token');

/** Goes through the guide up to the point where second factors are asked for. */
async function equip(keeps, email, phone) {
    const page = open(keeps);
    const { account, avatars, browser } = page;
    const { userId } = await account.createAnonymousSession();

    // Display recovery codes
    const { recoveryCodes } = await account.createMFARecoveryCodes();
    assert.equal(new Set(recoveryCodes).size, 6);
    for (const code of recoveryCodes) assert.match(code, /^[0-9a-f]{10}$/);
    assert.deepEqual((await account.getMFARecoveryCodes()).recoveryCodes, recoveryCodes);
    await assert.rejects(account.createMFARecoveryCodes(), refusal(409, 'user_recovery_codes_already_exists'));

    // Verify MFA factors: e-mail
    const renamed = await account.updateEmail({ email: email.toUpperCase(), password });
    assert.equal(renamed.email, email);
    assert.equal(renamed.emailVerification, false);
    const url = 'https://example.com/verify-email?from=guide';
    await assert.rejects(account.createMFAChallenge({ factor: 'email' }), refusal(400, 'user_email_not_verified'));
    const sent = await account.createEmailVerification({ url });
    assert.equal(sent.userId, userId);
    assert.equal(sent.secret, '');
    const { link } = await server.inbox(email, 'verify-email');
    assert.ok(link.startsWith(`${url}&`), link);
    assert.equal(carried(link).userId, userId);
    // Its older name; the first link is on its way, so no second one goes out.
    assert.equal((await account.createVerification({ url })).userId, userId);
    const { secret } = carried(link);
    await assert.rejects(account.updateVerification({ userId, secret: 'f'.repeat(secret.length) }), invalid);
    assert.equal((await account.updateVerification({ userId, secret })).userId, userId);
    assert.equal((await account.get()).emailVerification, true);
    await assert.rejects(account.updateVerification({ userId, secret }), invalid);
    await assert.rejects(account.createVerification({ url }), refusal(409, 'user_email_already_verified'));

    // Phone
    await assert.rejects(account.createMFAChallenge({ factor: 'phone' }), refusal(400, 'user_phone_not_found'));
    await assert.rejects(account.createPhoneVerification(), refusal(400, 'user_phone_not_found'));
    await assert.rejects(account.updatePhone({ phone, password: 'another one' }), refusal(401, 'user_invalid_credentials'));
    assert.equal((await account.updatePhone({ phone, password })).phone, phone);
    await assert.rejects(account.createMFAChallenge({ factor: 'phone' }), refusal(400, 'user_phone_not_verified'));
    assert.equal((await account.createPhoneVerification()).secret, '');
    const { code } = await server.inbox(phone, 'verify-phone');
    await assert.rejects(account.updatePhoneVerification({ userId, secret: wrong(code) }), invalid);
    assert.equal((await account.updatePhoneVerification({ userId, secret: code })).userId, userId);
    assert.equal((await account.get()).phoneVerification, true);
    await assert.rejects(account.createPhoneVerification(), refusal(409, 'user_phone_already_verified'));

    // Authenticator app
    const early = account.updateMFAAuthenticator({ type: 'totp', otp: '000000' });
    await assert.rejects(early, refusal(404, 'user_authenticator_not_found'));
    const made = await account.createMFAAuthenticator({ type: AuthenticatorType.Totp });
    assert.match(made.secret, /^[A-Z2-7]{32}$/);
    const image = await browser.fetch(avatars.getQR({ text: made.uri, size: 800, margin: 0, download: false }), {
        credentials: 'include',
    });
    assert.equal(image.headers.get('content-type'), 'image/png');
    assert.equal(scan(await image.arrayBuffer()), made.uri);
    const app = new Authenticator(server, made.uri);
    assert.equal(app.app.issuer, 'Demo');
    assert.equal(app.app.label, email);
    assert.equal(app.app.secret.base32, made.secret);
    const otp = await app.code();
    await assert.rejects(account.updateMFAAuthenticator({ type: 'totp', otp: wrong(otp) }), invalid);
    assert.equal((await account.updateMFAAuthenticator({ type: 'totp', otp })).$id, userId);
    await assert.rejects(
        account.createMFAAuthenticator({ type: 'totp' }),
        refusal(409, 'user_authenticator_already_verified'),
    );
    return { page, userId, email, phone, app, recoveryCodes };
}

async function signIn(keeps, { email }) {
    const page = open(keeps);
    const session = await page.account.createEmailPasswordSession({ email, password });
    assert.equal(session.provider, 'email');
    assert.deepEqual(session.factors, ['password']);
    return page;
}

let person;

test('the guide’s calls set up every factor and ask for them from now on', async () => {
    person = await equip('cookies', 'ada@example.com', '+12065550100');
    const { account } = person.page;
    assert.equal((await account.updateMFA({ mfa: true })).mfa, true);
    assert.equal((await account.get()).mfa, true, 'whoever switches it on stays in');
    const { factors } = await account.getSession({ sessionId: 'current' });
    assert.deepEqual(factors.toSorted(), ['anonymous', 'email', 'phone', 'totp']);
    assert.equal((await server.inbox(person.email, 'mfa-on')).subject, 'Demo: Two-step verification turned on');
});

describe('the second sign-in', () => {
    for (const keeps of ['cookies', 'storage']) {
        test(`is told to show more, with its session in ${keeps}, and what it can show`, async () => {
            const { account } = await signIn(keeps, person);
            await assert.rejects(account.get(), gated);
            await assert.rejects(account.updateName({ name: 'Mallory' }), gated);
            await assert.rejects(account.updateMFA({ mfa: false }), gated);
            await assert.rejects(account.createJWT(), gated);
            const factors = JSON.parse(JSON.stringify(await account.listMFAFactors()));
            assert.deepEqual(factors, { totp: true, email: true, phone: true, recoveryCode: true });
            await account.deleteSession({ sessionId: 'current' });
            await assert.rejects(account.get(), refusal(401, 'general_unauthorized_scope'));
        });
    }

    const sent = async (to) => (await server.inbox(to, 'mfa')).code;
    const ways = [
        { factor: AuthenticationFactor.Email, keeps: 'cookies', otp: () => sent(person.email) },
        { factor: AuthenticationFactor.Phone, keeps: 'storage', otp: () => sent(person.phone) },
        { factor: AuthenticationFactor.Totp, keeps: 'cookies', otp: () => person.app.code() },
        { factor: AuthenticationFactor.Recoverycode, keeps: 'storage', otp: async () => person.recoveryCodes[0] },
    ];
    for (const { factor, keeps, otp } of ways) {
        test(`is completed by ${factor}`, async () => {
            const { account, browser } = await signIn(keeps, person);
            const challenge = await account.createMFAChallenge({ factor });
            assert.equal(challenge.userId, person.userId);
            assert.ok(Date.parse(challenge.expire) > Date.parse(challenge.$createdAt));
            const right = await otp();
            const other = factor === 'recoverycode' ? '0000000000' : wrong(right);
            const challengeId = challenge.$id;
            await assert.rejects(account.updateMFAChallenge({ challengeId, otp: other }), invalid);
            await assert.rejects(account.get(), gated);
            const session = await account.updateMFAChallenge({ challengeId, otp: right });
            assert.deepEqual(session.factors, ['password', factor]);
            assert.ok(Date.parse(session.mfaUpdatedAt) > 0, session.mfaUpdatedAt);
            assert.equal((await account.get()).$id, person.userId);
            assert.ok(browser.calls.includes('PUT /v1/account/mfa/challenges'));
            await assert.rejects(account.updateMFAChallenge({ challengeId, otp: right }), invalid);
        });
    }

    test('does not take a recovery code twice, and takes another', async () => {
        const { account } = await signIn('cookies', person);
        const { $id: challengeId } = await account.createMFAChallenge({ factor: 'recoverycode' });
        const [used, fresh] = person.recoveryCodes;
        await assert.rejects(account.updateMFAChallenge({ challengeId, otp: used }), invalid);
        await account.updateMFAChallenge({ challengeId, otp: fresh });
        assert.equal((await account.get()).$id, person.userId);
    });

    test('does not take a code of the app twice', async () => {
        const [one, two] = [await signIn('cookies', person), await signIn('cookies', person)];
        const otp = await person.app.code();
        const first = await one.account.createMFAChallenge({ factor: 'totp' });
        await one.account.updateMFAChallenge({ challengeId: first.$id, otp });
        const second = await two.account.createMFAChallenge({ factor: 'totp' });
        await assert.rejects(two.account.updateMFAChallenge({ challengeId: second.$id, otp }), invalid);
        await assert.rejects(two.account.get(), gated);
    });

    test('is not completed by a challenge of another session', async () => {
        const [own, other] = [await signIn('cookies', person), await signIn('cookies', person)];
        const { $id: challengeId } = await own.account.createMFAChallenge({ factor: 'totp' });
        const otp = await person.app.code();
        await assert.rejects(other.account.updateMFAChallenge({ challengeId, otp }), invalid);
        await own.account.updateMFAChallenge({ challengeId, otp });
        await assert.rejects(other.account.get(), gated);
    });

    test('gains nothing by showing the same factor again', async () => {
        const { account } = open('cookies');
        const { userId } = await account.createPhoneToken({ userId: ID.unique(), phone: person.phone });
        await account.createSession({ userId, secret: (await server.inbox(person.phone, 'sign-in')).code });
        // The code before this one was sent less than a cool-down ago.
        await server.clock(120);
        const { $id: challengeId } = await account.createMFAChallenge({ factor: 'phone' });
        const otp = await sent(person.phone);
        assert.deepEqual((await account.updateMFAChallenge({ challengeId, otp })).factors, ['phone']);
        await assert.rejects(account.get(), gated);
    });
});

test('what weakens the account needs a second factor that was shown lately', async () => {
    const { account } = await signIn('cookies', person);
    const challenge = async () => {
        const { $id: challengeId } = await account.createMFAChallenge({ factor: 'totp' });
        await account.updateMFAChallenge({ challengeId, otp: await person.app.code() });
    };
    await challenge();
    await server.clock(1_801);
    assert.equal((await account.get()).mfa, true);
    const late = refusal(401, 'user_challenge_required');
    await assert.rejects(account.updateMFARecoveryCodes(), late);
    await assert.rejects(account.deleteMFAAuthenticator({ type: 'totp' }), late);
    await assert.rejects(account.updateMFA({ mfa: false }), late);

    await challenge();
    const { recoveryCodes } = await account.updateMFARecoveryCodes();
    assert.equal(recoveryCodes.filter((code) => !person.recoveryCodes.includes(code)).length, 6);
    const shown = await account.getMFARecoveryCodes();
    assert.deepEqual(shown.recoveryCodes, recoveryCodes, 'once more to whoever made them');
    await account.deleteMFAAuthenticator({ type: 'totp' });
    assert.equal((await account.listMFAFactors()).totp, false);
    assert.equal((await account.updateMFA({ mfa: false })).mfa, false);
    const again = await signIn('cookies', person);
    assert.equal((await again.account.get()).mfa, false);
});

test('the guide’s own spelling `enabled` switches it on, for a page of another site too', async () => {
    const other = await equip('storage', 'bob@example.com', '+12065550101');
    const fallback = other.page.browser.window.localStorage.getItem('cookieFallback');
    const response = await fetch(`${server.endpoint}/account/mfa`, {
        method: 'PATCH',
        headers: { 'X-Nuvix-Project': server.project, 'X-Fallback-Cookies': fallback, 'content-type': 'application/json' },
        body: JSON.stringify({ enabled: true }),
    });
    assert.equal(response.status, 200, await response.clone().text());
    assert.equal((await response.json()).mfa, true);
    assert.equal((await other.page.account.get()).mfa, true);
    await assert.rejects((await signIn('storage', other)).account.get(), gated);
});
