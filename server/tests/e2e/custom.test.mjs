// Custom tokens the way the guide shows: a customer's own server vouches for a user with `node-appwrite`, and the page
// signs him in with the newest `appwrite`.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { after, before, describe, test } from 'node:test';

import { Account, Client, ID } from 'appwrite';
import { Account as ServerAccount, Client as ServerClient, Users } from 'node-appwrite';

import { Browser, refusal, start } from './harness.mjs';

let server;
before(async () => {
    server = await start();
});
after(() => server?.stop());

const users = () => new Users(new ServerClient().setEndpoint(server.endpoint).setProject(server.project).setKey(server.apiKey));

/** A page: an account service in a browser of its own. */
function open(keeps) {
    const browser = new Browser(keeps);
    return new Account(browser.attach(new Client().setEndpoint(server.endpoint).setProject(server.project)));
}

/** How long a token works, in milliseconds. */
const span = (token) => Date.parse(token.expire) - Date.parse(token.$createdAt);

for (const keeps of ['cookies', 'storage']) {
    describe(`a page that keeps its session in ${keeps}`, () => {
        test('exchanges the token of the guide for a session', async () => {
            const { $id: userId } = await users().create({ userId: ID.unique(), name: 'Ada' });
            const token = await users().createToken({ userId });
            assert.equal(token.userId, userId);
            assert.match(token.secret, /^[0-9a-f]{6}$/);
            assert.equal(span(token), 900_000);

            const account = open(keeps);
            const session = await account.createSession({ userId, secret: token.secret });
            assert.equal(session.provider, 'token');
            assert.deepEqual(session.factors, ['token']);
            assert.equal(session.current, true);
            assert.equal(session.secret, '', 'a page never sees the secret of its session');
            const me = await account.get();
            assert.equal(me.$id, userId);
            assert.equal(me.name, 'Ada');

            const late = open(keeps).createSession({ userId, secret: token.secret });
            await assert.rejects(late, refusal(401, 'user_invalid_token'));
        });

        test('exchanges one of another length and life', async () => {
            const { $id: userId } = await users().create({ userId: ID.unique() });
            const token = await users().createToken({ userId, length: 32, expire: 120 });
            assert.match(token.secret, /^[0-9a-f]{32}$/);
            assert.equal(span(token), 120_000);
            const account = open(keeps);
            await account.createSession({ userId, secret: token.secret });
            assert.equal((await account.get()).$id, userId);
        });
    });
}

describe('the implementation flow', () => {
    // Who may sign in, by his own username and password: that is the customer's, and no other server knows of it.
    const people = new Map();
    let backend;
    before(async () => {
        const { $id } = await users().create({ userId: ID.unique(), name: 'Grace' });
        people.set('grace', { password: 'nanoseconds', userId: $id });
        backend = createServer(async (request, response) => {
            const { username, password } = JSON.parse(await text(request));
            const person = people.get(username);
            const isValid = request.method === 'POST' && request.url === '/auth/custom' && person?.password === password;
            if (!isValid) return response.writeHead(401).end();
            const token = await users().createToken({ userId: person.userId });
            response.setHeader('content-type', 'application/json');
            response.end(JSON.stringify({ userId: person.userId, token: token.secret }));
        });
        backend.listen(0, '127.0.0.1');
        await once(backend, 'listening');
    });
    after(() => backend?.close());

    const ask = (username, password) =>
        fetch(`http://127.0.0.1:${backend.address().port}/auth/custom`, {
            method: 'POST',
            body: JSON.stringify({ username, password }),
        });

    test('signs in whomever the own server knows', async () => {
        const { userId, token } = await (await ask('grace', 'nanoseconds')).json();
        const account = open();
        const session = await account.createSession({ userId, secret: token });
        assert.equal(session.userId, userId);
        assert.equal((await account.get()).name, 'Grace');
    });

    test('signs in nobody else', async () => {
        assert.equal((await ask('grace', 'microseconds')).status, 401);
        const attempt = open().createSession({ userId: people.get('grace').userId, secret: '000000' });
        await assert.rejects(attempt, refusal(401, 'user_invalid_token'));
    });
});

describe('a token', () => {
    test('is dead when its time is over', async () => {
        const { $id: userId } = await users().create({ userId: ID.unique() });
        const tokens = [await users().createToken({ userId }), await users().createToken({ userId, length: 32, expire: 900 })];
        await server.clock(901);
        for (const { secret } of tokens) {
            await assert.rejects(open().createSession({ userId, secret }), refusal(401, 'user_invalid_token'));
        }
    });

    test('is dead after five wrong tries if it is short, and lives on if it is long', async () => {
        const { $id: userId } = await users().create({ userId: ID.unique() });
        const short = await users().createToken({ userId });
        const long = await users().createToken({ userId, length: 32 });
        for (let i = 0; i < 5; i++) {
            const secret = short.secret.slice(0, -1) + (short.secret.endsWith('0') ? '1' : '0');
            await assert.rejects(open().createSession({ userId, secret }), refusal(401, 'user_invalid_token'));
        }
        const late = open().createSession({ userId, secret: short.secret });
        await assert.rejects(late, refusal(401, 'user_invalid_token'));
        const account = open();
        await account.createSession({ userId, secret: long.secret });
        assert.equal((await account.get()).$id, userId);
    });

    test('is for a user who is there', async () => {
        await assert.rejects(users().createToken({ userId: 'nobody' }), refusal(404, 'user_not_found'));
    });
});

test('a server opens a session itself, and a JWT for whoever has none', async () => {
    const { $id: userId } = await users().create({ userId: ID.unique() });
    const client = () => new ServerClient().setEndpoint(server.endpoint).setProject(server.project);
    const { jwt } = await users().createJWT({ userId });
    assert.equal((await new ServerAccount(client().setJWT(jwt)).get()).$id, userId);
    const { secret } = await users().createSession({ userId });
    assert.equal((await new ServerAccount(client().setSession(secret)).get()).$id, userId);
    assert.equal((await users().listSessions({ userId })).total, 1);
    await users().delete({ userId });
    await assert.rejects(new ServerAccount(client().setSession(secret)).get(), refusal(401, 'general_unauthorized_scope'));
});
