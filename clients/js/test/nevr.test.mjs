// The nevr shape: what its calls become, against a server that answers as it is told.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { afterEach, describe, test } from 'node:test';

import { createClient } from 'countersign/nevr';
import { authClient } from 'countersign/nevr/auth';
import { phoneNumberClient } from 'countersign/nevr/phone-number';

import { fake } from './support.mjs';

let server;
afterEach(() => server?.stop());

const both = () => [authClient(), phoneNumberClient()];
const make = (options = {}) => createClient()({ baseURL: server.url, plugins: both(), ...options });

/** Waits until a store shows what is looked for. */
async function shows(store, wanted) {
    const signal = AbortSignal.timeout(2_000);
    for (;;) {
        if (wanted(store.get())) return store.get();
        const changed = new EventTarget();
        const stop = store.listen(() => changed.dispatchEvent(new Event('change')));
        try {
            if (!wanted(store.get())) await once(changed, 'change', { signal });
        } finally {
            stop();
        }
    }
}

describe('an address', () => {
    test('is baseURL, basePath and the path, even where that says /api twice', async () => {
        server = await fake(() => ({ body: { success: true } }));
        for (const [options, path] of [
            [{}, '/api/auth/sign-out'],
            [{ baseURL: `${server.url}/` }, '/api/auth/sign-out'],
            [{ baseURL: `${server.url}/api` }, '/api/api/auth/sign-out'],
            [{ basePath: '' }, '/auth/sign-out'],
            [{ basePath: 'v2/' }, '/v2/auth/sign-out'],
        ]) {
            await make(options).auth.signOut();
            assert.equal(server.last().path, path);
        }
    });

    test('is of http://localhost:3000 where nobody says otherwise', async () => {
        const asked = [];
        const customFetch = async (url) => (asked.push(url), Response.json({}));
        await createClient()({ plugins: both(), fetchOptions: { customFetch } }).auth.signOut();
        await createClient()({ baseURL: '/api', plugins: both(), fetchOptions: { customFetch } }).auth.signOut();
        assert.deepEqual(asked, ['http://localhost:3000/api/auth/sign-out', 'http://localhost:3000/api/api/auth/sign-out']);
    });
});

describe('a method', () => {
    test('of a plugin and one that no plugin names stand side by side', async () => {
        server = await fake(() => ({ body: {} }));
        const client = make();
        const input = { phoneNumber: '+14255550123' };
        for (const [call, method, path] of [
            [() => client.auth.signIn.phoneNumber(input), 'POST', '/api/auth/sign-in/phone-number'],
            [() => client.auth.signIn.email(input), 'POST', '/api/auth/sign-in/email'],
            [() => client.auth.signUp.email(input), 'POST', '/api/auth/sign-up/email'],
            [() => client.auth.phoneNumber.sendOTP(input), 'POST', '/api/auth/phone-number/send-otp'],
            [() => client.auth.phoneNumber.verify(input), 'POST', '/api/auth/phone-number/verify'],
            [() => client.auth.phoneNumber.requestPasswordReset(input), 'POST', '/api/auth/phone-number/request-password-reset'],
            [() => client.auth.phoneNumber.resetPassword(input), 'POST', '/api/auth/phone-number/reset-password'],
            [() => client.$call.auth.requestPasswordReset(input), 'POST', '/api/auth/request-password-reset'],
            [() => client.auth.revokeOtherSessions(input), 'POST', '/api/auth/revoke-other-sessions'],
            [() => client.$call.auth.twoFactor.getTOTPUri(input), 'POST', '/api/auth/two-factor/get-totp-uri'],
            [() => client.$call.auth.twoFactor.verifyBackupCode(input), 'POST', '/api/auth/two-factor/verify-backup-code'],
        ]) {
            await call();
            const made = server.last();
            assert.deepEqual([made.method, made.path], [method, path]);
            assert.deepEqual(made.body, input);
            assert.equal(made.headers['content-type'], 'application/json');
        }
        assert.ok(server.calls.every((call) => call.method === 'POST'), 'nobody asked who is signed in');
    });

    test('is the same whichever plugin comes first', async () => {
        server = await fake(() => ({ body: {} }));
        const client = createClient()({ baseURL: server.url, plugins: both().reverse() });
        await client.auth.signIn.phoneNumber({ phoneNumber: '+1', code: '1' });
        await client.auth.signIn.email({ email: 'e', password: 'p' });
        const paths = server.calls.filter((call) => call.method === 'POST').map((call) => call.path);
        assert.deepEqual(paths, ['/api/auth/sign-in/phone-number', '/api/auth/sign-in/email']);
    });

    test('of a plugin of your own joins the group of the others', async () => {
        server = await fake(() => ({ body: {} }));
        const own = {
            id: 'own',
            methods: { '/auth/greetings': 'GET' },
            create: ({ $fetch }) => ({ auth: { signIn: { badge: () => $fetch('/badge', { method: 'PUT', body: {} }) } } }),
        };
        // It comes first, so that the others would hide its method, whose path is not its name.
        const client = createClient()({ baseURL: server.url, plugins: [own, ...both()] });
        await client.auth.signIn.badge();
        await client.auth.signIn.phoneNumber({ phoneNumber: '+1', code: '1' });
        await client.auth.greetings();
        const made = server.calls.map((call) => `${call.method} ${call.path}`);
        assert.deepEqual(made, ['PUT /api/badge', 'POST /api/auth/sign-in/phone-number', 'GET /api/auth/greetings']);
    });

    test('that reads is a GET with its input in the query', async () => {
        server = await fake(() => ({ body: null }));
        const client = make();
        for (const [call, path] of [
            [() => client.auth.getSession(), '/api/auth/get-session'],
            [() => client.auth.listSessions(), '/api/auth/list-sessions'],
            [() => client.auth.listAccounts(), '/api/auth/list-accounts'],
        ]) {
            await call();
            assert.deepEqual([server.last().method, server.last().path], ['GET', path]);
        }
        await client.$call.auth.verifyEmail({ token: 'a b' });
        const { method, query } = server.calls.find((call) => call.path === '/api/auth/verify-email');
        assert.deepEqual([method, query], ['GET', { token: 'a b' }]);
    });

    test('takes another method, headers and time with the call', async () => {
        server = await fake(() => ({ body: {} }));
        const client = make({ fetchOptions: { headers: { 'x-all': '1', 'x-both': '1' } } });
        await client.$call.auth.anything({ a: 1 }, { method: 'PUT', headers: { 'x-both': '2' } });
        const { method, path, headers } = server.last();
        assert.deepEqual([method, path, headers['x-all'], headers['x-both']], ['PUT', '/api/auth/anything', '1', '2']);
        const { error } = await client.auth.signOut({}, { signal: AbortSignal.abort() });
        assert.equal(error.code, 'ABORTED');
    });

    test('is called by nobody who only looks at the client', async () => {
        server = await fake(() => ({ body: {} }));
        const client = make();
        assert.equal(await client, client, 'it is no promise');
        assert.equal(JSON.stringify({ client }), '{}');
        assert.ok('auth' in client && !('nothing' in client));
        assert.equal(client.auth.signIn, client.auth.signIn);
        await assert.rejects(async () => `${client}`, TypeError);
        assert.deepEqual(server.calls, []);
    });
});

describe('a result', () => {
    const refused = async (status, body) => {
        server = await fake(() => ({ status, body }));
        const { data, error } = await make().auth.phoneNumber.sendOTP({ phoneNumber: '+1' });
        server.stop();
        assert.equal(data, null);
        return error;
    };

    test('is data and no error', async () => {
        server = await fake(() => ({ body: { success: true, expiresIn: 300 } }));
        assert.deepEqual(await make().auth.phoneNumber.sendOTP({ phoneNumber: '+1' }), { data: { success: true, expiresIn: 300 }, error: null });
    });

    test('of a refusal has the code and text of the documented shape', async () => {
        const error = await refused(400, { error: { code: 'INVALID_OTP', message: 'Wrong.', details: { left: 4 } } });
        const statusText = 'Bad Request';
        assert.deepEqual(error, { status: 400, statusText, message: 'Wrong.', code: 'INVALID_OTP', details: { left: 4 } });
    });

    test('of a refusal has them from older shapes as well', async () => {
        const found = async (status, body) => {
            const { code, message, details } = await refused(status, body);
            return { code, message, details };
        };
        const errors = { phoneNumber: ['Missing.'] };
        assert.deepEqual(await found(400, { error: { code: 'VALIDATION_ERROR', message: 'Failed' }, errors }), {
            code: 'VALIDATION_ERROR',
            message: 'Failed',
            details: errors,
        });
        assert.deepEqual(await found(401, { error: 'UNAUTHORIZED', message: 'No.' }), { code: 'UNAUTHORIZED', message: 'No.', details: undefined });
        assert.deepEqual(await found(409, { error: 'User already exists' }), { code: undefined, message: 'User already exists', details: undefined });
        assert.deepEqual(await found(429, { code: 'RATE_LIMITED', message: 'Slow.' }), { code: 'RATE_LIMITED', message: 'Slow.', details: undefined });
        assert.deepEqual(await found(502, '<h1>no</h1>'), { code: undefined, message: 'Bad Gateway', details: undefined });
    });

    test('without an answer is an error too, and nothing is thrown', async () => {
        server = await fake(() => ({ body: '{', headers: { 'content-type': 'application/json' } }));
        const client = make();
        assert.equal((await client.auth.signOut()).error.code, 'INVALID_ANSWER');
        server.stop();
        const { error } = await client.auth.signOut();
        assert.deepEqual([error.status, error.code], [0, 'NETWORK_ERROR']);
        assert.ok(error.cause instanceof Error);
        const slow = createClient()({ plugins: both(), fetchOptions: { timeout: 10, customFetch: hanging } });
        assert.equal((await slow.auth.signOut()).error.code, 'TIMEOUT');
    });

    test('that means nobody is signed in is null without an error', async () => {
        server = await fake(() => ({ body: null, headers: { 'content-type': 'application/json' } }));
        assert.deepEqual(await make().auth.getSession(), { data: null, error: null });
    });

    test('tells the names of errors that the plugins know', () => {
        const { $ERROR_CODES } = createClient()({ plugins: both() });
        for (const name of ['INVALID_OTP', 'OTP_EXPIRED', 'UNAUTHORIZED', 'RATE_LIMITED']) assert.equal(typeof $ERROR_CODES[name], 'string', name);
        assert.deepEqual(createClient()({}).$ERROR_CODES, {});
    });
});

/** A fetch that never answers, but listens to its signal. */
function hanging(_, { signal }) {
    return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
}

describe('around a call', () => {
    test('stand middlewares, the first outermost, which may change and repeat it', async () => {
        server = await fake((_, number) => (number === 1 ? { status: 503, body: {} } : { body: { done: true } }));
        const order = [];
        const outer = async (context, next) => {
            order.push(`outer ${context.method} ${context.path}`);
            context.headers['x-outer'] = '1';
            const first = await next();
            return first.error ? next() : first;
        };
        const inner = async (context, next) => {
            order.push(`inner ${context.headers['x-outer']}`);
            context.body = { changed: true };
            return next();
        };
        const { data } = await make({ middleware: [outer, inner] }).$fetch('/orders', { method: 'POST', body: {} });
        assert.deepEqual(data, { done: true });
        assert.deepEqual(order, ['outer POST /orders', 'inner 1', 'inner 1']);
        assert.deepEqual([server.calls.length, server.last().headers['x-outer'], server.last().body], [2, '1', { changed: true }]);
    });

    test('stand interceptors, which may change a result or ask once more', async () => {
        server = await fake(() => ({ status: 401, body: {} }));
        const again = (result) => (result.error ? { retry: true } : result);
        const kept = await make({ interceptors: [again, again] }).$fetch('/orders');
        assert.equal(kept.error.status, 401);
        assert.equal(server.calls.length, 2, 'once, and no more');
        const changed = await make({ interceptors: [() => ({ data: 'other', error: null })] }).$fetch('/orders');
        assert.deepEqual(changed, { data: 'other', error: null });
    });

    test('stand listeners', async () => {
        server = await fake((call) => ({ status: call.path.endsWith('bad') ? 400 : 200, body: { a: 1 } }));
        const told = [];
        const fetchOptions = {
            onRequest: ({ url }) => told.push(`to ${new URL(url).pathname}`),
            onResponse: ({ response }) => told.push(response.status),
            onSuccess: ({ data }) => told.push(data.a),
            onError: ({ error }) => told.push(`error ${error.status}`),
        };
        const client = make({ fetchOptions });
        await client.$fetch('/good', { query: { page: 1, none: undefined } });
        assert.deepEqual(server.last().query, { page: '1' });
        await client.$fetch('/bad');
        assert.deepEqual(told, ['to /api/good', 200, 1, 'to /api/bad', 400, 'error 400']);
    });

    test('cookies go back, unless the caller says himself who he is', async () => {
        server = await fake(() => ({ body: {}, headers: { 'set-cookie': 'nevr.session_token=one; Max-Age=60; Path=/; HttpOnly; SameSite=lax' } }));
        const client = make();
        await client.$fetch('/a');
        await client.$fetch('/a');
        assert.equal(server.last().headers.cookie, 'nevr.session_token=one');
        await client.$fetch('/a', { headers: { cookie: 'nevr.session_token=two' } });
        assert.equal(server.last().headers.cookie, 'nevr.session_token=two');
        await client.$fetch('/a', { headers: { Authorization: 'Bearer three' } });
        assert.equal(server.last().headers.cookie, undefined);
        const none = make({ keep: 'none' });
        await none.$fetch('/a');
        await none.$fetch('/a');
        assert.equal(server.last().headers.cookie, undefined);
    });
});

describe('useSession', () => {
    /** A server that knows one person, once he signed in. */
    const people = () => {
        let signed = null;
        return fake(({ path }) => {
            if (path.endsWith('/sign-out')) signed = null;
            if (path.endsWith('/sign-in/phone-number')) signed = { user: { id: 'u1' }, session: { id: 's1' } };
            return { body: path.endsWith('/get-session') ? signed : { success: true }, headers: { 'content-type': 'application/json' } };
        });
    };

    test('asks when somebody listens, follows sign-in and sign-out, and tells the state at once', async () => {
        server = await people();
        const { auth, useSession } = make();
        assert.deepEqual(useSession.get(), { data: null, error: null, isPending: true });
        assert.equal(server.calls.length, 0, 'nobody listens yet');
        const states = [];
        const stop = useSession.subscribe(({ data, isPending }) => states.push([data?.user.id ?? null, isPending]));
        await shows(useSession, (state) => !state.isPending);
        await auth.signIn.phoneNumber({ phoneNumber: '+1', code: '1' });
        await shows(useSession, (state) => state.data && !state.isPending);
        const out = auth.signOut();
        await out;
        assert.equal(useSession.get().data, null, 'at once, not when the server was asked again');
        await shows(useSession, (state) => !state.isPending);
        stop();
        await useSession.refetch();
        assert.deepEqual(states.filter((state, index) => String(state) !== String(states[index - 1])), [
            [null, true],
            [null, false],
            [null, true],
            ['u1', false],
            [null, false],
            [null, true],
            [null, false],
        ]);
    });

    test('shows the same object until it changes', async () => {
        server = await people();
        const { useSession } = make();
        await useSession.refetch();
        assert.equal(useSession.get(), useSession.get());
    });

    test('keeps who was there when the server cannot be reached, and says why', async () => {
        server = await people();
        const { auth, useSession } = make();
        await auth.signIn.phoneNumber({ phoneNumber: '+1', code: '1' });
        await shows(useSession, (state) => state.data && !state.isPending);
        server.stop();
        await useSession.refetch();
        const { data, error } = useSession.get();
        assert.deepEqual([data.user.id, error.code], ['u1', 'NETWORK_ERROR']);
    });

    test('believes the newest answer, not the last to come', async () => {
        const waiting = [];
        const customFetch = () => new Promise((resolve) => waiting.push((body) => resolve(Response.json(body))));
        const { useSession } = createClient()({ plugins: both(), fetchOptions: { customFetch } });
        const [first, second] = [useSession.refetch(), useSession.refetch()];
        waiting[1]({ user: { id: 'new' }, session: {} });
        await second;
        waiting[0]({ user: { id: 'old' }, session: {} });
        await first;
        assert.equal(useSession.get().data.user.id, 'new');
    });

    test('tells and stops each listener by itself', async () => {
        server = await people();
        const { useSession } = make();
        const told = [];
        const listener = () => told.push(1);
        const [one, two] = [useSession.listen(listener), useSession.listen(listener)];
        await shows(useSession, (state) => !state.isPending);
        const before = told.length;
        one();
        await useSession.refetch();
        assert.ok(before >= 2 && told.length > before);
        two();
        const after = told.length;
        await useSession.refetch();
        assert.equal(told.length, after);
    });
});
