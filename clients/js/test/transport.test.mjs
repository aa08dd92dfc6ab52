// What goes over the wire and what becomes of it, against a server that answers as it is told.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterEach, describe, test } from 'node:test';

import { Account, BaseClient, Client, CountersignException, ID, NuvixException, Query } from 'countersign';

import { fake, refusal } from './support.mjs';

let server;
afterEach(() => server?.stop());

const client = (options) => new Client(options).setEndpoint(`${server.url}/v1`).setProject('demo');

describe('a request', () => {
    test('says the project, who asks, and the language', async () => {
        server = await fake(() => ({ body: {} }));
        await client().setKey('k').setJWT('j').setSession('s').setLocale('de').account.get();
        const { method, path, headers, body } = server.last();
        assert.deepEqual([method, path, body], ['GET', '/v1/account', undefined]);
        const said = ['project', 'key', 'jwt', 'session', 'locale'].map((name) => headers[`x-nuvix-${name}`]);
        assert.deepEqual(said, ['demo', 'k', 'j', 's', 'de']);
        assert.equal(headers['content-type'], undefined, 'a GET has no body');
    });

    test('of a change has a JSON body, and leaves out what is undefined', async () => {
        server = await fake(() => ({ body: {} }));
        await client().account.create({ userId: 'a', email: 'e@example.com', password: 'p', name: undefined });
        assert.equal(server.last().headers['content-type'], 'application/json');
        assert.deepEqual(server.last().body, { userId: 'a', email: 'e@example.com', password: 'p' });
        await client().account.createPhoneVerification();
        assert.deepEqual(server.last().body, {});
    });

    test('of a list has its queries in the address', async () => {
        server = await fake(() => ({ body: { total: 0, data: [], users: [] } }));
        await client().users.list({ queries: [Query.equal('name', ['A & B']), Query.limit(2)], search: 'x y', total: false });
        assert.deepEqual(server.last().query, {
            'queries[0]': '{"method":"equal","attribute":"name","values":["A & B"]}',
            'queries[1]': '{"method":"limit","values":[2]}',
            search: 'x y',
            total: 'false',
        });
    });

    test('keeps an id in its place of the path, and is not made with one that is none', async () => {
        server = await fake(() => ({ body: {} }));
        await client().users.get({ userId: 'a/b?c' });
        assert.equal(server.last().path, '/v1/users/a%2Fb%3Fc');
        for (const sessionId of ['', '.', '..', undefined, null, 7]) {
            const attempt = async () => client().account.deleteSession({ sessionId });
            await assert.rejects(attempt, refusal(0, 'invalid_argument'), String(sessionId));
        }
        assert.equal(server.calls.length, 1);
    });

    test('needs an endpoint, and one that is an address', async () => {
        await assert.rejects(new Client().account.get(), refusal(0, 'invalid_argument'));
        for (const endpoint of ['', '/v1', 'id.example.com', 'ftp://id.example.com', 'https://me:secret@id.example.com']) {
            assert.throws(() => new Client().setEndpoint(endpoint), refusal(0, 'invalid_argument'), endpoint);
        }
        server = await fake(() => ({ body: {} }));
        await new Client().setEndpoint(`${server.url}/v1/`).account.get();
        assert.equal(server.last().path, '/v1/account');
    });

    test('is not sent on to where an answer points: it carries secrets', async () => {
        const other = await fake(() => ({ body: {} }));
        server = await fake(() => ({ status: 307, headers: { location: `${other.url}/v1/users` } }));
        await assert.rejects(client().setKey('secret').users.list(), refusal(0, 'network_error'));
        other.stop();
        assert.deepEqual(other.calls, []);
    });

    test('may be made by a fetch of your own, and by a client without services', async () => {
        const asked = [];
        const own = async (url, init) => {
            asked.push([init.method, url]);
            return Response.json({ $id: 'me' });
        };
        const account = new Account(new BaseClient({ fetch: own }).setEndpoint('https://id.example.com/v1'));
        assert.equal((await account.get()).$id, 'me');
        assert.deepEqual(asked, [['GET', 'https://id.example.com/v1/account']]);
    });
});

describe('an answer', () => {
    test('of 204 is nothing', async () => {
        server = await fake(() => undefined);
        assert.equal(await client().account.deleteSessions(), undefined);
    });

    test('that refuses is an exception with all that it said', async () => {
        const body = { code: 401, type: 'user_blocked', message: 'Blocked.', version: '1' };
        server = await fake(() => ({ status: 401, body, headers: { 'x-request-id': 'r1', 'retry-after': '30' } }));
        await assert.rejects(client().account.get(), (error) => {
            assert.ok(error instanceof CountersignException && error instanceof NuvixException && error instanceof Error);
            assert.deepEqual([error.code, error.type, error.message], [401, 'user_blocked', 'Blocked.']);
            assert.deepEqual(error.response, body);
            assert.deepEqual([error.requestId, error.retryAfter], ['r1', 30]);
            return true;
        });
    });

    test('of somebody on the way is an exception too', async () => {
        server = await fake(() => ({ status: 502, body: '<h1>Bad gateway</h1>' }));
        await assert.rejects(client().account.get(), { code: 502, type: 'invalid_answer', response: '<h1>Bad gateway</h1>' });
        server.stop();
        server = await fake(() => ({ status: 503 }));
        await assert.rejects(client().account.get(), { code: 503, message: 'Service Unavailable' });
    });

    test('that is a page where JSON was asked for is no success', async () => {
        server = await fake(() => ({ body: '<!doctype html>' }));
        await assert.rejects(client().account.get(), { ...refusal(200, 'invalid_answer'), message: /ends in \/v1/ });
    });

    test('that is broken JSON is no success', async () => {
        server = await fake(() => ({ body: '{"$id":', headers: { 'content-type': 'application/json' } }));
        await assert.rejects(client().account.get(), refusal(0, 'invalid_answer'));
    });
});

describe('a call that gets no answer', () => {
    test('names the address without its query', async () => {
        server = await fake(() => undefined);
        const nx = client();
        server.stop();
        await assert.rejects(nx.users.list({ search: 'ada@example.com' }), (error) => {
            assert.deepEqual([error.code, error.type], [0, 'network_error']);
            assert.ok(error.message.includes('/v1/users'), error.message);
            assert.ok(!error.message.includes('ada'), error.message);
            assert.ok(error.cause);
            return true;
        });
    });

    /** A server that never answers. */
    async function silent() {
        const sockets = [];
        const server = createServer((socket) => sockets.push(socket)).listen(0, '127.0.0.1');
        await once(server, 'listening');
        return {
            url: `http://127.0.0.1:${server.address().port}`,
            stop: () => (sockets.forEach((socket) => socket.destroy()), server.close()),
        };
    }

    test('is given up after the time of the call or of the client', async () => {
        server = await silent();
        await assert.rejects(client().account.get({ timeout: 20 }), refusal(0, 'timeout'));
        await assert.rejects(client({ timeout: 20 }).account.get(), refusal(0, 'timeout'));
        await assert.rejects(client().setTimeout(20).account.get(), refusal(0, 'timeout'));
    });

    test('ends with the signal, and with its reason', async () => {
        server = await silent();
        const controller = new AbortController();
        const call = client().account.get({ signal: controller.signal });
        controller.abort(new Error('the person left'));
        await assert.rejects(call, /the person left/);
        await assert.rejects(client().account.get({ signal: AbortSignal.abort() }), { name: 'AbortError' });
    });
});

describe('cookies outside a page', () => {
    const session = (value, more = '') => ({ 'set-cookie': `nx_session=${value}; Path=/; HttpOnly${more}` });

    test('go back to who set them, until they are cleared', async () => {
        const answers = [session('one'), {}, { 'set-cookie': 'nx_session=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT' }, {}];
        server = await fake((_, number) => ({ body: {}, headers: answers[number - 1] }));
        const nx = client();
        for (const _ of answers) await nx.account.get();
        assert.deepEqual(server.calls.map((call) => call.headers.cookie), [undefined, 'nx_session=one', 'nx_session=one', undefined]);
    });

    test('end with their time, and Max-Age goes before Expires', async () => {
        const past = 'Expires=Thu, 01 Jan 1970 00:00:00 GMT';
        server = await fake((_, number) => ({ body: {}, headers: session(number, `; ${past}${number === 2 ? '; Max-Age=60' : ''}`) }));
        const nx = client();
        for (let i = 0; i < 3; i++) await nx.account.get();
        assert.deepEqual(server.calls.map((call) => call.headers.cookie), [undefined, undefined, 'nx_session=2']);
    });

    test('go nowhere else: not to another path, and not to another server', async () => {
        server = await fake(() => ({ body: {}, headers: { 'set-cookie': 'nx_session=one; Path=/v1/account' } }));
        const other = await fake(() => ({ body: {} }));
        const nx = client();
        await nx.account.get();
        await nx.account.listSessions();
        await nx.locale.get();
        await nx.setEndpoint(`${other.url}/v1`).account.get();
        other.stop();
        assert.deepEqual(server.calls.map((call) => call.headers.cookie), [undefined, 'nx_session=one', undefined]);
        assert.equal(other.last().headers.cookie, undefined);
    });

    test('are not kept for a key, a JWT or a session that was set', async () => {
        server = await fake(() => ({ body: {}, headers: session('one') }));
        for (const set of ['setKey', 'setJWT', 'setSession']) {
            const nx = client();
            await nx[set]('x').account.get();
            await nx[set]('').account.get();
            assert.equal(server.last().headers.cookie, undefined, set);
        }
    });
});

test('an id is new, legal and not to be guessed', () => {
    const ids = Array.from({ length: 1_000 }, () => ID.unique());
    assert.equal(new Set(ids.map((id) => id.slice(8))).size, ids.length);
    for (const id of ids) assert.match(id, /^[0-9a-f]{32}$/);
    assert.equal(ID.custom('ada'), 'ada');
});
