// The guide "Phone Number Authentication": what its client calls, in its order, and what its options do.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { Client } from 'countersign';
import { createClient } from 'countersign/nevr';
import { authClient } from 'countersign/nevr/auth';
import { phoneNumberClient } from 'countersign/nevr/phone-number';

import { borrow, start, wrong } from './support.mjs';

/** No limits of routes but those that a test sets. */
const UNLIMITED = { nevr: { rateLimit: false, baseRateLimits: { signIn: false, signUp: false, password: false, twoFactor: false } } };

let server;
before(async () => {
    server = await start(UNLIMITED);
});
after(() => server?.stop());

const open = (baseURL = server.url) => createClient()({ baseURL, plugins: [authClient(), phoneNumberClient()] });

/** The data of a call that must succeed. */
async function good(call) {
    const { data, error } = await call;
    assert.equal(error, null, error && `${error.status} ${error.code}: ${error.message}`);
    return data;
}

/** Asserts that a call fails so. */
async function bad(call, status, code) {
    const { data, error } = await call;
    assert.deepEqual({ data, status: error?.status, code: error?.code }, { data: null, status, code });
    return error;
}

async function signIn(client, phoneNumber) {
    await good(client.auth.phoneNumber.sendOTP({ phoneNumber }));
    const { code } = await server.inbox(phoneNumber, 'sign-in');
    return good(client.auth.signIn.phoneNumber({ phoneNumber, code }));
}

describe('Phone Number Authentication', () => {
    test('Client Setup: a base URL of /api asks below /api/api, and that works', async () => {
        const client = open(`${server.url}/api`);
        const { user } = await signIn(client, '+14255550100');
        assert.equal((await good(client.auth.getSession())).user.id, user.id);
    });

    test('Client Usage: the calls of the guide, one after the other', async () => {
        const phoneNumber = '+14255550101';
        const client = open();

        const sent = await good(client.auth.phoneNumber.sendOTP({ phoneNumber }));
        assert.deepEqual(sent, { success: true, expiresIn: 300 });
        const { code } = await server.inbox(phoneNumber);
        assert.match(code, /^\d{6}$/);

        const verified = await good(client.auth.phoneNumber.verify({ phoneNumber, code }));
        assert.deepEqual([verified.success, verified.verified], [true, true]);

        // The same code as the line before, as the guide has it.
        const { token, user } = await good(client.auth.signIn.phoneNumber({ phoneNumber, code }));
        assert.ok(token);
        assert.deepEqual([user.phoneNumber, user.phoneNumberVerified], [phoneNumber, true]);

        assert.deepEqual(await good(client.auth.phoneNumber.requestPasswordReset({ phoneNumber })), { success: true });
        const { code: otp } = await server.inbox(phoneNumber, 'recovery');
        const newPassword = 'new-pass';
        assert.deepEqual(await good(client.auth.phoneNumber.resetPassword({ phoneNumber, otp, newPassword })), { success: true });

        assert.equal(await good(client.auth.getSession()), null, 'a reset ends the sessions');
        const byPassword = await good(client.auth.signIn.phoneNumber({ phoneNumber, password: newPassword }));
        assert.equal(byPassword.user.id, user.id);
    });

    test('Endpoints: a code is used once, and a wrong one is named', async () => {
        const phoneNumber = '+14255550102';
        const client = open();
        await good(client.auth.phoneNumber.sendOTP({ phoneNumber }));
        const { code } = await server.inbox(phoneNumber);
        await bad(client.auth.signIn.phoneNumber({ phoneNumber, code: wrong(code) }), 400, 'INVALID_OTP');
        await good(client.auth.signIn.phoneNumber({ phoneNumber, code }));
        await bad(open().auth.signIn.phoneNumber({ phoneNumber, code }), 400, 'INVALID_OTP');
        const error = await bad(client.auth.phoneNumber.sendOTP({}), 400, 'VALIDATION_ERROR');
        assert.ok('phoneNumber' in error.details);
        await bad(client.auth.phoneNumber.sendOTP({ phoneNumber: 'nobody' }), 400, 'INVALID_PHONE_NUMBER');
    });

    test('Endpoints: verify adds a number to the account that is signed in', async () => {
        const [phoneNumber, email, password] = ['+14255550103', 'ada@example.com', 'correct horse battery'];
        const client = open();
        const { user } = await good(client.auth.signUp.email({ name: 'Ada', email, password }));
        await good(client.auth.phoneNumber.sendOTP({ phoneNumber }));
        const { code } = await server.inbox(phoneNumber);
        const verified = await good(client.auth.phoneNumber.verify({ phoneNumber, code }));
        assert.equal(verified.user.id, user.id);
        const { user: now } = await good(client.auth.getSession());
        assert.deepEqual([now.phoneNumber, now.phoneNumberVerified, now.email], [phoneNumber, true, email]);
        assert.equal((await signIn(open(), phoneNumber)).user.id, user.id);
    });

    test('Configuration: expiresIn and otpLength', async (t) => {
        t.after(() => server.settings({ nevr: { expiresIn: 300, otpLength: 6 } }));
        await server.settings({ nevr: { expiresIn: 60, otpLength: 8 } });
        const phoneNumber = '+14255550104';
        const client = open();
        assert.equal((await good(client.auth.phoneNumber.sendOTP({ phoneNumber }))).expiresIn, 60);
        const { code } = await server.inbox(phoneNumber);
        assert.match(code, /^\d{8}$/);
        await server.clock(61);
        await bad(client.auth.signIn.phoneNumber({ phoneNumber, code }), 400, 'OTP_EXPIRED');
    });

    test('Configuration: allowSignUp', async (t) => {
        t.after(() => server.settings({ nevr: { allowSignUp: true } }));
        const known = '+14255550105';
        await signIn(open(), known);
        await server.settings({ nevr: { allowSignUp: false } });
        await server.clock(121);
        const stranger = '+14255550106';
        await good(open().auth.phoneNumber.sendOTP({ phoneNumber: stranger }));
        // The message for this one is written after the other's would have been.
        await signIn(open(), known);
        assert.deepEqual(await server.messages(stranger), [], 'the same answer, and no message');
    });

    test('Configuration: requireVerification', async (t) => {
        t.after(() => server.settings({ nevr: { requireVerification: true } }));
        const [phoneNumber, password] = ['+14255550107', 'correct horse battery'];
        // A number that a server said, and nobody proved.
        const { users } = new Client().setEndpoint(server.endpoint).setProject(server.project).setKey(server.apiKey);
        const { $id } = await users.create({ phone: phoneNumber, password });
        await bad(open().auth.signIn.phoneNumber({ phoneNumber, password }), 401, 'PHONE_NUMBER_NOT_VERIFIED');
        await bad(open().auth.signIn.phoneNumber({ phoneNumber, password: 'wrong' }), 401, 'INVALID_PHONE_NUMBER_OR_PASSWORD');
        await server.settings({ nevr: { requireVerification: false } });
        assert.equal((await good(open().auth.signIn.phoneNumber({ phoneNumber, password }))).user.id, $id);
    });

    test('Rate Limiting: ten a minute unless said', async (t) => {
        const fresh = await start({});
        t.after(() => fresh.stop());
        const client = open(fresh.url);
        const ask = () => client.auth.phoneNumber.sendOTP({ phoneNumber: '+14255550140' });
        for (let i = 0; i < 10; i++) await good(ask());
        await bad(ask(), 429, 'RATE_LIMITED');
        await fresh.clock(61);
        await good(ask());
    });

    test('Rate Limiting: so many calls in so much time', async (t) => {
        t.after(() => server.settings(UNLIMITED));
        await server.settings({ nevr: { rateLimit: { window: 30_000, max: 3 } } });
        const client = open();
        const ask = (number) => client.auth.phoneNumber.sendOTP({ phoneNumber: `+1425555011${number}` });
        for (let i = 0; i < 3; i++) await good(ask(i));
        await bad(ask(3), 429, 'RATE_LIMITED');
        await server.settings(UNLIMITED);
        await good(ask(4));
    });

    test('Schema: a user has the number and whether it was verified', async () => {
        const client = open();
        await signIn(client, '+14255550120');
        const { user, session } = await good(client.auth.getSession());
        assert.equal(user.email, null);
        assert.deepEqual([user.phoneNumber, user.phoneNumberVerified], ['+14255550120', true]);
        assert.equal(session.userId, user.id);
        await bad(client.auth.updateUser({ phoneNumber: '+14255550121' }), 400, 'PHONE_NUMBER_CANNOT_BE_UPDATED');
    });
});

describe('around it', () => {
    test('useSession follows the sign-in', async () => {
        const client = open();
        await client.useSession.refetch();
        assert.equal(client.useSession.get().data, null);
        await signIn(client, '+14255550130');
        await client.useSession.refetch();
        assert.equal(client.useSession.get().data.user.phoneNumber, '+14255550130');
        assert.deepEqual(await good(client.auth.signOut()), { success: true });
        assert.equal(client.useSession.get().data, null);
    });

    test('a token is enough for whoever has no cookies', async () => {
        const { token, user } = await signIn(open(), '+14255550131');
        const bearer = createClient()({ baseURL: server.url, plugins: [authClient()], keep: 'none', fetchOptions: { headers: { Authorization: `Bearer ${token}` } } });
        assert.equal((await good(bearer.auth.getSession())).user.id, user.id);
    });

    test('sessions are listed and revoked', async () => {
        const [one, two] = [open(), open()];
        await signIn(one, '+14255550132');
        await server.clock(121);
        await signIn(two, '+14255550132');
        assert.equal((await good(two.auth.listSessions())).sessions.length, 2);
        const { session } = await good(one.auth.getSession());
        assert.deepEqual(await good(two.auth.revokeSession({ token: session.token })), { status: true });
        assert.equal(await good(one.auth.getSession()), null);
        await bad(one.auth.listSessions(), 401, 'UNAUTHORIZED');
    });

    test('a second factor is asked for after the code', async () => {
        const { Authenticator } = await borrow('totp.mjs');
        const phoneNumber = '+14255550133';
        const client = open();
        await signIn(client, phoneNumber);
        const { totpUri, backupCodes } = await good(client.auth.twoFactor.enable());
        const app = new Authenticator(server, totpUri);
        assert.equal((await good(client.auth.twoFactor.verifySetup({ code: await app.code() }))).twoFactorEnabled, true);
        assert.equal((await good(client.auth.twoFactor.getTotpUri())).totpURI, totpUri);

        const other = open();
        await server.clock(121);
        const due = await signIn(other, phoneNumber);
        assert.equal(due.twoFactorRedirect, true);
        assert.equal(due.token, undefined);
        assert.equal(await good(other.auth.getSession()), null);
        const { user } = await good(other.auth.twoFactor.verifyTotp({ code: await app.code() }));
        assert.equal((await good(other.auth.getSession())).user.id, user.id);

        const third = open();
        await server.clock(121);
        await signIn(third, phoneNumber);
        const left = await good(third.auth.twoFactor.verifyBackupCode({ code: backupCodes[0] }));
        assert.equal(left.remainingBackupCodes, backupCodes.length - 1);
    });
});
