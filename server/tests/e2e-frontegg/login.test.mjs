// Signing in with Frontegg's SDK as front ends have it (`@frontegg/rest-api` 7): by SMS, by e-mail, by password.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { number, password, proved, refusal, start, Visitor, wrong } from './support.mjs';

let server;
before(async () => {
    server = await start();
});
after(() => server?.stop());

const cooled = () => server.clock(31);
const strategies = (of) => Object.fromEntries(of.secondaryAuthStrategies.map(({ strategy, isActive }) => [strategy, isActive]));

test('a page learns who it is at, and what its login box may offer', async () => {
    const guest = new Visitor(server);
    const offered = await guest.auth.getVendorPublicAuthStrategiesConfig();
    assert.deepEqual(offered.mainAuthStrategies, [{ strategy: 'EmailAndPassword' }]);
    assert.equal(strategies(offered).SmsCodeV2, true);
    assert.equal(strategies(offered).Passkeys, false);
    assert.equal((await guest.auth.getVendorConfig()).authStrategy, 'EmailAndPassword');
    assert.deepEqual(await guest.flags.loadFeatureFlags(), {});
    assert.equal((await guest.metadata.getMetadata({ entityName: 'adminBox' })).entityName, 'adminBox');
    assert.equal((await guest.vendor.getVendorPublicInfo()).name, 'Demo');
    assert.equal((await guest.auth.getSSOPublicConfiguration()).isActive, false);
    assert.deepEqual(await guest.auth.getSocialLoginProvidersV2(), []);
    assert.deepEqual((await guest.auth.getCustomSocialLoginProvidersV1()).providers, []);
    assert.ok(Array.isArray(await guest.auth.getSignUpStrategies()));
    await assert.rejects(guest.auth.refreshTokenV3(), refusal(401, /^Session not found$/));
    await assert.rejects(guest.auth.getMeV2(), refusal(401, /^Unauthorized$/));
});

describe('by SMS', () => {
    test('signs in by number, after a wrong code, and is told who is there', async () => {
        const ada = await server.person({ phone: number() });
        const page = new Visitor(server);
        const mask = await page.ask({ phoneNumber: ada.phone });
        assert.equal(mask, `${ada.phone.slice(0, 4)}*****${ada.phone.slice(-3)}`);
        assert.equal(page.cookies.size, 1, 'one cookie holds the attempt');
        const { code } = await server.inbox(ada.phone, 'sign-in');
        assert.match(code, /^\d{6}$/);
        await assert.rejects(page.redeem(wrong(code)), refusal(401));

        const { user, tenants, activeTenant } = await page.redeem(code);
        assert.deepEqual([user.id, user.email, user.verified, user.mfaRequired], [ada.id, ada.email, true, false]);
        assert.deepEqual(tenants.map(({ tenantId }) => tenantId), [user.tenantId]);
        assert.equal(activeTenant.tenantId, user.tenantId);
        assert.equal(activeTenant.name, 'Demo');
        const claims = await proved(server, user.accessToken);
        assert.deepEqual([claims.sub, claims.userId, claims.email], [ada.id, ada.id, ada.email]);
        assert.deepEqual([claims.type, claims.tenantId, claims.tenantIds], ['userToken', user.tenantId, [user.tenantId]]);
        assert.equal(claims.aud, server.facts.clientId);
        assert.equal(claims.exp - claims.iat, user.expiresIn);
        assert.ok(!claims.amr.includes('mfa'), claims.amr.join());

        const compact = server.facts.clientId.replaceAll('-', '');
        for (const name of [`fe_refresh_${server.facts.clientId.replace('-', '')}`, `fe_device_${compact}`]) {
            assert.ok(page.cookies.get(name)?.attributes.some((a) => /^httponly$/i.test(a)), `${name} of ${[...page.cookies.keys()]}`);
        }
        await assert.rejects(new Visitor(server).redeem(code), refusal(401), 'a code is good in the browser that asked');
        await assert.rejects(page.redeem(code), refusal(401), 'and once');
    });

    test('signs in whoever gives his address instead, in any case', async () => {
        const ada = await server.person({ phone: number() });
        const page = new Visitor(server);
        await page.ask({ email: ada.email.toUpperCase(), username: '', recaptchaToken: '', invitationToken: '' });
        assert.equal((await page.redeem((await server.inbox(ada.phone)).code)).user.id, ada.id);
    });

    test('another code makes the first one worthless', async () => {
        const ada = await server.person({ phone: number() });
        const page = new Visitor(server);
        await page.ask({ phoneNumber: ada.phone });
        const first = (await server.inbox(ada.phone)).code;
        await cooled();
        await page.ask({ phoneNumber: ada.phone });
        const second = (await server.inbox(ada.phone)).code;
        await assert.rejects(page.redeem(first), refusal(401));
        await page.redeem(second);
    });

    test('a code dies of five wrong tries, and of old age', async () => {
        const ada = await server.person({ phone: number() });
        const page = new Visitor(server);
        await page.ask({ phoneNumber: ada.phone });
        const { code } = await server.inbox(ada.phone);
        for (let n = 0; n < 5; n++) await assert.rejects(page.redeem(wrong(code)), refusal(401));
        await assert.rejects(page.redeem(code), refusal(401));

        const bob = await server.person({ phone: number() });
        await page.ask({ phoneNumber: bob.phone });
        await server.clock(3600);
        await assert.rejects(page.redeem((await server.inbox(bob.phone)).code), refusal(401));
    });

    test('strangers, and people without a number, are answered like everybody and get no message', async () => {
        const ada = await server.person({ phone: number() });
        const without = await server.person();
        const stranger = number();
        for (const identifier of [{ phoneNumber: stranger }, { email: 'nobody@example.com' }, { email: without.email }]) {
            const page = new Visitor(server);
            const mask = await page.ask(identifier);
            assert.match(mask, /^\+\d{3}\*{5}\d{3}$/);
            assert.equal(await new Visitor(server).ask(identifier), mask, 'the same mask each time');
            await assert.rejects(page.redeem('000000'), refusal(401));
        }
        // What was asked for later is out when this is.
        await new Visitor(server).ask({ phoneNumber: ada.phone });
        await server.inbox(ada.phone);
        for (const to of [stranger, 'nobody@example.com', without.email]) assert.deepEqual(await server.messages(to), [], to);
    });

    test('is not offered where it is off', async (t) => {
        t.after(() => server.settings({ frontegg: { smsLogin: true } }));
        await server.settings({ frontegg: { smsLogin: false } });
        const ada = await server.person({ phone: number() });
        const page = new Visitor(server);
        assert.equal(strategies(await page.auth.getVendorPublicAuthStrategiesConfig()).SmsCodeV2, false);
        await assert.rejects(page.ask({ phoneNumber: ada.phone }), refusal(400));
        await assert.rejects(page.ask({ email: ada.email }), refusal(400));
    });

    test('may be the only way to sign in', async (t) => {
        t.after(() => server.settings({ frontegg: { mainStrategy: 'EmailAndPassword', smsLogin: true } }));
        await server.settings({ frontegg: { mainStrategy: 'SmsCode', smsLogin: false } });
        const ada = await server.person({ phone: number() });
        const page = new Visitor(server);
        assert.deepEqual((await page.auth.getVendorPublicAuthStrategiesConfig()).mainAuthStrategies, [{ strategy: 'SmsCode' }]);
        await page.ask({ email: ada.email });
        assert.equal((await page.redeem((await server.inbox(ada.phone)).code)).user.id, ada.id);
    });
});

describe('by e-mail', () => {
    test('signs in by a code', async (t) => {
        t.after(() => server.settings({ frontegg: { mainStrategy: 'EmailAndPassword' } }));
        const ada = await server.person();
        const page = new Visitor(server);
        await assert.rejects(page.auth.passwordlessPreLogin({ type: 'Code', email: ada.email }), refusal(400), 'off');
        await server.settings({ frontegg: { mainStrategy: 'Code' } });
        assert.deepEqual(await page.auth.passwordlessPreLogin({ type: 'Code', email: ada.email }), {});
        const { code } = await server.inbox(ada.email, 'sign-in');
        await assert.rejects(page.auth.passwordlessPostLoginV2({ type: 'Code', token: wrong(code) }), refusal(401));
        const { user } = await page.auth.passwordlessPostLoginV2({ type: 'Code', token: code });
        assert.equal(user.id, ada.id);
    });

    test('signs in by a link, in whatever browser it is opened', async (t) => {
        t.after(() => server.settings({ frontegg: { mainStrategy: 'EmailAndPassword' } }));
        await server.settings({ frontegg: { mainStrategy: 'MagicLink', appUrl: 'https://app.example.com' } });
        const ada = await server.person();
        const asked = new Visitor(server);
        await asked.auth.passwordlessPreLogin({ type: 'MagicLink', email: ada.email });
        const link = new URL((await server.inbox(ada.email, 'magic-link')).link);
        assert.equal(link.origin + link.pathname, 'https://app.example.com/account/login/magic-link');
        const token = link.searchParams.get('token');
        const page = new Visitor(server);
        assert.equal((await page.auth.passwordlessPostLoginV2({ type: 'MagicLink', token })).user.id, ada.id);
        const again = new Visitor(server).auth.passwordlessPostLoginV2({ type: 'MagicLink', token });
        await assert.rejects(again, refusal(401), 'a link works once');
    });
});

describe('by password', () => {
    test('signs in, and refuses a wrong one as it refuses a stranger', async () => {
        const ada = await server.person();
        const page = new Visitor(server);
        const incorrect = refusal(401, /^Incorrect email or password$/);
        await assert.rejects(page.signIn({ ...ada, password: `${password}!` }), incorrect);
        await assert.rejects(page.signIn({ email: 'nobody@example.com', password }), incorrect);
        const { user } = await page.signIn(ada);
        assert.deepEqual([user.id, user.mfaRequired], [ada.id, false]);
        assert.equal(await page.email(), ada.email);
    });

    test('whoever forgot it chooses another with a code by SMS', async () => {
        const ada = await server.person({ phone: number() });
        const page = new Visitor(server);
        const { sessionId } = await page.auth.resetPasswordViaSms({ identifier: ada.phone, identifierType: 'phoneNumber' });
        const { code } = await server.inbox(ada.phone);
        await assert.rejects(page.auth.verifyPasswordViaSms({ otcToken: wrong(code), sessionId }), refusal(400));
        const { userId, token } = await page.auth.verifyPasswordViaSms({ otcToken: code, sessionId });
        assert.equal(userId, ada.id);
        await page.auth.resetPassword({ userId, token, password: 'another password' });
        await assert.rejects(page.signIn(ada), refusal(401));
        assert.equal((await page.signIn({ ...ada, password: 'another password' })).user.id, ada.id);
    });

    test('whoever is locked out is told, and unlocks the account by the link', async (t) => {
        t.after(() => server.settings({ auth: { lockout: null }, frontegg: { appUrl: '' } }));
        await server.settings({ auth: { lockout: { maxAttempts: 3 } }, frontegg: { appUrl: 'https://app.example.com' } });
        const ada = await server.person();
        const page = new Visitor(server);
        for (const _ of [1, 2, 3]) await assert.rejects(page.signIn({ ...ada, password: 'wrong' }), refusal(401));
        await assert.rejects(page.signIn(ada), refusal(423));
        const link = new URL((await server.inbox(ada.email, 'unlock')).link);
        assert.equal(link.origin + link.pathname, 'https://app.example.com/account/unlock');
        const token = link.searchParams.get('token');
        await assert.rejects(page.users.unlockMe({ token: token.replace(/.$/, (c) => (c === '0' ? '1' : '0')) }), refusal(400));
        await page.users.unlockMe({ token });
        await assert.rejects(page.users.unlockMe({ token }), refusal(400), 'once');
        assert.equal((await page.signIn(ada)).user.id, ada.id);
    });
});

describe('a session', () => {
    /** Somebody signed in: his page and the name of the cookie that holds the session. */
    async function signedIn() {
        const ada = await server.person();
        const page = new Visitor(server);
        await page.signIn(ada);
        return { ada, page, name: page.cookie('fe_refresh_') };
    }

    test('is refreshed by its cookie, with another secret each time', async () => {
        const { ada, page, name } = await signedIn();
        const before = page.cookies.get(name).value;
        page.context.setAccessToken(null);
        const { user, activeTenant } = await page.auth.refreshTokenV3();
        assert.equal(user.id, ada.id);
        assert.equal(activeTenant.tenantId, user.tenantId);
        assert.notEqual(page.cookies.get(name).value, before);
        assert.equal((await page.auth.refreshTokenV2()).tenants.length, 1, 'the older SDK’s reads');
    });

    test('ends when a spent secret is shown, but two tabs may refresh at once', async () => {
        const { page, name } = await signedIn();
        const spent = page.cookies.get(name);
        await page.auth.refreshTokenV3();
        const fresh = page.cookies.get(name);
        page.cookies.set(name, spent);
        await page.auth.refreshTokenV3();
        assert.equal(page.cookies.get(name).value, spent.value, 'the second tab keeps what the first got');

        await server.clock(11);
        await assert.rejects(page.auth.refreshTokenV3(), refusal(401));
        page.cookies.set(name, fresh);
        await assert.rejects(page.auth.refreshTokenV3(), refusal(401), 'whoever has the new one is out too');
        await assert.rejects(page.auth.getMeV2(), refusal(401), 'at once');
    });

    test('ends at logout, with all its tokens', async () => {
        const { page, name } = await signedIn();
        const kept = page.cookies.get(name);
        assert.deepEqual(await page.auth.logout(), {});
        assert.equal(page.cookies.has(name), false);
        await assert.rejects(page.auth.getMeV2(), refusal(401));
        page.cookies.set(name, kept);
        await assert.rejects(page.auth.refreshTokenV3(), refusal(401));
    });

    test('lets its owner change his profile', async () => {
        const { page } = await signedIn();
        await page.users.updateUserProfileV2({ name: 'Grace' });
        assert.equal((await page.auth.getMeV2()).name, 'Grace');
    });
});
