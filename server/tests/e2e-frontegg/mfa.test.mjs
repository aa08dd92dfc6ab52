// Second factors with Frontegg's SDK: enrolling, being asked, being made to enrol, removing.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { equip, number, photograph, proved, refusal, start, Visitor, wrong } from './support.mjs';

let server;
before(async () => {
    server = await start();
});
after(() => server?.stop());

const cooled = () => server.clock(31);
const kinds = (devices) => Object.fromEntries(Object.entries(devices).map(([kind, list]) => [kind, list.length]));
const policy = 'http://schemas.openid.net/pape/policies/2007/06/multi-factor';

/** Somebody at a page where he is signed in. */
async function signedIn(wanted) {
    const ada = await server.person(wanted);
    const page = new Visitor(server);
    await page.signIn(ada);
    return { ada, page };
}

/** Enrols a number as a second factor. Answers its device and the recovery code. */
async function equipPhone(page, phoneNumber) {
    const { otcToken } = await page.auth.preEnrollMFASMS({ phoneNumber });
    const { recoveryCode } = await page.auth.enrollMFASMS({ otcToken, code: (await server.inbox(phoneNumber)).code });
    return { device: (await page.auth.getMFADevices()).phones[0], recoveryCode };
}

/** Gives the password on a new page, which asks for more. Answers the page and what it was told. */
async function halfWay(ada) {
    const page = new Visitor(server);
    const { user } = await page.signIn(ada);
    assert.equal(user.mfaRequired, true);
    assert.equal(user.accessToken, undefined);
    assert.equal(page.cookie('fe_refresh_'), undefined);
    return { page, ...user };
}

describe('SMS', () => {
    test('is enrolled with a code, and then asked for after the password', async () => {
        const { ada, page } = await signedIn();
        const phoneNumber = number();
        assert.deepEqual(kinds(await page.auth.getMFADevices()), { webauthn: 0, phones: 0, authenticators: 0, emails: 1 });
        const begun = await page.auth.preEnrollMFASMS({ phoneNumber });
        const first = (await server.inbox(phoneNumber)).code;
        await assert.rejects(page.auth.enrollMFASMS({ otcToken: begun.otcToken, code: wrong(first) }), refusal(400));
        const { recoveryCode } = await page.auth.enrollMFASMS({ otcToken: begun.otcToken, code: first });
        assert.ok(recoveryCode, 'the first method comes with a recovery code');
        const [device] = (await page.auth.getMFADevices()).phones;
        assert.equal((await page.auth.getMeV2()).mfaEnrolled, true);

        const half = await halfWay(ada);
        assert.deepEqual(half.mfaDevices.phones.map(({ id }) => id), [device.id]);
        const remember = await half.page.auth.checkIfAllowToRememberMfaDevice(half.mfaToken);
        assert.equal(remember.isAllowedToRemember, false);
        const { otcToken, phoneNumber: mask } = await half.page.auth.preVerifyMFASMSForLogin(device.id, { mfaToken: half.mfaToken });
        assert.ok(mask.startsWith(phoneNumber.slice(0, 4)) && mask.endsWith(phoneNumber.slice(-3)) && mask.includes('***'), mask);
        const { code } = await server.inbox(phoneNumber);
        const show = (typed, token = half.mfaToken) =>
            half.page.auth.verifyMFASMSForLoginV2(device.id, { mfaToken: token, otcToken, code: typed, rememberDevice: false });
        await assert.rejects(show(wrong(code)), refusal(401));
        await assert.rejects(show(code, 'not a token'), refusal(401));
        const { user, activeTenant } = await show(code);
        assert.deepEqual([user.id, user.mfaRequired, activeTenant.tenantId], [ada.id, false, user.tenantId]);
        const claims = await proved(server, user.accessToken);
        assert.deepEqual([claims.amr.includes('mfa'), claims.amr.includes('sms'), claims.acr], [true, true, policy]);
        await half.page.auth.refreshTokenV3();
        assert.equal(await half.page.email(), ada.email);
    });

    test('comes again when it is asked for again', async () => {
        const { ada, page } = await signedIn();
        const phoneNumber = number();
        const { device } = await equipPhone(page, phoneNumber);
        const { page: half, mfaToken } = await halfWay(ada);
        await half.auth.preVerifyMFASMSForLogin(device.id, { mfaToken });
        const { code: old } = await server.inbox(phoneNumber);
        await cooled();
        const { otcToken } = await half.auth.preVerifyMFASMSForLogin(device.id, { mfaToken });
        const { code } = await server.inbox(phoneNumber);
        const show = (typed) => half.auth.verifyMFASMSForLoginV2(device.id, { mfaToken, otcToken, code: typed });
        await assert.rejects(show(old), refusal(401));
        await show(code);
    });

    test('is removed with a code', async () => {
        const { ada, page } = await signedIn();
        const phoneNumber = number();
        const { device } = await equipPhone(page, phoneNumber);
        const { otcToken } = await page.auth.preDisableMFASMS(device.id);
        const { code } = await server.inbox(phoneNumber);
        await assert.rejects(page.auth.disableMFASMS(device.id, { otcToken, code: wrong(code) }), refusal(400));
        assert.deepEqual(await page.auth.disableMFASMS(device.id, { otcToken, code }), {});
        assert.deepEqual((await page.auth.getMFADevices()).phones, []);
        assert.equal((await new Visitor(server).signIn(ada)).user.mfaRequired, false);
    });

    test('is no second factor after a sign-in by SMS, whatever the number', async () => {
        const { ada, page } = await signedIn({ phone: number() });
        await equipPhone(page, number());
        const app = await equip(server, page);
        const other = new Visitor(server);
        await other.ask({ phoneNumber: ada.phone });
        const { user } = await other.redeem((await server.inbox(ada.phone, 'sign-in')).code);
        assert.equal(user.mfaRequired, true);
        assert.deepEqual([user.mfaDevices.phones, user.mfaDevices.authenticators.length], [[], 1]);
        assert.ok(!user.mfaStrategies?.includes('SMS'), user.mfaStrategies?.join());
        const [device] = (await page.auth.getMFADevices()).phones;
        const sms = other.auth.preVerifyMFASMSForLogin(device.id, { mfaToken: user.mfaToken });
        await assert.rejects(sms, refusal(404));
        await other.auth.loginWithMfaV2({ mfaToken: user.mfaToken, value: await app.app.code() });
        assert.equal(await other.email(), ada.email);
    });
});

describe('an authenticator app', () => {
    test('is enrolled by its picture, asked for, and removed with a code', async () => {
        const { ada, page } = await signedIn();
        const { qrCode, secret } = await page.auth.preEnrollMFAAuthenticatorApp();
        const app = photograph(server, qrCode);
        assert.equal(app.app.label, ada.email);
        if (secret) assert.equal(app.app.secret.base32, secret);
        await assert.rejects(page.auth.enrollMFAAuthenticatorApp({ token: wrong(await app.code()) }), refusal(400));
        const { recoveryCode } = await page.auth.enrollMFAAuthenticatorApp({ token: await app.code() });
        assert.ok(recoveryCode);

        const half = await halfWay(ada);
        const [{ id }] = half.mfaDevices.authenticators;
        const { mfaToken } = half;
        const show = (value) => half.page.auth.verifyMFAAuthenticatorAppForLogin(id, { mfaToken, value, rememberDevice: false });
        await assert.rejects(show(wrong(await app.code())), refusal(401));
        const claims = await proved(server, (await show(await app.code())).accessToken);
        assert.deepEqual([claims.amr.includes('mfa'), claims.amr.includes('otp'), claims.acr], [true, true, policy]);

        await assert.rejects(page.auth.disableMFAAuthenticatorApp(id, { token: wrong(await app.code()) }), refusal(400));
        await page.auth.disableMFAAuthenticatorApp(id, { token: await app.code() });
        assert.equal((await new Visitor(server).signIn(ada)).user.mfaRequired, false);
        await assert.rejects(page.auth.disableMfa({ token: '000000' }), (error) => error.errorCode === 'ER-01097');
    });

    test('that is lost is done without by the recovery code, once', async () => {
        const { ada, page } = await signedIn();
        const { recoveryCode } = await equip(server, page);
        const half = await halfWay(ada);
        const recover = (code) => half.page.auth.recoverMfaToken({ email: ada.email, recoveryCode: code });
        await assert.rejects(recover(`${recoveryCode.slice(1)}0`), refusal(401));
        await recover(recoveryCode);
        assert.equal((await new Visitor(server).signIn(ada)).user.mfaRequired, false);
        await assert.rejects(recover(recoveryCode), (error) => error.statusCode < 500);
    });
});

test('a code by e-mail is a second factor after SMS, and none after a code by e-mail', async (t) => {
    t.after(() => server.settings({ frontegg: { mainStrategy: 'EmailAndPassword' } }));
    const { ada, page } = await signedIn({ phone: number() });
    const { app } = await equip(server, page);
    const other = new Visitor(server);
    await other.ask({ phoneNumber: ada.phone });
    const { user } = await other.redeem((await server.inbox(ada.phone, 'sign-in')).code);
    assert.equal(user.mfaDevices.emails.length, 1);
    const { otcToken } = await other.auth.preVerifyMFAEmailCode({ mfaToken: user.mfaToken });
    const { code } = await server.inbox(ada.email, 'mfa');
    const show = (typed) => other.auth.verifyMFAEmailCodeV2({ mfaToken: user.mfaToken, otcToken, code: typed, rememberDevice: false });
    await assert.rejects(show(wrong(code)), refusal(401));
    assert.equal((await show(code)).user.id, ada.id);

    await server.settings({ frontegg: { mainStrategy: 'Code' } });
    const third = new Visitor(server);
    await third.auth.passwordlessPreLogin({ type: 'Code', email: ada.email });
    const again = await third.auth.passwordlessPostLoginV2({ type: 'Code', token: (await server.inbox(ada.email, 'sign-in')).code });
    assert.deepEqual(again.user.mfaDevices.emails, []);
    await third.auth.loginWithMfaV2({ mfaToken: again.user.mfaToken, value: await app.code() });
});

test('a half-way token opens nothing else', async () => {
    const { ada, page } = await signedIn();
    await equip(server, page);
    const { page: half, mfaToken } = await halfWay(ada);
    half.context.setAccessToken(mfaToken);
    await assert.rejects(half.auth.getMeV2(), refusal(401));
    await assert.rejects(half.auth.getMFADevices(), refusal(401));
    half.context.setAccessToken(null);
    half.cookies.set(page.cookie('fe_refresh_'), { value: mfaToken, attributes: [] });
    await assert.rejects(half.auth.refreshTokenV3(), refusal(401));
});

describe('where a second factor is demanded', () => {
    // Else the address that everybody here has would do.
    before(() => server.settings({ mfa: { enforce: 'force', email: false } }));
    after(() => server.settings({ mfa: { enforce: 'dontForce', email: true } }));

    test('whoever has none sets SMS up before he is in', async () => {
        const ada = await server.person();
        const half = await halfWay(ada);
        assert.equal(half.mfaEnrolled, false);
        assert.ok(half.mfaStrategies.includes('SMS') && half.mfaStrategies.includes('AuthenticatorApp'), half.mfaStrategies.join());
        assert.deepEqual(half.mfaDevices.phones, []);
        const phoneNumber = number();
        const { mfaToken } = half;
        const { otcToken } = await half.page.auth.preEnrollMFASMSForLogin({ mfaToken, phoneNumber });
        const { code } = await server.inbox(phoneNumber);
        const enrol = (typed) => half.page.auth.enrollMFASMSForLoginV2({ mfaToken, otcToken, code: typed });
        await assert.rejects(enrol(wrong(code)), refusal(401));
        const { user } = await enrol(code);
        assert.equal(user.id, ada.id);
        assert.ok(user.recoveryCode);
        assert.equal((await half.page.auth.getMFADevices()).phones.length, 1);
    });

    test('or an app', async () => {
        const ada = await server.person();
        const half = await halfWay(ada);
        const { mfaToken } = half;
        const app = photograph(server, (await half.page.auth.preEnrollMFAAuthenticatorAppForLogin({ mfaToken })).qrCode);
        const enrol = async (token) => half.page.auth.enrollMFAAuthenticatorAppForLoginV2({ mfaToken, token, rememberDevice: false });
        await assert.rejects(enrol(wrong(await app.code())), refusal(401));
        const { user } = await enrol(await app.code());
        assert.equal(user.id, ada.id);
        assert.equal(await half.page.email(), ada.email);
    });

    test('and after a sign-in by SMS not SMS', async () => {
        const ada = await server.person({ phone: number() });
        const page = new Visitor(server);
        await page.ask({ phoneNumber: ada.phone });
        const { user } = await page.redeem((await server.inbox(ada.phone, 'sign-in')).code);
        assert.equal(user.mfaRequired, true);
        assert.ok(!user.mfaStrategies.includes('SMS'), user.mfaStrategies.join());
    });
});

test('what is delicate asks for the second factor again', async () => {
    const { ada, page } = await signedIn();
    const { app } = await equip(server, page);
    const asked = await page.auth.generateStepupSession({ maxAge: 300 });
    assert.equal(asked.mfaRequired, true);
    const { user } = await page.auth.loginWithMfaV2({ mfaToken: asked.mfaToken, value: await app.code() });
    assert.equal(user.id, ada.id);
    assert.equal((await proved(server, user.accessToken)).acr, policy);
});
