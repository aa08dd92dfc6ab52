// The sessions of a person with Frontegg's SDK as front ends have it (`@frontegg/rest-api` 7): seen, and ended elsewhere.
// And what it asks about links before anybody types a password.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { password, refusal, start, Visitor, wrong } from './support.mjs';

let server;
before(async () => {
    server = await start({ frontegg: { appUrl: 'https://app.example.com' } });
});
after(() => server?.stop());

/** Whether the SDK is still signed in. */
const isIn = (page) =>
    page.auth.refreshTokenV3().then(
        () => true,
        () => false,
    );

test('a person sees where he is signed in, and ends it there', async () => {
    const [ada, eve] = [await server.person(), await server.person()];
    const [here, there, third, eves] = [new Visitor(server), new Visitor(server), new Visitor(server), new Visitor(server)];
    for (const page of [here, there, third]) await page.signIn(ada);
    await eves.signIn(eve);

    const sessions = await here.auth.getCurrentUserSessions();
    assert.deepEqual(sessions.map(({ current }) => current), [true, false, false]);
    for (const { createdAt, expires, ipAddress } of sessions) {
        assert.ok(new Date(createdAt) < new Date(expires));
        assert.equal(ipAddress, '127.0.0.1');
    }
    assert.deepEqual(await here.auth.getCurrentUserSession(), sessions[0]);

    const [{ id: evesSession }] = await eves.auth.getCurrentUserSessions();
    await assert.rejects(here.auth.deleteSessionForUser(evesSession), refusal(404, /no such session/));
    await here.auth.deleteSessionForUser(sessions[1].id);
    assert.deepEqual([await isIn(there), await isIn(third), await isIn(eves)], [false, true, true]);
    await here.auth.deleteAllSessionsForUser();
    assert.deepEqual([await isIn(third), await isIn(here), await isIn(eves)], [false, true, true]);
    await assert.rejects(here.auth.revokeSessionsForUser(eve.id), refusal(403, /for servers/));
});

test('a link to a new password is told to be good before it is used, and never after', async () => {
    const ada = await server.person();
    const page = new Visitor(server);
    await page.auth.forgotPassword({ email: ada.email });
    await page.auth.forgotPassword({ email: 'nobody@example.com' });
    const query = new URL((await server.inbox(ada.email, 'recovery')).link).searchParams;
    const [userId, token] = [query.get('userId'), query.get('token')];
    await page.auth.validateResetPasswordToken({ userId, token });
    await assert.rejects(page.auth.validateResetPasswordToken({ userId, token: wrong(token) }), refusal(410));
    await page.auth.resetPassword({ userId, token, password: 'another good password' });
    await assert.rejects(page.auth.validateResetPasswordToken({ userId, token }), refusal(410));
    assert.equal((await page.signIn({ ...ada, password: 'another good password' })).user.email, ada.email);
});

test('an account without a password is finished by its link', async (t) => {
    t.after(() => server.settings({ frontegg: { mainStrategy: 'EmailAndPassword' } }));
    await server.settings({ frontegg: { mainStrategy: 'Code' } });
    const page = new Visitor(server);
    const email = 'newcomer@example.com';
    const made = await page.auth.signUpUser({ email, companyName: 'Engines', name: 'Ada' });
    assert.equal(made.shouldActivate, true);
    await server.inbox(email, 'verify-email');
    await server.clock(31);
    await page.auth.resendActivationEmail({ email });
    const query = new URL((await server.inbox(email, 'verify-email')).link).searchParams;
    const [userId, token] = [query.get('userId'), query.get('token')];
    assert.deepEqual(await page.auth.getActivateAccountStrategy({ userId, token }), { shouldSetPassword: false });
    const { user } = await page.auth.activateAccountV2({ userId, token });
    assert.deepEqual([user.email, user.verified, user.name], [email, true, 'Ada']);
    await assert.rejects(page.auth.activateAccountV2({ userId, token }), refusal(400));
    await assert.rejects(page.signIn({ email, password }), refusal(401));
});
