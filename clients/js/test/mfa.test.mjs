// The guide "Multi-factor authentication": its calls, in its order.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { Account, AuthenticationFactor, AuthenticatorType, Avatars, Client, ID } from 'countersign';

import { borrow, carried, refusal, start } from './support.mjs';

let server, Authenticator, scan;
before(async () => {
    ({ Authenticator, scan } = await borrow('totp.mjs'));
    server = await start();
});
after(() => server?.stop());

const visitor = () => new Client().setEndpoint(server.endpoint).setProject(server.project);

const email = 'email@example.com';
const phone = '+12065550100';
const password = 'password of the guide';

describe('Multi-factor authentication', () => {
    // One browser goes through the set-up; it came with an account that has neither address nor number.
    const nx = new Client();
    const account = nx.account;
    const avatars = nx.avatars;
    let userId, recoveryCodes, app;

    test('Display recovery codes', async () => {
        // The services are taken from the client before it knows where its server is.
        nx.setEndpoint(server.endpoint).setProject(server.project);
        ({ userId } = await account.createAnonymousSession());
        const response = await nx.account.createMfaRecoveryCodes();
        ({ recoveryCodes } = response);
        assert.equal(recoveryCodes.length, 6);
        for (const code of recoveryCodes) assert.match(code, /^[0-9a-f]{10}$/);
        await assert.rejects(nx.account.createMfaRecoveryCodes(), refusal(409, 'user_recovery_codes_already_exists'));
    });

    test('Verify MFA factors: e-mail', async () => {
        assert.equal((await nx.account.updateEmail({ email, password })).emailVerification, false);
        const res = await nx.account.createVerification({ url: 'https://example.com/verify-email' });
        assert.equal(res.userId, userId);
        const { link } = await server.inbox(email, 'verify-email');
        assert.ok(link.startsWith('https://example.com/verify-email?'), link);
        const { userId: there, secret } = carried(link);
        assert.equal((await nx.account.updateVerification({ userId: there, secret })).userId, userId);
        assert.equal((await nx.account.get()).emailVerification, true);
    });

    test('Verify MFA factors: e-mail, by the name that the text gives', async () => {
        const other = visitor();
        await other.account.createAnonymousSession();
        const address = 'other@example.com';
        await other.account.updateEmail({ email: address, password });
        await other.account.createEmailVerification({ url: 'https://example.com/verify-email' });
        const { userId, secret } = carried((await server.inbox(address, 'verify-email')).link);
        await other.account.updateEmailVerification({ userId, secret });
        assert.equal((await other.account.get()).emailVerification, true);
    });

    test('Verify MFA factors: phone', async () => {
        assert.equal((await nx.account.updatePhone({ phone, password })).phoneVerification, false);
        const response = await nx.account.createPhoneVerification();
        assert.equal(response.secret, '');
        const { code } = await server.inbox(phone, 'verify-phone');
        await nx.account.updatePhoneVerification({ userId, secret: code });
        assert.equal((await nx.account.get()).phoneVerification, true);
    });

    test('Verify MFA factors: authenticator app, with its QR code', async () => {
        const { secret, uri } = await nx.account.createMfaAuthenticator({ type: 'totp' });
        assert.match(secret, /^[A-Z2-7]{32}$/);
        const result = await avatars.getQR({ text: uri, size: 800, margin: 0, download: false });
        const picture = await fetch(result);
        assert.equal(picture.headers.get('content-type'), 'image/png');
        assert.equal(scan(await picture.arrayBuffer()), uri);
        app = new Authenticator(server, uri);
        const promise = account.updateMfaAuthenticator({ type: 'totp', otp: await app.code() });
        assert.equal((await promise).$id, userId);
    });

    test('Verify MFA factors: authenticator app, by the names that the text gives', async () => {
        const other = visitor();
        await other.account.createAnonymousSession();
        const { uri } = await other.account.addAuthenticator({ type: AuthenticatorType.Totp });
        const otp = await new Authenticator(server, uri).code();
        await other.account.verifyMfaAuthenticator({ type: AuthenticatorType.Totp, otp });
        assert.equal((await other.account.listMfaFactors()).totp, true);
    });

    test('Enable MFA on an account', async () => {
        const result = await nx.account.updateMFA({ enabled: true });
        assert.equal(result.mfa, true);
        assert.equal((await nx.account.get()).mfa, true, 'whoever switches it on stays in');
    });

    /** The same person in another browser, up to where a second factor is due. */
    async function initialize() {
        const nx = visitor();
        const session = await nx.account.createEmailPasswordSession({ email, password });
        assert.deepEqual(session.factors, ['password']);
        return nx;
    }

    test('Initialize login, Check for multi-factor, List factors', async () => {
        const nx = await initialize();
        try {
            const response = await nx.account.get();
            assert.fail(`signed in as ${response.$id} without a second factor`);
        } catch (error) {
            assert.equal(error.type, 'user_more_factors_required');
            assert.equal(error.code, 401);
        }
        const { totp, email, phone, recoveryCode } = await nx.account.listMfaFactors();
        assert.deepEqual({ totp, email, phone, recoveryCode }, { totp: true, email: true, phone: true, recoveryCode: true });
    });

    const ways = {
        email: async () => (await server.inbox(email, 'mfa')).code,
        phone: async () => (await server.inbox(phone, 'mfa')).code,
        totp: () => app.code(),
    };
    for (const [factor, read] of Object.entries(ways)) {
        test(`Create challenge, Complete challenge: ${factor}`, async () => {
            const nx = await initialize();
            const challenge = await nx.account.createMfaChallenge({ factor });
            const challengeId = challenge.$id;
            const response = await nx.account.updateMfaChallenge({ challengeId, otp: await read() });
            assert.deepEqual(response.factors, ['password', factor]);
            assert.equal((await nx.account.get()).$id, userId);
        });
    }

    test('Recovery', async () => {
        const nx = await initialize();
        const challenge = await nx.account.createMfaChallenge({ factor: 'recoverycode' });
        const challengeId = challenge.$id;
        await nx.account.updateMfaChallenge({ challengeId, otp: recoveryCodes[0] });
        assert.equal((await nx.account.get()).$id, userId);
        // Each works once.
        const again = await initialize();
        const second = await again.account.createMFAChallenge({ factor: AuthenticationFactor.Recoverycode });
        const attempt = again.account.updateMFAChallenge({ challengeId: second.$id, otp: recoveryCodes[0] });
        await assert.rejects(attempt, refusal(401, 'user_invalid_token'));
    });

    test('the other spelling does the same', async () => {
        const nx = await initialize();
        const account = new Account(nx);
        assert.equal((await account.listMFAFactors()).totp, true);
        const challenge = await account.createMFAChallenge({ factor: AuthenticationFactor.Totp });
        await account.updateMFAChallenge({ challengeId: challenge.$id, otp: await app.code() });
        assert.equal((await account.updateMFARecoveryCodes()).recoveryCodes.length, 6);
        assert.equal((await account.getMFARecoveryCodes()).recoveryCodes.length, 6);
        assert.equal(await account.deleteMFAAuthenticator({ type: AuthenticatorType.Totp }), undefined);
        assert.equal((await account.updateMFA({ mfa: false })).mfa, false);
        assert.equal(new Avatars(nx).getQR({ text: 'a b' }), `${server.endpoint}/avatars/qr?text=a+b&project=demo`);
    });
});

describe('codes and links by e-mail', () => {
    const url = 'https://example.com/in';

    test('a code signs in, and the phrase is the same on both sides', async () => {
        const { account } = visitor();
        const token = await account.createEmailToken({ userId: ID.unique(), email: 'code@example.com', phrase: true });
        const message = await server.inbox('code@example.com');
        assert.ok(token.phrase && message.body.includes(token.phrase));
        const session = await account.createSession({ userId: token.userId, secret: message.code });
        assert.equal((await account.get()).$id, session.userId);
    });

    test('a link signs in', async () => {
        const { account } = visitor();
        await account.createMagicURLToken({ userId: ID.unique(), email: 'link@example.com', url });
        const { userId, secret } = carried((await server.inbox('link@example.com')).link);
        await account.createSession({ userId, secret });
        assert.equal((await account.get()).email, 'link@example.com');
    });

    test('an account with a password is made, recovered and changed', async () => {
        const { account } = visitor();
        const mail = 'recover@example.com';
        await account.create({ userId: ID.unique(), email: mail, password, name: 'Ada' });
        await account.createRecovery({ email: mail, url });
        const { userId, secret } = carried((await server.inbox(mail, 'recovery')).link);
        await account.updateRecovery({ userId, secret, password: 'another long one' });
        await account.createEmailPasswordSession({ email: mail, password: 'another long one' });
        assert.equal((await account.updateName({ name: 'Countess' })).name, 'Countess');
        assert.deepEqual(await account.updatePrefs({ prefs: { theme: 'dark' } }), { theme: 'dark' });
        assert.deepEqual(await account.getPrefs(), { theme: 'dark' });
        await account.updatePassword({ password: 'a third long one', oldPassword: 'another long one' });
        assert.ok((await account.listLogs({ total: false })).logs.length > 3);
        assert.equal((await account.listIdentities()).total, 0);
        assert.equal((await account.updateSession({ sessionId: 'current' })).current, true);
        assert.equal((await account.updateStatus()).status, false);
    });
});
