// Headers and bodies as a Nuvix client sends and expects them. Its published SDK cannot be had (its newest version is
// not on npm), so this is what it puts on the wire.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, test } from 'node:test';

import { carried, start, wrong } from './harness.mjs';
import { Authenticator, scan } from './totp.mjs';

let server;
before(async () => {
    server = await start();
});
after(() => server?.stop());

/** What the SDK's `ID.unique()` makes: 20 hex characters. */
const unique = () => randomBytes(10).toString('hex');

/** Calls the server. Answers `{ status, headers, body }`. */
async function call(method, path, body, headers = {}) {
    const response = await fetch(server.endpoint + path, {
        method,
        headers: {
            'X-Nuvix-Project': server.project,
            'X-Nuvix-Response-Format': '1.0.0',
            'x-sdk-name': 'Web',
            'x-sdk-platform': 'client',
            'x-sdk-language': 'web',
            'x-sdk-version': '0.1.1',
            'content-type': 'application/json',
            ...headers,
        },
        body: body && JSON.stringify(body),
    });
    const text = await response.text();
    const json = response.headers.get('content-type')?.includes('json');
    return { status: response.status, headers: response.headers, body: json ? JSON.parse(text) : text };
}

/** Signs in; answers the session, the cookie and the headers that carry it. */
async function signIn(phone, headers = {}) {
    const token = await call('POST', '/account/tokens/phone', { userId: unique(), phone }, headers);
    assert.equal(token.status, 201, JSON.stringify(token.body));
    const { code } = await server.inbox(phone);
    const answer = await call('POST', '/account/sessions/token', { userId: token.body.userId, secret: code }, headers);
    assert.equal(answer.status, 201, JSON.stringify(answer.body));
    const cookie = answer.headers.getSetCookie().find((line) => line.startsWith('nx_session='));
    assert.ok(cookie, `sets nx_session, not ${answer.headers.getSetCookie()}`);
    const value = cookie.slice('nx_session='.length, cookie.indexOf(';'));
    return { session: answer.body, cookie, value, answer, cookies: { cookie: `nx_session=${value}` } };
}

function refuses(answer, status, type) {
    assert.equal(answer.status, status, JSON.stringify(answer.body));
    assert.equal(answer.body.code, status);
    assert.equal(answer.body.type, type);
    const keys = ['code', 'message', 'type', 'version', ...(status === 429 ? ['limit', 'remaining', 'reset'] : [])];
    assert.deepEqual(Object.keys(answer.body).sort(), keys.sort());
}

test('the guide’s two calls sign in', async () => {
    const phone = '+14255550123';
    const userId = unique();
    const token = await call('POST', '/account/tokens/phone', { userId, phone });
    assert.equal(token.status, 201);
    assert.equal(token.body.userId, userId);
    assert.deepEqual(Object.keys(token.body).filter((k) => k.startsWith('$')).sort(), ['$createdAt', '$id', '$permissions', '$updatedAt']);
    assert.match(token.body.expire, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    const { code } = await server.inbox(phone);

    refuses(await call('POST', '/account/sessions/token', { userId, secret: wrong(code) }), 401, 'user_invalid_token');
    const answer = await call('POST', '/account/sessions/token', { userId, secret: code });
    assert.equal(answer.status, 201);
    assert.equal(answer.body.userId, userId);
    assert.equal(answer.body.provider, 'phone');
    assert.deepEqual(answer.body.factors, ['phone']);
    assert.equal(answer.headers.get('content-type'), 'application/json; charset=utf-8');
});

test('unset values are null, and models carry $permissions', async () => {
    const { session, cookies } = await signIn('+14255550124');
    assert.ok(Array.isArray(session.$permissions));
    assert.equal(session.countryCode, null);
    const { body: me } = await call('GET', '/account', undefined, cookies);
    assert.equal(me.$id, session.userId);
    for (const field of ['name', 'email', 'passwordUpdate']) assert.equal(me[field], null, field);
    assert.equal(me.phone, '+14255550124');
    assert.equal(me.phoneVerification, true);
    assert.deepEqual(me.$permissions, ['read("any")', `update("user:${me.$id}")`, `delete("user:${me.$id}")`]);
    for (const secret of ['password', 'hash', 'hashOptions', 'mfaRecoveryCodes']) assert.ok(!(secret in me), secret);
});

test('models without an id carry $permissions too', async () => {
    const { cookies } = await signIn('+14255550125');
    const list = await call('GET', '/account/sessions', undefined, cookies);
    const jwt = await call('POST', '/account/jwts', {}, cookies);
    const locale = await call('GET', '/locale');
    for (const { body } of [list, jwt, locale]) assert.deepEqual(body.$permissions, [], Object.keys(body).join());
});

test('lists are under data', async () => {
    const { session, cookies } = await signIn('+14255550126');
    const { status, body } = await call('GET', '/account/sessions', undefined, cookies);
    assert.equal(status, 200);
    assert.equal(body.total, 1);
    assert.deepEqual(body.data.map((s) => [s.$id, s.current]), [[session.$id, true]]);
});

describe('a session travels', () => {
    test('in the cookie nx_session', async () => {
        const { session, cookie, value, cookies } = await signIn('+14255550127');
        for (const attribute of [/; *HttpOnly/i, /; *Path=\//i, /; *Expires=/i, /; *SameSite=/i]) assert.match(cookie, attribute);
        assert.doesNotMatch(cookie, /; *Secure/i, 'the call came over plain http');
        assert.equal(JSON.parse(Buffer.from(decodeURIComponent(value), 'base64')).id, session.userId);
        assert.equal((await call('GET', '/account', undefined, cookies)).body.$id, session.userId);
    });

    test('in the header X-Nuvix-Session', async () => {
        const { session, value } = await signIn('+14255550128');
        const { body } = await call('GET', '/account', undefined, { 'X-Nuvix-Session': value });
        assert.equal(body.$id, session.userId);
    });

    test('in X-Fallback-Cookies, as the server said it', async () => {
        const { session, answer } = await signIn('+14255550129');
        assert.equal(answer.headers.get('x-debug-fallback'), 'true');
        const fallback = answer.headers.get('x-fallback-cookies');
        assert.deepEqual(Object.keys(JSON.parse(fallback)), ['nx_session']);
        assert.equal((await call('GET', '/account', undefined, { 'X-Fallback-Cookies': fallback })).body.$id, session.userId);
    });

    test('as a JWT', async () => {
        const { session, cookies } = await signIn('+14255550130');
        const { status, body } = await call('POST', '/account/jwts', {}, cookies);
        assert.equal(status, 201);
        const bearer = { 'X-Nuvix-JWT': body.jwt };
        assert.equal((await call('GET', '/account', undefined, bearer)).body.$id, session.userId);
        refuses(await call('GET', '/account', undefined, { ...bearer, ...cookies }), 403, 'user_jwt_and_session_set');
    });

    test('as the secret that an API key sees', async () => {
        const key = { 'X-Nuvix-Key': server.apiKey };
        const phone = '+14255550131';
        const token = await call('POST', '/account/tokens/phone', { userId: unique(), phone }, key);
        const { code } = await server.inbox(phone);
        const { body } = await call('POST', '/account/sessions/token', { userId: token.body.userId, secret: code }, key);
        const { body: me } = await call('GET', '/account', undefined, { 'X-Nuvix-Session': body.secret });
        assert.equal(me.phone, phone);
    });

    test('in any cookie that holds one, whatever the others hold', async () => {
        const { session, value } = await signIn('+14255550137');
        const ended = Buffer.from(JSON.stringify({ id: session.userId, secret: '0'.repeat(256) })).toString('base64');
        for (const cookie of [
            `a_session_demo=${value}`,
            `a_session_demo_legacy=${value}`,
            // Somebody who used a Nuvix client here before, and an Appwrite client now.
            `nx_session=${ended}; a_session_demo=${value}`,
            `a_session_demo=${ended}; a_session_demo_legacy=${value}`,
        ]) {
            const { body } = await call('GET', '/account', undefined, { cookie });
            assert.equal(body.$id, session.userId, cookie.replaceAll(/=[^;]+/g, '=…'));
        }
    });

    test('and nonsense in its place is a guest', async () => {
        for (const headers of [{ cookie: 'nx_session=nonsense' }, { 'X-Nuvix-Session': '%%%' }, { 'X-Fallback-Cookies': '{' }]) {
            refuses(await call('GET', '/account', undefined, headers), 401, 'general_unauthorized_scope');
        }
    });
});

test('signing out clears the cookie at once', async () => {
    const { cookies } = await signIn('+14255550132');
    const answer = await call('DELETE', '/account/sessions/current', undefined, cookies);
    assert.equal(answer.status, 204);
    assert.equal(answer.body, '');
    assert.equal(answer.headers.get('x-fallback-cookies'), '{}');
    const cleared = answer.headers.getSetCookie().find((line) => line.startsWith('nx_session='));
    const expires = cleared.match(/Expires=([^;]+)/i)[1];
    assert.match(cleared, /^nx_session=;/);
    assert.ok(Date.parse(expires) < Date.now(), expires);
    refuses(await call('GET', '/account', undefined, cookies), 401, 'general_unauthorized_scope');
});

test('somebody who is signed in may sign in again', async () => {
    const first = await signIn('+14255550133');
    const second = await signIn('+14255550133', first.cookies);
    assert.equal(second.session.userId, first.session.userId);
    assert.equal((await call('GET', '/account/sessions', undefined, second.cookies)).body.total, 2);
});

test('preferences are answered as they are', async () => {
    const { cookies } = await signIn('+14255550134');
    const prefs = { theme: 'dark' };
    assert.deepEqual((await call('PATCH', '/account/prefs', { prefs }, cookies)).body, prefs);
    assert.deepEqual((await call('GET', '/account/prefs', undefined, cookies)).body, prefs);
});

test('a message comes in the language of X-Nuvix-Locale', async () => {
    const phone = '+14255550135';
    await call('POST', '/account/tokens/phone', { userId: unique(), phone }, { 'X-Nuvix-Locale': 'de' });
    assert.match((await server.inbox(phone)).body, /Anmeldecode/);
});

test('what is wrong with a call is a list of texts', async () => {
    const answer = await call('POST', '/account/tokens/phone', { userId: '_bad', phone: '555' });
    refuses(answer, 400, 'general_bad_request');
    assert.equal(answer.body.message.length, 2);
    for (const text of answer.body.message) assert.equal(typeof text, 'string');
    const nothing = await fetch(`${server.endpoint}/account/tokens/phone`, {
        method: 'POST',
        headers: { 'X-Nuvix-Project': server.project, 'content-type': 'application/json' },
    });
    refuses({ status: nothing.status, body: await nothing.json() }, 400, 'general_bad_request');
});

test('the limit’s end is in milliseconds', async (t) => {
    t.after(() => server.settings({ nuvix: { rateLimits: false } }));
    await server.settings({ nuvix: { rateLimits: true } });
    const body = { userId: unique(), phone: '+14255550136' };
    const first = await call('POST', '/account/tokens/phone', body);
    assert.equal(first.headers.get('x-ratelimit-limit'), '10');
    assert.equal(first.headers.get('x-ratelimit-remaining'), '9');
    const reset = Number(first.headers.get('x-ratelimit-reset'));
    assert.ok(reset > Date.now() && reset <= Date.now() + 3_601_000, String(reset));
    for (let i = 1; i < 10; i++) assert.equal((await call('POST', '/account/tokens/phone', body)).status, 201);
    const last = await call('POST', '/account/tokens/phone', body);
    refuses(last, 429, 'general_rate_limit_exceeded');
    assert.deepEqual([last.body.limit, last.body.remaining], [10, 0]);
    assert.equal(typeof last.body.reset, 'number');
});

test('every answer says whether the fallback is on', async () => {
    const { cookies } = await signIn('+14255550138');
    for (const answer of [
        await call('GET', '/account', undefined, cookies),
        await call('GET', '/account'),
        await call('POST', '/account/tokens/phone', {}),
        await call('GET', '/locale', undefined, { 'X-Nuvix-Mode': 'weird' }),
        await call('GET', '/nothing'),
    ]) {
        assert.match(answer.headers.get('x-debug-fallback') ?? 'missing', /^(true|false)$/, JSON.stringify(answer.body));
    }
});

test('a limited route says its limit, success or not', async (t) => {
    await server.clock(3_600);
    t.after(() => server.settings({ nuvix: { rateLimits: false } }));
    await server.settings({ nuvix: { rateLimits: true } });
    for (const [status, answer] of [
        [400, await call('POST', '/account/tokens/phone', { userId: unique(), phone: 'none' })],
        [401, await call('POST', '/account/sessions/token', { userId: unique(), secret: '000000' })],
        [401, await call('DELETE', '/account/sessions/current')],
    ]) {
        assert.equal(answer.status, status);
        assert.match(answer.headers.get('x-ratelimit-limit') ?? 'missing', /^\d+$/, JSON.stringify(answer.body));
    }
});

describe('e-mail and second factors', () => {
    const password = 'correct horse battery';
    const url = 'https://example.com/back';
    const nuvixSession = (answer) => {
        const cookie = answer.headers.getSetCookie().find((line) => line.startsWith('nx_session='));
        return { cookie: cookie.slice(0, cookie.indexOf(';')) };
    };

    async function signIn(email) {
        const answer = await call('POST', '/account/sessions/email', { email, password });
        assert.equal(answer.status, 201, JSON.stringify(answer.body));
        return { session: answer.body, cookies: nuvixSession(answer) };
    }

    test('an account made with a password leaves what is unset null', async () => {
        const userId = unique();
        const { status, body } = await call('POST', '/account', { userId, email: 'Ada@Example.com', password });
        assert.equal(status, 201, JSON.stringify(body));
        assert.deepEqual([body.$id, body.email, body.name, body.phone], [userId, 'ada@example.com', null, null]);
        assert.deepEqual(body.$permissions, ['read("any")', `update("user:${userId}")`, `delete("user:${userId}")`]);
        assert.equal(body.targets[0].providerId, null);
        const { session } = await signIn('ADA@example.com');
        assert.deepEqual([session.provider, session.mfaUpdatedAt, session.countryCode], ['email', null, null]);
        assert.deepEqual(session.factors, ['password']);
    });

    test('what is wrong with each field is told', async () => {
        const answer = await call('POST', '/account', { userId: unique(), email: 'nobody', password: 'short' });
        refuses(answer, 400, 'general_bad_request');
        assert.equal(answer.body.message.length, 2);
        const email = 'ada@example.com';
        const guess = await call('POST', '/account/sessions/email', { email, password: 'a wrong one' });
        refuses(guess, 401, 'user_invalid_credentials');
        refuses(await call('POST', '/account', { userId: unique(), email, password }), 409, 'user_already_exists');
    });

    test('a code by e-mail signs in', async () => {
        const userId = unique();
        const token = await call('POST', '/account/tokens/email', { userId, email: 'bob@example.com', phrase: true });
        assert.equal(token.status, 201, JSON.stringify(token.body));
        assert.ok(Array.isArray(token.body.$permissions));
        const mail = await server.inbox('bob@example.com', 'sign-in');
        assert.ok(mail.body.includes(token.body.phrase), token.body.phrase);
        const answer = await call('POST', '/account/sessions/token', { userId, secret: mail.code });
        assert.deepEqual([answer.status, answer.body.provider], [201, 'token']);
    });

    test('a link by e-mail signs in, by a PUT that answers 201', async () => {
        const body = { userId: unique(), email: 'eve@example.com', url };
        assert.equal((await call('POST', '/account/tokens/magic-url', body)).status, 201);
        const { userId, secret } = carried((await server.inbox('eve@example.com', 'magic-link')).link);
        const answer = await call('PUT', '/account/sessions/magic-url', { userId, secret });
        assert.deepEqual([answer.status, answer.body.provider], [201, 'magic-url']);
        refuses(await call('POST', '/account/sessions/token', { userId, secret }), 401, 'user_invalid_token');
    });

    test('a forgotten password is replaced', async () => {
        const email = 'finn@example.com';
        await call('POST', '/account', { userId: unique(), email, password });
        assert.equal((await call('POST', '/account/recovery', { email, url })).status, 201);
        const { userId, secret } = carried((await server.inbox(email, 'recovery')).link);
        const answer = await call('PUT', '/account/recovery', { userId, secret, password: 'another password' });
        assert.equal(answer.status, 200, JSON.stringify(answer.body));
        assert.ok(Array.isArray(answer.body.$permissions));
        refuses(await call('POST', '/account/sessions/email', { email, password }), 401, 'user_invalid_credentials');
    });

    test('the guide’s calls ask for a second factor, on the paths of Nuvix', async () => {
        const email = 'iris@example.com';
        const { body: me } = await call('POST', '/account', { userId: unique(), email, password });
        const { cookies } = await signIn(email);
        const ask = (method, path, body) => call(method, path, body, cookies);
        const codes = await ask('POST', '/account/mfa/recovery-codes');
        assert.equal(codes.status, 201, JSON.stringify(codes.body));
        assert.deepEqual([codes.body.recoveryCodes.length, codes.body.$permissions], [6, []]);
        assert.equal((await ask('POST', '/account/verification', { url })).status, 201);
        const { secret } = carried((await server.inbox(email, 'verify-email')).link);
        // Whoever follows the link need not be signed in.
        assert.equal((await call('PUT', '/account/verification', { userId: me.$id, secret })).status, 200);

        const made = await ask('POST', '/account/mfa/authenticators/totp');
        assert.deepEqual([made.status, made.body.$permissions], [201, []]);
        const shape = { size: 800, margin: 0, download: false };
        const query = new URLSearchParams({ text: made.body.uri, ...shape, project: server.project });
        const image = await fetch(`${server.endpoint}/avatars/qr?${query}`);
        assert.equal(scan(await image.arrayBuffer()), made.body.uri);
        const app = new Authenticator(server, made.body.uri);
        const verified = await ask('PUT', '/account/mfa/authenticators/totp', { otp: await app.code() });
        assert.deepEqual([verified.status, verified.body.phone], [200, null]);
        const on = await ask('PATCH', '/account/mfa', { enabled: true });
        assert.deepEqual([on.status, on.body.mfa], [200, true]);
        assert.equal((await ask('GET', '/account')).status, 200);

        const later = await signIn(email);
        refuses(await call('GET', '/account', undefined, later.cookies), 401, 'user_more_factors_required');
        const factors = await call('GET', '/account/mfa/factors', undefined, later.cookies);
        assert.deepEqual(factors.body, { $permissions: [], totp: true, phone: false, email: true, recoveryCode: true });
        // Nuvix spells it one way when asked and the other when it answers.
        for (const [factor, name, otp] of [
            ['totp', 'totp', await app.code()],
            ['recoveryCode', 'recoverycode', codes.body.recoveryCodes[0]],
        ]) {
            const { cookies } = await signIn(email);
            const challenge = await call('POST', '/account/mfa/challenge', { factor }, cookies);
            assert.equal(challenge.status, 201, JSON.stringify(challenge.body));
            assert.ok(Array.isArray(challenge.body.$permissions));
            const shown = { challengeId: challenge.body.$id, otp };
            refuses(await call('PUT', '/account/mfa/challenge', shown), 401, 'general_unauthorized_scope');
            const session = await call('PUT', '/account/mfa/challenge', shown, cookies);
            assert.deepEqual([session.status, session.body.factors], [200, ['password', name]]);
            assert.equal((await call('GET', '/account', undefined, cookies)).body.$id, me.$id);
        }
    });

    test('logs are under data', async () => {
        const { cookies } = await signIn('ada@example.com');
        const { status, body } = await call('GET', '/account/logs', undefined, cookies);
        assert.equal(status, 200, JSON.stringify(body));
        assert.deepEqual(body.$permissions, []);
        assert.ok(body.data.length > 0 && body.data.length === body.total);
        assert.equal(body.data[0].event, 'session.create');
        assert.deepEqual([body.data[0].countryCode, body.data[0].userName, body.data[0].$permissions], [null, null, []]);
    });
});

test('the health route says ok', async () => {
    const response = await fetch(`${server.url}/health`);
    assert.equal(response.status, 200);
    assert.equal((await response.json()).status, 'ok');
});
