// The same sign-in with older majors of `appwrite`, whose calls are positional and whose paths differ.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import * as v13 from 'appwrite-13';
import * as v18 from 'appwrite-18';

import { Browser, refusal, start, wrong } from './harness.mjs';

let server;
before(async () => {
    server = await start();
});
after(() => server?.stop());

const majors = [
    {
        name: 'appwrite 18',
        sdk: v18,
        keeps: 'cookies',
        phone: '+14255550118',
        ask: (account, id, phone) => account.createPhoneToken(id, phone),
        redeem: (account, id, code) => account.createSession(id, code),
        calls: ['POST /v1/account/tokens/phone', 'POST /v1/account/sessions/token'],
        jwts: 'POST /v1/account/jwts',
    },
    {
        name: 'appwrite 18 with its deprecated updatePhoneSession',
        sdk: v18,
        keeps: 'storage',
        phone: '+14255550119',
        ask: (account, id, phone) => account.createPhoneToken(id, phone),
        redeem: (account, id, code) => account.updatePhoneSession(id, code),
        calls: ['POST /v1/account/tokens/phone', 'PUT /v1/account/sessions/phone'],
        jwts: 'POST /v1/account/jwts',
    },
    {
        // In node this one brings a `fetch` of its own, so its session can only be kept in storage.
        name: 'appwrite 13',
        sdk: v13,
        keeps: 'storage',
        phone: '+14255550113',
        ask: (account, id, phone) => account.createPhoneSession(id, phone),
        redeem: (account, id, code) => account.updatePhoneSession(id, code),
        calls: ['POST /v1/account/sessions/phone', 'PUT /v1/account/sessions/phone'],
        jwts: 'POST /v1/account/jwt',
    },
];

for (const { name, sdk, keeps, phone, ask, redeem, calls, jwts } of majors) {
    const { Account, AppwriteException, Client, ID, Locale } = sdk;
    const client = () => new Client().setEndpoint(server.endpoint).setProject(server.project);
    const open = () => {
        const browser = new Browser(keeps);
        const attached = browser.attach(client());
        return { browser, client: attached, account: new Account(attached) };
    };

    describe(name, () => {
        test('signs in by phone and finds the account again', async () => {
            const { account, browser } = open();
            const id = ID.unique();
            const token = await ask(account, id, phone);
            // Old majors leave the making of ids to the server.
            const userId = id === 'unique()' ? token.userId : id;
            assert.equal(token.userId, userId);
            assert.match(userId, /^[a-zA-Z0-9][a-zA-Z0-9._-]{0,35}$/);
            const { code } = await server.inbox(phone);
            await assert.rejects(redeem(account, token.userId, wrong(code)), (error) => {
                assert.ok(error instanceof AppwriteException);
                assert.equal(error.type, 'user_invalid_token');
                assert.equal(error.code, 401);
                return true;
            });
            const session = await redeem(account, token.userId, code);
            assert.equal(session.provider, 'phone');
            assert.deepEqual(browser.calls, [calls[0], calls[1], calls[1]]);
            const me = await account.get();
            assert.equal(me.$id, userId);
            assert.equal(me.phone, phone);
            assert.equal(me.phoneVerification, true);

            const later = open();
            const again = await ask(later.account, ID.unique(), phone);
            const found = await redeem(later.account, again.userId, (await server.inbox(phone)).code);
            assert.equal(found.userId, userId);
        });

        test('manages the account', async () => {
            const page = open();
            page.client.setLocale('de');
            const { userId } = await ask(page.account, ID.unique(), phone);
            const message = await server.inbox(phone);
            assert.match(message.body, /Anmeldecode/);
            await redeem(page.account, userId, message.code);

            const account = await page.account.updatePrefs({ theme: 'dark' });
            assert.equal(account.prefs.theme, 'dark');
            assert.deepEqual(await page.account.getPrefs(), { theme: 'dark' });
            assert.equal((await page.account.updateName('Ada')).name, 'Ada');
            const { total, sessions } = await page.account.listSessions();
            assert.equal(total, sessions.length);
            const current = await page.account.getSession('current');
            assert.deepEqual(sessions.filter((s) => s.current).map((s) => s.$id), [current.$id]);
            assert.equal((await page.account.updateSession('current')).$id, current.$id);
            assert.equal((await new Locale(page.client).get()).ip, '127.0.0.1');

            const { jwt } = await page.account.createJWT();
            assert.equal(page.browser.calls.at(-1), jwts);
            assert.equal((await new Account(client().setJWT(jwt)).get()).$id, current.userId);

            await page.account.deleteSession('current');
            await assert.rejects(page.account.get(), refusal(401, 'general_unauthorized_scope'));
        });

        test('starts anonymously', async () => {
            const { account } = open();
            const session = await account.createAnonymousSession();
            assert.equal((await account.get()).$id, session.userId);
        });
    });
}
