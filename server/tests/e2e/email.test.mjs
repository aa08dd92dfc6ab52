// Signing in by e-mail with the newest `appwrite` client: passwords, codes, links, and what goes with them.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { Account, Client, ID, Query } from 'appwrite';

import { Browser, carried, refusal, start, wrong } from './harness.mjs';

let server;
before(async () => {
    server = await start();
});
after(() => server?.stop());

function open(keeps) {
    const browser = new Browser(keeps);
    const client = browser.attach(new Client().setEndpoint(server.endpoint).setProject(server.project));
    return { browser, client, account: new Account(client) };
}

const password = 'correct horse battery';
const url = 'https://example.com/back';
const guest = refusal(401, 'general_unauthorized_scope');
const invalid = refusal(401, 'user_invalid_token');
const unknown = refusal(401, 'user_invalid_credentials');

/** Somebody with a password who is signed in. */
async function signUp(email, keeps) {
    const page = open(keeps);
    const { $id } = await page.account.create({ userId: ID.unique(), email, password, name: 'Ada' });
    await page.account.createEmailPasswordSession({ email, password });
    return { ...page, userId: $id };
}

/** Shows that the address is one's own. */
async function verify({ account, userId }, email) {
    await account.createEmailVerification({ url });
    const { secret } = carried((await server.inbox(email, 'verify-email')).link);
    await account.updateEmailVerification({ userId, secret });
}

for (const keeps of ['cookies', 'storage']) {
    describe(`a browser that keeps its session in ${keeps}`, () => {
        const at = (name) => `${name}.${keeps}@example.com`;

        test('signs up, and signs in with the address in any case', async () => {
            const { account } = open(keeps);
            const userId = ID.unique();
            const email = at('ada');
            const made = await account.create({ userId, email: email.toUpperCase(), password, name: 'Ada' });
            assert.equal(made.$id, userId);
            assert.equal(made.email, email);
            assert.equal(made.emailVerification, false);
            assert.ok(Date.parse(made.passwordUpdate) > 0, made.passwordUpdate);
            assert.deepEqual(made.targets.map((t) => [t.providerType, t.identifier]), [['email', email]]);
            for (const secret of ['password', 'hash', 'hashOptions']) assert.ok(!(secret in made), secret);
            await assert.rejects(account.get(), guest, 'signing up is not signing in');
            await assert.rejects(
                account.create({ userId: ID.unique(), email, password }),
                refusal(409, 'user_already_exists'),
            );

            await assert.rejects(account.createEmailPasswordSession({ email, password: `${password}!` }), unknown);
            const session = await account.createEmailPasswordSession({ email: email.toUpperCase(), password });
            assert.deepEqual([session.userId, session.provider, session.providerUid], [userId, 'email', email]);
            assert.deepEqual(session.factors, ['password']);
            assert.equal((await account.get()).name, 'Ada');
        });

        test('signs in by a code, with the phrase that stands in the mail', async () => {
            const { account } = open(keeps);
            const email = at('bob');
            const userId = ID.unique();
            const token = await account.createEmailToken({ userId, email, phrase: true });
            assert.equal(token.userId, userId);
            assert.equal(token.secret, '');
            const mail = await server.inbox(email, 'sign-in');
            assert.match(mail.code, /^\d{6}$/);
            assert.ok(mail.body.includes(mail.code));
            assert.ok(token.phrase.length > 8 && mail.body.includes(token.phrase), token.phrase);
            await assert.rejects(account.createSession({ userId, secret: wrong(mail.code) }), invalid);
            const session = await account.createSession({ userId, secret: mail.code });
            assert.deepEqual([session.provider, ...session.factors], ['token', 'email']);
            const me = await account.get();
            assert.deepEqual([me.$id, me.email, me.emailVerification, me.phone], [userId, email, true, '']);
            await assert.rejects(open(keeps).account.createSession({ userId, secret: mail.code }), invalid);
        });

        test('signs in by a link, with the phrase that stands in the mail', async () => {
            const { account } = open(keeps);
            const email = at('eve');
            const userId = ID.unique();
            const token = await account.createMagicURLToken({ userId, email, url: `${url}?from=app`, phrase: true });
            assert.ok(Math.abs(Date.parse(token.expire) - Date.parse(token.$createdAt) - 3_600_000) < 2_000, token.expire);
            const mail = await server.inbox(email, 'magic-link');
            assert.ok(token.phrase.length > 8 && mail.body.includes(token.phrase), token.phrase);
            assert.ok(mail.link.startsWith(`${url}?from=app&`), mail.link);
            const link = carried(mail.link);
            assert.equal(link.userId, userId);
            assert.ok(Date.parse(link.expire) > 0, link.expire);
            const session = await account.createSession({ userId: link.userId, secret: link.secret });
            assert.deepEqual([session.provider, ...session.factors], ['magic-url', 'email']);
            assert.equal((await account.get()).emailVerification, true);
            const again = { userId: link.userId, secret: link.secret };
            await assert.rejects(open(keeps).account.updateMagicURLSession(again), invalid, 'a link works once');
        });

        test('signs in by a link with the older call, in the account that the address has', async () => {
            const email = at('zoe');
            const { userId } = await signUp(email, keeps);
            const { account } = open(keeps);
            await account.createMagicURLToken({ userId: ID.unique(), email, url });
            const link = carried((await server.inbox(email, 'magic-link')).link);
            const session = await account.updateMagicURLSession({ userId: link.userId, secret: link.secret });
            assert.deepEqual([session.userId, session.provider], [userId, 'magic-url']);
        });
    });
}

test('a mail comes in the language of the client', async () => {
    const { account, client } = open();
    client.setLocale('de');
    await account.createEmailToken({ userId: ID.unique(), email: 'greta@example.com' });
    const mail = await server.inbox('greta@example.com', 'sign-in');
    assert.equal(mail.locale, 'de');
    assert.match(mail.subject, /^Demo: .*Anmeldecode$/);
});

test('an address is verified by whoever has the link, signed in or not', async () => {
    const email = 'finn@example.com';
    const { account, userId } = await signUp(email);
    await account.createEmailVerification({ url });
    const { secret } = carried((await server.inbox(email, 'verify-email')).link);
    const phone = open();
    await assert.rejects(phone.account.updateEmailVerification({ userId, secret: `${secret.slice(1)}0` }), invalid);
    await assert.rejects(phone.account.updateEmailVerification({ userId: ID.unique(), secret }), invalid);
    assert.equal((await account.get()).emailVerification, false);
    assert.equal((await phone.account.updateEmailVerification({ userId, secret })).userId, userId);
    assert.equal((await account.get()).emailVerification, true);
    await assert.rejects(phone.account.get(), guest, 'the link signs nobody in');
});

test('a new password ends all other sessions', async () => {
    const email = 'iris@example.com';
    const { account } = await signUp(email);
    const others = [open('cookies'), open('storage')];
    for (const other of others) await other.account.createEmailPasswordSession({ email, password });
    const fresh = 'another password';
    await assert.rejects(account.updatePassword({ password: fresh, oldPassword: 'a wrong one' }), unknown);
    await assert.rejects(account.updatePassword({ password: fresh }), unknown);
    const short = account.updatePassword({ password: 'short', oldPassword: password });
    await assert.rejects(short, refusal(400, 'general_argument_invalid'));
    for (const other of others) await other.account.get();

    await account.updatePassword({ password: fresh, oldPassword: password });
    assert.equal((await account.get()).email, email);
    for (const other of others) await assert.rejects(other.account.get(), guest);
    await assert.rejects(others[0].account.createEmailPasswordSession({ email, password }), unknown);
    await others[0].account.createEmailPasswordSession({ email, password: fresh });
});

test('whoever forgot the password chooses another by a link, and still shows a second factor', async () => {
    const email = 'jana@example.com';
    const person = await signUp(email);
    await verify(person, email);
    await person.account.updateMFA({ mfa: true });
    await person.account.get();

    const { account } = open();
    const token = await account.createRecovery({ email: email.toUpperCase(), url });
    assert.equal(token.secret, '');
    const { link } = await server.inbox(email, 'recovery');
    const { userId, secret } = carried(link);
    const fresh = 'another password';
    await assert.rejects(account.updateRecovery({ userId, secret: `${secret.slice(1)}0`, password: fresh }), invalid);
    await person.account.get();
    const done = await account.updateRecovery({ userId, secret, password: fresh });
    assert.equal(done.userId, person.userId);
    await assert.rejects(account.updateRecovery({ userId, secret, password: 'a third one' }), invalid);
    await assert.rejects(person.account.get(), guest, 'every session ended');
    await assert.rejects(account.createEmailPasswordSession({ email, password }), unknown);

    await account.createEmailPasswordSession({ email, password: fresh });
    await assert.rejects(account.get(), refusal(401, 'user_more_factors_required'));
    const { $id: challengeId } = await account.createMFAChallenge({ factor: 'email' });
    await account.updateMFAChallenge({ challengeId, otp: (await server.inbox(email, 'mfa')).code });
    assert.equal((await account.get()).$id, person.userId);
});

test('the log tells what happened, the newest first', async () => {
    const email = 'kurt@example.com';
    const person = await signUp(email);
    await verify(person, email);
    await person.account.updatePassword({ password: 'another password', oldPassword: password });
    const { total, logs } = await person.account.listLogs();
    assert.equal(total, logs.length);
    const expected = ['password.update', 'email.verify', 'session.create', 'user.create'];
    assert.deepEqual(logs.map(({ event }) => event).filter((event) => expected.includes(event)), expected);
    for (const log of logs) {
        assert.deepEqual([log.userId, log.userEmail, log.userName], [person.userId, email, 'Ada']);
        assert.deepEqual([log.mode, log.ip, log.countryCode], ['default', '127.0.0.1', '--']);
    }
    const second = await person.account.listLogs({ queries: [Query.limit(1), Query.offset(1)], total: false });
    assert.deepEqual([second.total, second.logs.map(({ event }) => event)], [0, ['email.verify']]);
});

test('a new sign-in is told about, where the project wants that', async (t) => {
    t.after(() => server.settings({ auth: { sessionAlerts: false } }));
    await server.settings({ auth: { sessionAlerts: true } });
    const email = 'mara@example.com';
    const person = await signUp(email);
    await verify(person, email);
    await open().account.createEmailPasswordSession({ email, password });
    assert.match((await server.inbox(email, 'session-alert')).body, /127\.0\.0\.1/);
});

test('a password that the project does not want is refused by name', async (t) => {
    const off = { passwordHistory: 0, passwordDictionary: false, personalDataCheck: false };
    t.after(() => server.settings({ auth: off }));
    await server.settings({ auth: { passwordHistory: 2, passwordDictionary: true, personalDataCheck: true } });
    const email = 'otto.normal@example.com';
    const { account } = await signUp(email);
    for (const [fresh, type] of [
        [password, 'password_recently_used'],
        ['xX otto.normal 77 Xx', 'password_personal_data'],
        ['password1', 'general_argument_invalid'],
        ['short', 'general_argument_invalid'],
    ]) {
        await assert.rejects(account.updatePassword({ password: fresh, oldPassword: password }), refusal(400, type), fresh);
    }
    await account.updatePassword({ password: 'quite another sentence', oldPassword: password });
});

test('another address is to be verified again, and one that somebody has is refused', async () => {
    const [email, fresh] = ['paul@example.com', 'paula@example.com'];
    const person = await signUp(email);
    await verify(person, email);
    await assert.rejects(person.account.updateEmail({ email: fresh, password: 'a wrong one' }), unknown);
    const after = await person.account.updateEmail({ email: fresh, password });
    assert.deepEqual([after.email, after.emailVerification], [fresh, false]);
    await server.inbox(email, 'email-changed');
    const other = await signUp('rosa@example.com');
    await assert.rejects(other.account.updateEmail({ email: fresh, password }), refusal(409, 'user_target_already_exists'));
});

test('a way to sign in that is switched off is refused by name', async (t) => {
    const all = { emailPassword: true, emailOtp: true, magicUrl: true };
    t.after(() => server.settings({ auth: all }));
    const { account } = open();
    const [userId, email] = [ID.unique(), 'sven@example.com'];
    for (const [name, calls] of Object.entries({
        emailPassword: [
            () => account.create({ userId, email, password }),
            () => account.createEmailPasswordSession({ email, password }),
            () => account.createRecovery({ email, url }),
        ],
        emailOtp: [() => account.createEmailToken({ userId, email })],
        magicUrl: [() => account.createMagicURLToken({ userId, email, url })],
    })) {
        await server.settings({ auth: { ...all, [name]: false } });
        for (const call of calls) await assert.rejects(call(), refusal(501, 'user_auth_method_unsupported'), name);
    }
});

test('a link leads to a page of the web and to nothing else', async () => {
    const { account } = open();
    for (const elsewhere of ['javascript:alert(1)', 'https://user:pw@example.com/', 'nowhere']) {
        const asked = account.createRecovery({ email: 'ada@example.com', url: elsewhere });
        await assert.rejects(asked, refusal(400, 'general_argument_invalid'), elsewhere);
    }
});

describe('an address that nobody has is answered like one that somebody has', () => {
    const known = 'lena@example.com';
    const nobody = 'nora@example.com';
    before(() => signUp(known));

    /** A guest's call; of its answer all but what is made anew each time: ids, times, and the headers of those. */
    async function answer(path, body) {
        const response = await fetch(server.endpoint + path, {
            method: 'POST',
            headers: { 'X-Appwrite-Project': server.project, 'content-type': 'application/json' },
            body: JSON.stringify(body),
        });
        const text = (await response.text())
            .replaceAll(/"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}"/g, '"(id)"')
            .replaceAll(/"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"/g, '"(time)"');
        const headers = [...response.headers].filter(([name]) => !['date', 'x-request-id'].includes(name));
        return { status: response.status, headers, text };
    }

    const calls = [
        ['/account/tokens/email', (email) => ({ userId: 'unique()', email })],
        ['/account/tokens/magic-url', (email) => ({ userId: 'unique()', email, url })],
        ['/account/recovery', (email) => ({ email, url })],
    ];
    for (const [path, body] of calls) {
        test(`by ${path}, also the second time`, async () => {
            for (const turn of ['first', 'second']) {
                const [one, other] = [await answer(path, body(known)), await answer(path, body(nobody))];
                assert.equal(one.status, 201, one.text);
                assert.ok(one.text.includes('"(id)"') && one.text.includes('"(time)"'), one.text);
                assert.deepEqual(other, one, turn);
            }
        });
    }

    test('by a sign-in with a password', async () => {
        const attempt = (email) => answer('/account/sessions/email', { email, password: 'a wrong one' });
        const [one, other] = [await attempt(known), await attempt(nobody)];
        assert.equal(one.status, 401);
        assert.deepEqual(other, one);
    });

    test('and gets no mail about a password', async () => {
        await server.inbox(known, 'recovery');
        // What was asked for later is out when this is.
        await answer('/account/tokens/email', { userId: 'unique()', email: 'last@example.com' });
        await server.inbox('last@example.com');
        assert.deepEqual((await server.messages(nobody)).filter(({ template }) => template === 'recovery'), []);
    });
});
