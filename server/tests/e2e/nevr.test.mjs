// The nevr dialect, called in the manner of nevr's client: its paths, its headers, its way to read an answer.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { start } from './harness.mjs';

let server;
before(async () => {
    server = await start({ nevr: { rateLimit: false }, otp: { resendSeconds: [0] } });
});
after(() => server?.stop());

/** Parts of a path as the client's proxy writes them: `sendOTP` is `send-otp`. */
const kebab = (name) => name.replace(/([a-z0-9])([A-Z])/g, '$1-$2').toLowerCase();

/** A client: what it is given as `baseURL`, and cookies of its own. */
function open(baseURL) {
    const cookies = new Map();
    async function call(method, path, input) {
        const headers = { 'Content-Type': 'application/json' };
        if (cookies.size > 0) headers.Cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
        const body = method === 'POST' ? JSON.stringify(input ?? {}) : undefined;
        const answer = await fetch(`${baseURL}/api/auth${path}`, { method, headers, body });
        for (const line of answer.headers.getSetCookie()) {
            const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
            if (line.includes('Max-Age=0')) cookies.delete(name);
            else cookies.set(name, value);
        }
        const isJson = (answer.headers.get('content-type') ?? '').includes('json');
        const read = isJson ? await answer.json() : null;
        if (answer.ok) return { data: read, error: null };
        const { status, statusText } = answer;
        const told = typeof read?.error === 'object' ? read.error : { message: read?.error, code: read?.code };
        return { data: null, error: { status, statusText, ...told } };
    }
    const post = (...parts) => (input) => call('POST', parts.map((part) => `/${kebab(part)}`).join(''), input);
    return {
        cookies,
        auth: {
            phoneNumber: {
                sendOTP: (input) => call('POST', '/phone-number/send-otp', input),
                verify: post('phoneNumber', 'verify'),
                requestPasswordReset: post('phoneNumber', 'requestPasswordReset'),
                resetPassword: post('phoneNumber', 'resetPassword'),
            },
            signIn: { phoneNumber: post('signIn', 'phoneNumber'), email: post('signIn', 'email') },
            signUp: { email: post('signUp', 'email') },
            signOut: post('signOut'),
            getSession: () => call('GET', '/get-session'),
        },
    };
}

for (const [setup, base, phone] of [
    ['a base URL that is /api', '/api', '+1234567890'],
    ['no base URL of its own', '', '+14255550124'],
]) {
    describe(`a client with ${setup}`, () => {
        test('plays the calls of the guide', async () => {
            const client = open(server.url + base);
            assert.deepEqual(await client.auth.getSession(), { data: null, error: null });
            const sent = await client.auth.phoneNumber.sendOTP({ phoneNumber: phone });
            assert.deepEqual(sent, { data: { success: true, expiresIn: 300 }, error: null });
            const { code } = await server.inbox(phone, 'sign-in');
            const verified = await client.auth.phoneNumber.verify({ phoneNumber: phone, code });
            assert.equal(verified.data.verified, true);
            assert.deepEqual(await client.auth.getSession(), { data: null, error: null }, 'nobody is signed in by it');
            const { data } = await client.auth.signIn.phoneNumber({ phoneNumber: phone, code });
            assert.equal(data.token, client.cookies.get('nevr.session_token'));
            assert.equal(data.user.phoneNumber, phone);
            assert.equal(data.user.phoneNumberVerified, true);
            const current = await client.auth.getSession();
            assert.equal(current.data.user.id, data.user.id);
            assert.equal(current.data.session.userId, data.user.id);

            await client.auth.phoneNumber.requestPasswordReset({ phoneNumber: phone });
            const { code: otp } = await server.inbox(phone, 'recovery');
            const reset = await client.auth.phoneNumber.resetPassword({ phoneNumber: phone, otp, newPassword: 'new-pass' });
            assert.deepEqual(reset, { data: { success: true }, error: null });
            assert.deepEqual(await client.auth.getSession(), { data: null, error: null }, 'a reset ends every session');
            const again = await client.auth.signIn.phoneNumber({ phoneNumber: phone, password: 'new-pass' });
            assert.equal(again.data.user.id, data.user.id);
            assert.deepEqual((await client.auth.signOut()).data, { success: true });
        });

        test('reads name and words of a refusal', async () => {
            const client = open(server.url + base);
            const { error } = await client.auth.signIn.phoneNumber({ phoneNumber: phone, code: '000000' });
            assert.equal(error.status, 400);
            assert.equal(error.code, 'INVALID_OTP');
            assert.match(error.message, /code/);
            const wrong = await client.auth.signIn.phoneNumber({ phoneNumber: phone, password: 'not the password' });
            assert.equal(wrong.error.code, 'INVALID_PHONE_NUMBER_OR_PASSWORD');
        });
    });
}

test('without cookies the number and its code are enough, and the token goes in a header', async () => {
    const phone = '+14255550125';
    const headers = { 'Content-Type': 'application/json' };
    const post = async (path, body) =>
        (await fetch(`${server.url}/auth${path}`, { method: 'POST', headers, body: JSON.stringify(body) })).json();
    await post('/phone-number/send-otp', { phoneNumber: phone });
    const { code } = await server.inbox(phone, 'sign-in');
    const { token } = await post('/sign-in/phone-number', { phoneNumber: phone, code });
    const current = await fetch(`${server.url}/auth/get-session`, { headers: { Authorization: `Bearer ${token}` } });
    assert.equal((await current.json()).user.phoneNumber, phone);
});
