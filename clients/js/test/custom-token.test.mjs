// The guide "Custom token login": its calls, in its order.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { json } from 'node:stream/consumers';
import { after, before, describe, test } from 'node:test';

import { Client, ID, Users } from 'countersign';

import { refusal, start } from './support.mjs';

let server;
before(async () => {
    server = await start();
});
after(() => server?.stop());

const visitor = () => new Client().setEndpoint(server.endpoint).setProject(server.project);
const keyed = () => visitor().setKey(server.apiKey);

/** A user that a server made. */
const someone = async (name) => (await keyed().users.create({ userId: ID.unique(), name })).$id;

/** How long a token works, in seconds. */
const span = (token) => (Date.parse(token.expire) - Date.parse(token.$createdAt)) / 1_000;

describe('Custom token login', () => {
    let userId, secret;

    test('Create a token: for an existing user, by a client with a key', async () => {
        userId = await someone('Ada');
        const nx = keyed();
        const token = await nx.users.createToken({ userId });
        secret = token.secret;
        assert.match(secret, /^[0-9a-f]{6}$/);
        assert.equal(token.userId, userId);
        await assert.rejects(visitor().users.createToken({ userId }), refusal(401, 'general_unauthorized_scope'));
    });

    test('Exchange token for session: the user is authenticated', async () => {
        const nx = visitor();
        const session = await nx.account.createSession({ userId, secret });
        assert.equal(session.provider, 'token');
        assert.equal((await nx.account.get()).name, 'Ada');
    });

    test('Token configuration: length, expiry, one-time use', async () => {
        await assert.rejects(visitor().account.createSession({ userId, secret }), refusal(401, 'user_invalid_token'));
        const usual = await keyed().users.createToken({ userId });
        assert.deepEqual([usual.secret.length, span(usual)], [6, 900]);
        const own = await keyed().users.createToken({ userId, length: 32, expire: 120 });
        assert.deepEqual([own.secret.length, span(own)], [32, 120]);
        await server.clock(121);
        const late = visitor().account.createSession({ userId, secret: own.secret });
        await assert.rejects(late, refusal(401, 'user_invalid_token'), 'its time is over');
    });

    for (const use of ['Username/password login', 'Biometric authentication', 'External provider integration', 'Captcha-protected login']) {
        test(`Common use cases: ${use}`, async () => {
            const userId = await someone(use);
            // Whatever a server checks in its own way, this is how it says so.
            const token = await keyed().users.createToken({ userId: userId });
            const nx = visitor();
            await nx.account.createSession({ userId, secret: token.secret });
            assert.equal((await nx.account.get()).name, use);
        });
    }
});

describe('Implementation flow', () => {
    const people = new Map();
    let backend;
    before(async () => {
        people.set('grace', { password: 'nanoseconds', userId: await someone('Grace') });
        const users = new Users(keyed());
        backend = createServer(async (request, response) => {
            const { username, password } = await json(request);
            const person = people.get(username);
            if (request.url !== '/auth/custom' || person?.password !== password) return response.writeHead(401).end('{}');
            const token = await users.createToken({ userId: person.userId });
            response.setHeader('content-type', 'application/json');
            response.end(JSON.stringify({ userId: person.userId, token: token.secret }));
        }).listen(0, '127.0.0.1');
        await once(backend, 'listening');
    });
    after(() => backend?.close());

    const ask = (username, password) =>
        fetch(`http://127.0.0.1:${backend.address().port}/auth/custom`, {
            method: 'POST',
            body: JSON.stringify({ username: username, password: password }),
        });

    test('Set up authentication endpoint: it vouches for nobody whom it does not know', async () => {
        assert.equal((await ask('grace', 'microseconds')).status, 401);
        assert.equal((await ask('nobody', 'nanoseconds')).status, 401);
    });

    test('Client requests authentication, Exchange for session', async () => {
        const response = await ask('grace', 'nanoseconds');
        const { token, userId } = await response.json();
        const nx = visitor();
        const session = await nx.account.createSession({ userId: userId, secret: token });
        assert.equal(session.userId, people.get('grace').userId);
        assert.equal((await nx.account.get()).name, 'Grace');
    });
});

describe('a server', () => {
    test('manages a user from first to last', async () => {
        const { users } = keyed();
        const userId = ID.custom('ada.lovelace-1');
        const made = await users.create({ userId, email: 'ada@example.com', phone: '+14255550140', name: 'Ada', password: 'correct horse battery' });
        assert.equal(made.$id, userId);
        assert.equal(made.hash, 'argon2');
        assert.equal((await users.updatePhone({ userId, phone: '+14255550141' })).phone, '+14255550141');
        assert.equal((await users.updatePhone({ userId, number: '+14255550142' })).phone, '+14255550142');
        assert.equal((await users.updatePhoneVerification({ userId, phoneVerification: true })).phoneVerification, true);
        assert.equal((await users.updateEmail({ userId, email: 'Countess@Example.com' })).email, 'countess@example.com');
        assert.deepEqual((await users.updateLabels({ userId, labels: ['staff'] })).labels, ['staff']);
        assert.deepEqual(await users.updatePrefs({ userId, prefs: { theme: 'dark' } }), { theme: 'dark' });
        assert.deepEqual(await users.getPrefs({ userId }), { theme: 'dark' });
        assert.equal((await users.listTargets({ userId })).total, 2);
        assert.deepEqual(await users.listMFAFactors({ userId }), { $permissions: [], totp: false, phone: true, email: false, recoveryCode: false });
        assert.equal((await users.createMFARecoveryCodes({ userId })).recoveryCodes.length, 6);
        const { secret } = await users.createSession({ userId });
        assert.equal((await visitor().setSession(secret).account.get()).$id, userId);
        assert.equal((await users.listSessions({ userId })).total, 1);
        assert.equal((await users.updateStatus({ userId, status: false })).status, false);
        await assert.rejects(visitor().setSession(secret).account.get(), refusal(401, 'user_blocked'));
        assert.ok((await users.listLogs({ userId })).logs.length > 0);
        assert.equal(await users.delete({ userId }), undefined);
        await assert.rejects(users.get({ userId }), refusal(404, 'user_not_found'));
    });

    test('says where a user can be reached, and a person which device is his', async () => {
        const { users } = keyed();
        const { $id: userId } = await users.create({ userId: ID.unique(), email: 'reach@example.com' });
        const target = await users.createTarget({ userId, targetId: ID.unique(), providerType: 'email', identifier: 'reach@work.example', name: 'Work' });
        assert.deepEqual(await users.getTarget({ userId, targetId: target.$id }), target);
        const changed = await users.updateTarget({ userId, targetId: target.$id, identifier: 'reach@office.example' });
        assert.equal(changed.identifier, 'reach@office.example');
        assert.equal((await users.listTargets({ userId, total: false })).targets.length, 2);
        await users.deleteTarget({ userId, targetId: target.$id });
        await assert.rejects(users.getTarget({ userId, targetId: target.$id }), refusal(404, 'user_target_not_found'));

        const { secret } = await users.createToken({ userId });
        const nx = visitor();
        await nx.account.createSession({ userId, secret });
        const device = await nx.account.createPushTarget({ targetId: ID.unique(), identifier: 'device-1' });
        assert.equal((await nx.account.updatePushTarget({ targetId: device.$id, identifier: 'device-2' })).identifier, 'device-2');
        assert.equal(await nx.account.deletePushTarget({ targetId: device.$id }), undefined);
        assert.deepEqual((await nx.account.get()).targets.map((one) => one.providerType), ['email']);
    });

    test('asks for users by queries', async () => {
        const { Query } = await import('countersign');
        const { users } = keyed();
        for (const name of ['Query One', 'Query Two', 'Query Three']) await someone(name);
        const found = await users.list({
            queries: [Query.startsWith('name', 'Query'), Query.notEqual('name', 'Query Two'), Query.orderDesc('name'), Query.limit(5)],
        });
        assert.deepEqual(found.users.map((u) => u.name), ['Query Three', 'Query One']);
        assert.deepEqual(found.data.map((u) => u.$id), found.users.map((u) => u.$id));
        const either = await users.list({ queries: [Query.or([Query.equal('name', ['Query One']), Query.equal('name', 'Query Two')])] });
        assert.equal(either.total, 2);
        assert.equal((await users.list({ search: 'three' })).total, 1);
        await assert.rejects(users.list({ queries: [Query.equal('shoeSize', 44)] }), refusal(400, 'general_query_invalid'));
    });
});
