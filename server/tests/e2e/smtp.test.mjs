// E-mail over SMTP, to real mail servers: encryption, login, and what happens when one does not take a message.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { Account, Client, ID } from 'appwrite';

import { Browser, carried, refusal, start } from './harness.mjs';
import { MailServer, account as mailbox, closedPort, createAuthority } from './mailserver.mjs';

let server, authority, stranger, certificate;
const running = [];
before(async () => {
    [authority, stranger] = await Promise.all([createAuthority(), createAuthority()]);
    [server, certificate] = await Promise.all([
        start(undefined, { SSL_CERT_FILE: authority.file }),
        authority.issue('localhost'),
    ]);
});
after(async () => {
    await server?.stop();
    await Promise.all([...running.map((mail) => mail.stop()), authority?.remove(), stranger?.remove()]);
});

async function mailServer(options, by = certificate) {
    const mail = await MailServer.start(by, options);
    running.push(mail);
    return mail;
}

/** Lets the demo project send through these providers. Answers what it shows of them. */
async function use(...providers) {
    const { email } = await server.settings({ email: { providers } });
    return email.providers;
}

function open() {
    return new Account(new Browser().attach(new Client().setEndpoint(server.endpoint).setProject(server.project)));
}

/** Asks for a code. */
const ask = (email, account = open()) => account.createEmailToken({ userId: ID.unique(), email });

/** What is said of a message that `provider` did not take, once it is given up. The clock is moved past the waits. */
async function givenUp(provider) {
    for (const deadline = Date.now() + 10_000; Date.now() < deadline; ) {
        await server.clock(5);
        const dead = (await server.doctor()).deadLetters.find((letter) => letter.provider === provider);
        if (dead) return dead;
    }
    throw new Error('no message was given up within 10 s');
}

for (const [security, method] of [['starttls', 'PLAIN'], ['tls', 'LOGIN']]) {
    describe(`over ${security}, with the login ${method}`, () => {
        let mail;
        before(async () => {
            mail = await mailServer({ secure: security === 'tls', authMethods: [method] });
            await use(mail.provider(security, security));
        });

        test('a code arrives, and signs in', async () => {
            const email = `ada.${security}@example.com`;
            const account = open();
            const { userId, phrase } = await account.createEmailToken({ userId: ID.unique(), email, phrase: true });
            const { message, header, ...envelope } = await mail.mail(email);
            assert.deepEqual(envelope, {
                to: email,
                from: 'no-reply@shop.example',
                hello: 'shop.example',
                user: mailbox.username,
                encrypted: true,
            });
            assert.deepEqual([message.from.name, message.from.address], ['Demo', 'no-reply@shop.example']);
            assert.deepEqual(message.to.map(({ address }) => address), [email]);
            assert.equal(message.subject, 'Demo: Your sign-in code');
            assert.match(message.messageId, /^<[0-9a-f-]{36}@shop\.example>$/);
            assert.ok(Math.abs(Date.parse(message.date) - (await server.clock(0))) < 60_000, message.date);
            assert.equal(header('auto-submitted'), 'auto-generated');
            assert.match(header('content-type'), /^multipart\/alternative/);
            assert.deepEqual(message.attachments, []);
            const [code] = message.text.match(/\b\d{6}\b/);
            for (const part of [message.text, message.html]) assert.ok(part.includes(code) && part.includes(phrase), part);
            await account.createSession({ userId, secret: code });
            assert.equal((await account.get()).email, email);
        });

        test('a link arrives whole, in both parts, and signs in', async () => {
            const email = `bob.${security}@example.com`;
            const account = open();
            const url = `https://example.com/back?${new URLSearchParams({ long: 'x'.repeat(200), 'ü=&': 'ß' })}`;
            await account.createMagicURLToken({ userId: ID.unique(), email, url });
            const { message } = await mail.mail(email);
            const [link] = message.text.match(/https:\S+/);
            const hrefs = [...message.html.matchAll(/href="([^"]+)"/g)].map(([, href]) => unescape(href));
            assert.ok(hrefs.length > 0 && hrefs.every((href) => href === link), `${link}\n${hrefs.join('\n')}`);
            const { userId, secret, long, 'ü=&': other } = carried(link);
            assert.deepEqual([long.length, other], [200, 'ß']);
            await account.createSession({ userId, secret });
            assert.equal((await account.get()).email, email);
        });

        test('a text in another script arrives as it was written', async () => {
            const email = `mei.${security}@example.com`;
            const client = new Client().setEndpoint(server.endpoint).setProject(server.project).setLocale('ja');
            await ask(email, new Account(new Browser().attach(client)));
            const { message } = await mail.mail(email);
            assert.match(message.subject, /\p{Script=Katakana}/u);
            assert.doesNotMatch(message.subject + message.text + message.html, /\ufffd|=\?/);
        });
    });
}

test('the password of a provider is not shown again', async () => {
    const mail = await mailServer();
    const shown = await use(mail.provider('hidden', 'starttls'));
    assert.equal(shown[0].account.password, '[hidden]');
    // What was shown can be sent back.
    await use(...shown);
    await ask('hidden@example.com');
    assert.equal((await mail.mail('hidden@example.com')).user, mailbox.username);
});

test('without a provider every route that writes to people says so', async () => {
    const email = 'before@example.com';
    const mail = await mailServer();
    await use(mail.provider('before', 'starttls'));
    const account = open();
    await account.create({ userId: ID.unique(), email, password: 'correct horse battery' });
    await account.createEmailPasswordSession({ email, password: 'correct horse battery' });
    await use();
    const url = 'https://example.com/back';
    for (const call of [
        () => ask(email),
        () => open().createMagicURLToken({ userId: ID.unique(), email, url }),
        () => open().createRecovery({ email, url }),
        () => account.createEmailVerification({ url }),
        () => account.createMFAChallenge({ factor: 'email' }),
    ]) {
        await assert.rejects(call(), refusal(503, 'general_smtp_disabled'), String(call));
    }
    assert.equal((await account.get()).email, email);
});

describe('the second provider sends', () => {
    /** A message to `email` goes out by the second provider when `first` is the first. */
    async function fallsOver(first, email) {
        const second = await mailServer();
        await use(first, second.provider('second', 'starttls'));
        await ask(email);
        assert.equal((await second.mail(email)).message.to[0].address, email);
    }

    test('when the first does not take the password', async () => {
        const first = await mailServer();
        await fallsOver(first.provider('locked', 'starttls', { password: 'a wrong one' }), 'locked@example.com');
        assert.deepEqual([first.passwords, first.recipients, first.mails], [['a wrong one'], [], []]);
    });

    test('when the first is down', async () => {
        const first = (await mailServer()).provider('down', 'starttls', { port: await closedPort() });
        await fallsOver(first, 'down@example.com');
    });

    test('when the first does not know the recipient', async () => {
        const email = 'unknown@example.com';
        const first = await mailServer({ unknown: [email] });
        await fallsOver(first.provider('choosy', 'starttls'), email);
        assert.deepEqual([first.recipients, first.mails], [[email], []]);
    });

    test('when the first does not encrypt, and is told nothing', async () => {
        const first = await mailServer({ hideSTARTTLS: true, disabledCommands: ['STARTTLS'], allowInsecureAuth: true });
        await fallsOver(first.provider('open', 'starttls'), 'open@example.com');
        assert.deepEqual([first.passwords, first.recipients, first.mails], [[], [], []]);
    });

    for (const security of ['starttls', 'tls']) {
        test(`when a stranger vouches for the first over ${security}, which is told nothing`, async () => {
            const first = await mailServer({ secure: security === 'tls' }, await stranger.issue('localhost'));
            await fallsOver(first.provider(`strange-${security}`, security), `strange.${security}@example.com`);
            assert.deepEqual([first.passwords, first.recipients, first.mails], [[], [], []]);
        });

        test(`when the first has a certificate of another name over ${security}, and is told nothing`, async () => {
            const first = await mailServer({ secure: security === 'tls' }, await authority.issue('mail.example'));
            await fallsOver(first.provider(`misnamed-${security}`, security), `misnamed.${security}@example.com`);
            assert.deepEqual([first.passwords, first.recipients, first.mails], [[], [], []]);
        });
    }
});

describe('a message is dead, and says why without a secret', () => {
    test('when the password is wrong', async () => {
        const mail = await mailServer();
        await use(mail.provider('only-locked', 'starttls', { password: 'a wrong one' }));
        await ask('nobody.locked@example.com');
        const { reason, tries, ...letter } = await givenUp('only-locked');
        assert.match(reason, /^AUTH 535/);
        assert.equal(tries.length, 4, 'it was tried again three times');
        assert.deepEqual(mail.passwords, Array(4).fill('a wrong one'));
        assert.doesNotMatch(JSON.stringify({ reason, tries, letter }), /wrong one|shop@mail|nobody\.locked@/);
    });

    test('when nobody knows the recipient, and the next one gets his', async () => {
        const email = 'nobody.unknown@example.com';
        const mail = await mailServer({ unknown: [email] });
        await use(mail.provider('only-choosy', 'starttls'));
        await ask(email);
        const { reason, tries, ...letter } = await givenUp('only-choosy');
        assert.match(reason, /^RCPT 550/);
        assert.doesNotMatch(JSON.stringify({ reason, tries, letter }), /nobody\.unknown/);
        assert.deepEqual(mail.mails, []);
        await ask('somebody@example.com');
        assert.equal((await mail.mail('somebody@example.com')).message.to[0].address, 'somebody@example.com');
    });
});

/** An attribute's value as a browser reads it. */
function unescape(text) {
    return text.replaceAll(/&#x([0-9a-f]+);/gi, (_, code) => String.fromCodePoint(parseInt(code, 16))).replaceAll('&amp;', '&');
}
