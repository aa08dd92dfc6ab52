// The guide "Phone (SMS) login": its calls, in its order.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { Client, ID } from 'countersign';

import { refusal, start, wrong } from './support.mjs';

let server;
before(async () => {
    server = await start();
});
after(() => server?.stop());

const client = () => new Client().setEndpoint(server.endpoint).setProject(server.project);

describe('Phone (SMS) login', () => {
    let userId, code;
    const phone = '+14255550123';

    test('Send SMS message: a token for the number, and a code in the message', async () => {
        const nx = client();
        const wanted = ID.unique();
        const token = await nx.account.createPhoneToken({ userId: wanted, phone });
        userId = token.userId;
        assert.equal(userId, wanted, 'a new account gets the id that was sent');
        assert.equal(token.secret, '', 'the code is in the message alone');
        ({ code } = await server.inbox(phone));
        assert.match(code, /^\d{6}$/);
        await assert.rejects(nx.account.get(), refusal(401, 'general_unauthorized_scope'), 'nobody is signed in yet');
    });

    test('Login: user id and secret open a session, in a client of its own', async () => {
        const nx = client();
        await assert.rejects(nx.account.createSession({ userId, secret: wrong(code) }), refusal(401, 'user_invalid_token'));
        const session = await nx.account.createSession({ userId, secret: code });
        assert.equal(session.userId, userId);
        assert.equal(session.provider, 'phone');
        assert.deepEqual(session.factors, ['phone']);
        const me = await nx.account.get();
        assert.equal(me.$id, userId);
        assert.equal(me.phone, phone);
        assert.equal(me.phoneVerification, true);
        assert.equal(me.email, null);
    });

    test('Send SMS message: of a number with an account the sent id is ignored', async () => {
        const nx = client();
        const token = await nx.account.createPhoneToken({ userId: ID.unique(), phone });
        const { code } = await server.inbox(phone);
        const session = await nx.account.createSession({ userId: token.userId, secret: code });
        assert.equal(session.userId, userId, 'it is the account of the number');
    });

    test('Mock phone numbers: a number of the project signs in without a message', async (t) => {
        const mock = '+14255550199';
        t.after(() => server.settings({ auth: { mockNumbers: [] } }));
        await server.settings({ auth: { mockNumbers: [{ phone: mock, otp: '123123' }] } });
        const nx = client();
        const token = await nx.account.createPhoneToken({ userId: ID.unique(), phone: mock });
        await nx.account.createSession({ userId: token.userId, secret: '123123' });
        assert.equal((await nx.account.get()).phone, mock);
        assert.deepEqual(await server.messages(mock), []);
    });
});

describe('a client outside a page', () => {
    async function signIn(nx, phone) {
        const token = await nx.account.createPhoneToken({ userId: ID.unique(), phone });
        const { code } = await server.inbox(phone);
        return nx.account.createSession({ userId: token.userId, secret: code });
    }

    test('stays signed in for itself alone, until it signs out', async () => {
        const [one, two] = [client(), client()];
        const session = await signIn(one, '+14255550130');
        assert.equal((await one.account.get()).$id, session.userId);
        await assert.rejects(two.account.get(), refusal(401, 'general_unauthorized_scope'));
        const list = await one.account.listSessions();
        assert.deepEqual([list.total, list.data.length, list.sessions.length], [1, 1, 1]);
        assert.equal(list.sessions[0].current, true);
        assert.equal(await one.account.deleteSession({ sessionId: 'current' }), undefined);
        await assert.rejects(one.account.get(), refusal(401, 'general_unauthorized_scope'));
    });

    test('keeps nothing if it is told so', async () => {
        const nx = new Client({ keep: 'none' }).setEndpoint(server.endpoint).setProject(server.project);
        await signIn(nx, '+14255550131');
        await assert.rejects(nx.account.get(), refusal(401, 'general_unauthorized_scope'));
    });

    test('forgets when it is told so, and the session lives on', async () => {
        const nx = client();
        await signIn(nx, '+14255550132');
        const { jwt } = await nx.account.createJWT({ duration: 60 });
        await assert.rejects(nx.forget().account.get(), refusal(401, 'general_unauthorized_scope'));
        assert.equal((await client().setJWT(jwt).account.get()).phone, '+14255550132');
    });

    test('acts as whom it is told to, not as who signed in with it', async () => {
        const nx = client();
        await signIn(nx, '+14255550133');
        const other = client();
        const session = await signIn(other, '+14255550134');
        const { jwt } = await other.account.createJWT();
        assert.equal((await nx.setJWT(jwt).account.get()).$id, session.userId);
        assert.equal((await nx.setJWT('').account.get()).phone, '+14255550133');
    });

    test('is given a session by a server that knows its secret', async () => {
        const key = client().setKey(server.apiKey);
        const phone = '+14255550135';
        const token = await key.account.createPhoneToken({ userId: ID.unique(), phone });
        const { code } = await server.inbox(phone);
        const session = await key.account.createSession({ userId: token.userId, secret: code });
        assert.notEqual(session.secret, '');
        assert.equal((await client().setSession(session.secret).account.get()).phone, phone);
        await key.users.get({ userId: session.userId }); // A key that kept the session would now be refused.
    });

    test('asks for messages in its language', async () => {
        const phone = '+14255550136';
        await client().setLocale('de').account.createPhoneToken({ userId: ID.unique(), phone });
        assert.match((await server.inbox(phone)).body, /Anmeldecode/);
    });

    test('says ping, locale and health', async () => {
        assert.equal(await client().ping(), 'Pong!');
        assert.equal((await client().locale.get()).ip, '127.0.0.1');
        assert.equal((await client().setKey(server.apiKey).health.get()).status, 'pass');
    });

    test('is told all that is wrong with a call, and how long to wait', async (t) => {
        const bad = client().account.createPhoneToken({ userId: '_bad', phone: '555' });
        await assert.rejects(bad, (error) => {
            assert.deepEqual([error.name, error.code, error.type], ['CountersignException', 400, 'general_bad_request']);
            assert.equal(error.messages.length, 2);
            assert.equal(error.message, error.messages.join(', '));
            assert.equal(error.response.type, error.type);
            assert.ok(error.requestId);
            return true;
        });
        t.after(() => server.settings({ nuvix: { rateLimits: false } }));
        await server.settings({ nuvix: { rateLimits: true } });
        const ask = () => client().account.createPhoneToken({ userId: ID.unique(), phone: '+14255550137' });
        for (let i = 0; i < 10; i++) await ask().catch((error) => assert.equal(error.code, 429));
        await assert.rejects(ask(), (error) => error.type === 'general_rate_limit_exceeded' && error.retryAfter > 0);
    });
});
