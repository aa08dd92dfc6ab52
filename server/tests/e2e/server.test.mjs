// Server-side rendering with the newest `node-appwrite`: the page's own server signs people in with an API key.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { Account, AppwriteException, Client, ID } from 'node-appwrite';

import { refusal, start, wrong } from './harness.mjs';

let server;
before(async () => {
    // With the limits on: they are for browsers, and a server signs in all its users from one address.
    server = await start({ nuvix: { rateLimits: true } });
});
after(() => server?.stop());

const client = () => new Client().setEndpoint(server.endpoint).setProject(server.project);
const admin = () => new Account(client().setKey(server.apiKey));
const as = (secret) => new Account(client().setSession(secret));

async function signIn(phone) {
    const token = await admin().createPhoneToken({ userId: ID.unique(), phone });
    const { code } = await server.inbox(phone);
    return admin().createSession({ userId: token.userId, secret: code });
}

test('a session that a key made has a secret, and the secret is the session', async () => {
    const phone = '+14255550180';
    const session = await signIn(phone);
    assert.equal(session.provider, 'phone');
    assert.equal(session.current, false, 'it is not the caller’s');
    const { id, secret } = JSON.parse(Buffer.from(session.secret, 'base64'));
    assert.equal(id, session.userId);
    assert.match(secret, /^[0-9a-f]{64,256}$/);

    const me = await as(session.secret).get();
    assert.equal(me.$id, session.userId);
    assert.equal(me.phone, phone);
    assert.equal(me.phoneVerification, true);
    const current = await as(session.secret).getSession({ sessionId: 'current' });
    assert.equal(current.$id, session.$id);
    assert.equal(current.secret, '', 'only the answer that makes it shows it');
});

test('no token shows its code, not even to a key', async () => {
    const token = await admin().createPhoneToken({ userId: ID.unique(), phone: '+14255550181' });
    assert.equal(token.secret, '');
});

test('the session does what a browser’s does', async () => {
    const { secret, userId } = await signIn('+14255550182');
    const account = as(secret);
    assert.equal((await account.updateName({ name: 'Grace' })).name, 'Grace');
    assert.equal((await account.updatePrefs({ prefs: { theme: 'dark' } })).prefs.theme, 'dark');
    assert.equal((await account.listSessions()).total, 1);
    const { jwt } = await account.createJWT();
    assert.equal((await new Account(client().setJWT(jwt)).get()).$id, userId);
    await account.deleteSession({ sessionId: 'current' });
    await assert.rejects(account.get(), refusal(401, 'general_unauthorized_scope'));
});

test('an anonymous session of a key has a secret too', async () => {
    const session = await admin().createAnonymousSession();
    assert.equal((await as(session.secret).get()).$id, session.userId);
});

describe('what is refused', () => {
    test('a wrong code', async () => {
        const phone = '+14255550183';
        const { userId } = await admin().createPhoneToken({ userId: ID.unique(), phone });
        const { code } = await server.inbox(phone);
        await assert.rejects(admin().createSession({ userId, secret: wrong(code) }), (error) => {
            assert.ok(error instanceof AppwriteException);
            assert.equal(error.type, 'user_invalid_token');
            return true;
        });
    });

    test('a key where only people may call', async () => {
        await assert.rejects(admin().get(), refusal(401, 'user_unauthorized'));
    });

    test('a key that nobody made', async () => {
        const account = new Account(client().setKey(`standard_${'0'.repeat(256)}`));
        await assert.rejects(account.createPhoneToken({ userId: ID.unique(), phone: '+14255550184' }), refusal(401, 'user_unauthorized'));
    });

    test('a key and a session in one call', async () => {
        const { secret } = await signIn('+14255550185');
        const account = new Account(client().setKey(server.apiKey).setSession(secret));
        await assert.rejects(account.get(), refusal(403, 'user_key_and_session_set'));
    });

    test('a session that is none, as if nobody were signed in', async () => {
        for (const secret of ['nonsense', Buffer.from('{"id":"a","secret":"b"}').toString('base64')]) {
            await assert.rejects(as(secret).get(), refusal(401, 'general_unauthorized_scope'));
        }
    });
});

test('a key may ask for more than ten codes an hour', async () => {
    for (let i = 0; i < 12; i++) {
        const phone = `+142555503${String(i).padStart(2, '0')}`;
        assert.ok((await admin().createPhoneToken({ userId: ID.unique(), phone })).userId);
    }
});

test('the server answers ping', async () => {
    assert.equal((await client().ping()).message, 'Pong!');
});
