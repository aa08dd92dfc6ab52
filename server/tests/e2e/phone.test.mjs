// Phone sign-in with the newest `appwrite` client, called the way the guide calls it.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { Account, AppwriteException, Client, ID, Locale } from 'appwrite';

import { Browser, refusal, start, wrong } from './harness.mjs';

let server;
before(async () => {
    server = await start();
});
after(() => server?.stop());

const client = () => new Client().setEndpoint(server.endpoint).setProject(server.project);

/** A page: an account service in a browser of its own. */
function open(keeps) {
    const browser = new Browser(keeps);
    const attached = browser.attach(client());
    return { browser, client: attached, account: new Account(attached) };
}

/** Signs in the way the guide does. */
async function signIn(page, phone) {
    const token = await page.account.createPhoneToken({ userId: ID.unique(), phone });
    const { code } = await server.inbox(phone);
    return page.account.createSession({ userId: token.userId, secret: code });
}

for (const keeps of ['cookies', 'storage']) {
    describe(`a browser that keeps its session in ${keeps}`, () => {
        const phone = keeps === 'cookies' ? '+14255550123' : '+14255550124';

        test('signs in as the guide shows', async () => {
            const { account } = open(keeps);
            const userId = ID.unique();
            const token = await account.createPhoneToken({ userId, phone });
            assert.equal(token.userId, userId, 'a new account gets the id that was sent');
            assert.equal(token.secret, '', 'the code is in the message alone');
            assert.ok(Math.abs(Date.parse(token.expire) - Date.parse(token.$createdAt) - 900_000) < 2_000, token.expire);

            const message = await server.inbox(phone);
            assert.match(message.code, /^\d{6}$/);
            assert.ok(message.body.includes(message.code));
            const session = await account.createSession({ userId: token.userId, secret: message.code });
            assert.equal(session.provider, 'phone');
            assert.deepEqual(session.factors, ['phone']);
            assert.equal(session.current, true);
            assert.equal(session.secret, '', 'a page never sees the secret of its session');

            const me = await account.get();
            assert.equal(me.$id, userId);
            assert.equal(session.userId, userId);
            assert.equal(me.phone, phone);
            assert.equal(me.phoneVerification, true);
            assert.equal(me.emailVerification, false);
            assert.equal(me.email, '');
            assert.equal(me.status, true);
        });

        test('finds the same account the second time', async () => {
            const [first, second] = [open(keeps), open(keeps)];
            const before = await signIn(first, phone);
            const again = await signIn(second, phone);
            assert.equal(again.userId, before.userId, 'the id that was sent is ignored');
            assert.notEqual(again.$id, before.$id);
            assert.equal((await second.account.get()).$id, before.userId);
        });

        test('is a guest after signing out', async () => {
            const { account, browser } = open(keeps);
            await assert.rejects(account.get(), refusal(401, 'general_unauthorized_scope'));
            await signIn({ account }, phone);
            assert.equal((await account.getSession({ sessionId: 'current' })).current, true);
            await account.deleteSession({ sessionId: 'current' });
            await assert.rejects(account.get(), refusal(401, 'general_unauthorized_scope'));
            assert.equal(browser.cookies.size, 0);
        });
    });
}

describe('a code', () => {
    test('that is wrong is an AppwriteException, and the right one still works', async () => {
        const { account } = open();
        const phone = '+14255550130';
        const { userId } = await account.createPhoneToken({ userId: ID.unique(), phone });
        const { code } = await server.inbox(phone);
        const attempt = account.createSession({ userId, secret: wrong(code) });
        await assert.rejects(attempt, (error) => {
            assert.ok(error instanceof AppwriteException);
            assert.equal(error.type, 'user_invalid_token');
            assert.equal(error.code, 401);
            return true;
        });
        await assert.rejects(account.get(), refusal(401, 'general_unauthorized_scope'));
        await account.createSession({ userId, secret: code });
        assert.equal((await account.get()).phone, phone);
    });

    test('works once', async () => {
        const phone = '+14255550131';
        const { account } = open();
        const { userId } = await account.createPhoneToken({ userId: ID.unique(), phone });
        const { code } = await server.inbox(phone);
        await account.createSession({ userId, secret: code });
        await assert.rejects(open().account.createSession({ userId, secret: code }), refusal(401, 'user_invalid_token'));
    });

    test('is dead after five wrong tries', async () => {
        const phone = '+14255550132';
        const { account } = open();
        const { userId } = await account.createPhoneToken({ userId: ID.unique(), phone });
        const { code } = await server.inbox(phone);
        for (let i = 0; i < 5; i++) {
            await assert.rejects(account.createSession({ userId, secret: wrong(code) }), refusal(401, 'user_invalid_token'));
        }
        await assert.rejects(account.createSession({ userId, secret: code }), refusal(401, 'user_invalid_token'));
    });

    test('is dead after fifteen minutes', async () => {
        const phone = '+14255550133';
        const { account } = open();
        const { userId } = await account.createPhoneToken({ userId: ID.unique(), phone });
        const { code } = await server.inbox(phone);
        await server.clock(901);
        await assert.rejects(account.createSession({ userId, secret: code }), refusal(401, 'user_invalid_token'));
    });

    test('of somebody else does not work', async () => {
        const [mine, theirs] = ['+14255550134', '+14255550135'];
        const { account } = open();
        const { userId } = await account.createPhoneToken({ userId: ID.unique(), phone: mine });
        await server.inbox(mine);
        await account.createPhoneToken({ userId: ID.unique(), phone: theirs });
        const { code } = await server.inbox(theirs);
        // Equal by chance once in a million.
        await assert.rejects(account.createSession({ userId, secret: code }), refusal(401, 'user_invalid_token'));
        await assert.rejects(account.createSession({ userId: ID.unique(), secret: code }), refusal(401, 'user_invalid_token'));
    });

    test('comes once for a double click, and either answer leads in', async () => {
        const phone = '+14255550136';
        const { account } = open();
        const [, second] = await Promise.all([
            account.createPhoneToken({ userId: ID.unique(), phone }),
            account.createPhoneToken({ userId: ID.unique(), phone }),
        ]);
        const { code } = await server.inbox(phone);
        await account.createSession({ userId: second.userId, secret: code });
        assert.equal((await account.get()).phone, phone);
        assert.equal((await server.messages(phone)).length, 1);
    });

    test('comes in the language of the page', async () => {
        const phone = '+14255550137';
        const page = open();
        page.client.setLocale('de');
        await page.account.createPhoneToken({ userId: ID.unique(), phone });
        const message = await server.inbox(phone);
        assert.equal(message.locale, 'de');
        assert.match(message.body, /Anmeldecode/);
        assert.ok(message.body.includes(message.code));
    });

    test('of a mock number is the one that was set, and no SMS goes out', async (t) => {
        const mock = { phone: '+14255550138', otp: '246810' };
        t.after(() => server.settings({ auth: { mockNumbers: [] } }));
        await server.settings({ auth: { mockNumbers: [mock] } });
        const { account } = open();
        const { userId } = await account.createPhoneToken({ userId: ID.unique(), phone: mock.phone });
        const session = await account.createSession({ userId, secret: mock.otp });
        assert.equal(session.provider, 'phone');
        assert.equal((await account.get()).phone, mock.phone);
        assert.deepEqual(await server.messages(mock.phone), []);
    });
});

describe('a phone token', () => {
    test('takes the literal unique() and makes an id', async () => {
        const phone = '+14255550140';
        const { account } = open();
        const { userId } = await account.createPhoneToken({ userId: 'unique()', phone });
        assert.match(userId, /^[a-zA-Z0-9][a-zA-Z0-9._-]{0,35}$/);
        const { code } = await server.inbox(phone);
        assert.equal((await account.createSession({ userId, secret: code })).userId, userId);
    });

    test('is refused for what is no phone number', async () => {
        for (const phone of ['14255550123', '+0123', 'call me', '']) {
            const attempt = open().account.createPhoneToken({ userId: ID.unique(), phone });
            await assert.rejects(attempt, refusal(400, 'general_argument_invalid'), phone);
        }
    });

    test('is refused while phone sign-in is off', async (t) => {
        t.after(() => server.settings({ auth: { phone: true } }));
        await server.settings({ auth: { phone: false } });
        const attempt = open().account.createPhoneToken({ userId: ID.unique(), phone: '+14255550141' });
        await assert.rejects(attempt, refusal(501, 'user_auth_method_unsupported'));
    });

    test('is refused to an unknown project', async () => {
        const account = new Account(client().setProject('nobody'));
        const attempt = account.createPhoneToken({ userId: ID.unique(), phone: '+14255550142' });
        await assert.rejects(attempt, refusal(404, 'project_not_found'));
    });

    test('is given ten times an hour', async (t) => {
        t.after(() => server.settings({ nuvix: { rateLimits: false } }));
        await server.settings({ nuvix: { rateLimits: true } });
        const { account } = open();
        const ask = (i) => account.createPhoneToken({ userId: ID.unique(), phone: `+142555502${String(i).padStart(2, '0')}` });
        for (let i = 0; i < 10; i++) await ask(i);
        await assert.rejects(ask(10), refusal(429, 'general_rate_limit_exceeded'));
        await server.clock(3_600);
        await ask(11);
    });
});

describe('somebody who is signed in', () => {
    const phone = '+14255550150';

    test('keeps preferences', async () => {
        const page = open();
        await signIn(page, phone);
        assert.deepEqual({ ...(await page.account.getPrefs()) }, {});
        const prefs = { theme: 'dark', size: 12, nested: { a: [1, 2] } };
        const answer = await page.account.updatePrefs({ prefs });
        assert.deepEqual(plain(answer.prefs), prefs, 'Appwrite answers the account');
        assert.deepEqual(plain(await page.account.getPrefs()), prefs);
        await page.account.updatePrefs({ prefs: { theme: 'light' } });
        assert.deepEqual(plain((await page.account.get()).prefs), { theme: 'light' }, 'preferences are replaced as a whole');
    });

    test('has a name', async () => {
        const page = open();
        await signIn(page, phone);
        assert.equal((await page.account.updateName({ name: 'Käthe 🌱' })).name, 'Käthe 🌱');
        assert.equal((await page.account.get()).name, 'Käthe 🌱');
        await assert.rejects(page.account.updateName({ name: 'x'.repeat(129) }), refusal(400, 'general_argument_invalid'));
    });

    test('sees, extends and ends sessions', async () => {
        const own = '+14255550151';
        const [here, there] = [open(), open()];
        const mine = await signIn(here, own);
        const other = await signIn(there, own);

        const list = await here.account.listSessions();
        assert.equal(list.total, 2);
        assert.deepEqual(list.sessions.map((s) => s.$id).sort(), [mine.$id, other.$id].sort());
        assert.deepEqual(list.sessions.filter((s) => s.current).map((s) => s.$id), [mine.$id]);
        assert.equal((await here.account.getSession({ sessionId: 'current' })).$id, mine.$id);
        assert.equal((await here.account.getSession({ sessionId: other.$id })).current, false);
        await assert.rejects(here.account.getSession({ sessionId: 'nothing' }), refusal(404, 'user_session_not_found'));

        await server.clock(60);
        const extended = await here.account.updateSession({ sessionId: 'current' });
        assert.equal(extended.$id, mine.$id);
        assert.ok(Date.parse(extended.expire) >= Date.parse(mine.expire) + 59_000, `${mine.expire} → ${extended.expire}`);

        await here.account.deleteSession({ sessionId: other.$id });
        await assert.rejects(there.account.get(), refusal(401, 'general_unauthorized_scope'));
        assert.equal((await here.account.get()).phone, own, 'the session that ended was the other one');

        const third = open();
        await signIn(third, own);
        await here.account.deleteSessions();
        await assert.rejects(here.account.get(), refusal(401, 'general_unauthorized_scope'));
        await assert.rejects(third.account.get(), refusal(401, 'general_unauthorized_scope'));
    });

    test('cannot see the sessions of others', async () => {
        const [one, two] = [open(), open()];
        await signIn(one, '+14255550152');
        const { $id } = await signIn(two, '+14255550153');
        await assert.rejects(one.account.getSession({ sessionId: $id }), refusal(404, 'user_session_not_found'));
        await assert.rejects(one.account.deleteSession({ sessionId: $id }), refusal(404, 'user_session_not_found'));
        assert.equal((await two.account.get()).phone, '+14255550153');
    });

    test('does not sign in twice in one browser', async () => {
        const page = open();
        await signIn(page, '+14255550154');
        await assert.rejects(signIn(page, '+14255550155'), refusal(401, 'user_session_already_exists'));
        await assert.rejects(page.account.createAnonymousSession(), refusal(401, 'user_session_already_exists'));
    });

    test('is signed out when the session ends', async (t) => {
        t.after(() => server.settings({ auth: { duration: 31_536_000 } }));
        await server.settings({ auth: { duration: 3_600 } });
        const page = open();
        await signIn(page, '+14255550156');
        await server.clock(3_601);
        await assert.rejects(page.account.get(), refusal(401, 'general_unauthorized_scope'));
    });

    test('has ten sessions at most', async () => {
        const own = '+14255550157';
        const first = open();
        await signIn(first, own);
        let last;
        for (let i = 0; i < 10; i++) {
            last = open();
            await signIn(last, own);
        }
        assert.equal((await last.account.listSessions()).total, 10);
        await assert.rejects(first.account.get(), refusal(401, 'general_unauthorized_scope'), 'the oldest went');
    });
});

describe('a JWT', () => {
    test('lets a second client read the account, until the session ends', async () => {
        const page = open();
        const session = await signIn(page, '+14255550160');
        const { jwt } = await page.account.createJWT();
        const bearer = new Account(client().setJWT(jwt));
        assert.equal((await bearer.get()).$id, session.userId);
        await assert.rejects(bearer.createJWT(), refusal(404, 'user_session_not_found'));
        await page.account.deleteSession({ sessionId: 'current' });
        await assert.rejects(bearer.get(), refusal(401, 'general_unauthorized_scope'));
    });

    test('lives as long as was asked, and fifteen minutes unless asked', async () => {
        const page = open();
        await signIn(page, '+14255550161');
        const [short, usual] = [await page.account.createJWT({ duration: 60 }), await page.account.createJWT()];
        await server.clock(61);
        await assert.rejects(new Account(client().setJWT(short.jwt)).get(), refusal(401, 'user_jwt_invalid'));
        assert.equal((await new Account(client().setJWT(usual.jwt)).get()).phone, '+14255550161');
        await server.clock(840);
        await assert.rejects(new Account(client().setJWT(usual.jwt)).get(), refusal(401, 'user_jwt_invalid'));
    });

    test('that somebody changed is refused', async () => {
        const page = open();
        await signIn(page, '+14255550162');
        const { jwt } = await page.account.createJWT();
        const [head, body, signature] = jwt.split('.');
        const claims = { ...JSON.parse(Buffer.from(body, 'base64url')), userId: 'somebody-else' };
        const forged = [head, Buffer.from(JSON.stringify(claims)).toString('base64url'), signature].join('.');
        await assert.rejects(new Account(client().setJWT(forged)).get(), refusal(401, 'user_jwt_invalid'));
    });
});

test('an anonymous session is an account of its own', async () => {
    const [one, two] = [open(), open()];
    const session = await one.account.createAnonymousSession();
    assert.equal(session.provider, 'anonymous');
    assert.deepEqual(session.factors, ['anonymous']);
    const me = await one.account.get();
    assert.equal(me.$id, session.userId);
    assert.equal(me.phone, '');
    assert.equal(me.phoneVerification, false);
    assert.notEqual((await two.account.createAnonymousSession()).userId, me.$id);
});

test('a session cookie is hidden from scripts and bound to its project', async () => {
    const page = open();
    await signIn(page, '+14255550170');
    const [session, legacy] = ['a_session_demo', 'a_session_demo_legacy'].map((name) => page.browser.cookies.get(name));
    assert.ok(session && legacy);
    for (const { attributes } of [session, legacy]) {
        assert.ok(attributes.includes('HttpOnly') && attributes.includes('Path=/'), attributes.join());
        assert.ok(attributes.some((a) => a.startsWith('Expires=')), attributes.join());
    }
    assert.ok(session.attributes.some((a) => a.startsWith('SameSite=')));
    assert.ok(!legacy.attributes.some((a) => a.startsWith('SameSite=')));
});

test('the server answers ping and locale', async () => {
    assert.equal((await client().ping()).message, 'Pong!');
    const locale = await new Locale(client()).get();
    assert.equal(locale.ip, '127.0.0.1');
    assert.equal(locale.countryCode, '--');
    assert.equal(locale.eu, false);
});

/** The SDK's parser makes objects without a prototype. */
function plain(value) {
    return JSON.parse(JSON.stringify(value));
}
