// A back end with Frontegg's own client (`@frontegg/client` 5.3): its token, its users and their numbers, its settings, and
// the tokens of users that it is shown.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { equip, number, password, refusal, start, Visitor } from './support.mjs';

let server, sdk, http;
before(async () => {
    server = await start();
    // The client reads its gateway's address when it is loaded.
    process.env.FRONTEGG_API_GATEWAY_URL = server.url;
    process.env.FRONTEGG_AUTHENTICATOR_NUMBER_OF_TRIES = '1';
    process.env.FRONTEGG_CLIENT_ID = server.facts.clientId;
    process.env.FRONTEGG_API_KEY = server.facts.clientSecret;
    sdk = await import('@frontegg/client');
    http = new sdk.HttpClient(await authenticator(), { baseURL: server.url });
});
after(() => server?.stop());

const authenticators = [];
async function authenticator(secret = server.facts.clientSecret) {
    const made = new sdk.FronteggAuthenticator();
    authenticators.push(made);
    await made.init(server.facts.clientId, secret);
    return made;
}
// Each keeps a timer until it is told.
after(() => Promise.all(authenticators.map((each) => each.shutdown())));

const identity = '/identity/resources';
const numbers = `${identity}/users/phone-numbers`;
const as = (user) => ({ 'frontegg-user-id': user.id });
const status = (expected) => (error) => {
    assert.equal(error.response?.status, expected, `${error.message} ${JSON.stringify(error.response?.data)}`);
    assert.ok(Array.isArray(error.response.data.errors), JSON.stringify(error.response.data));
    return true;
};

describe('a back end’s token', () => {
    test('is given for the secret, and lives for an hour', async () => {
        const response = await fetch(`${server.url}/auth/vendor`, {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify({ clientId: server.facts.clientId, secret: server.facts.clientSecret }),
        });
        assert.equal(response.status, 200);
        assert.deepEqual(Object.keys(await response.json()).sort(), ['expiresIn', 'token']);
        const { accessToken, accessTokenExpiry } = await authenticator();
        assert.ok(accessToken.split('.').length === 3 && accessTokenExpiry > Date.now());
        await assert.rejects(authenticator(`${server.facts.clientSecret}0`), /Failed to authenticate/);
    });

    test('is none of a user, and a user’s none of a back end', async () => {
        const ada = await server.person();
        const page = new Visitor(server);
        const { user } = await page.signIn(ada);
        page.context.setAccessToken((await authenticator()).accessToken);
        await assert.rejects(page.auth.getMeV2(), refusal(400, /frontegg-user-id/));
        await assert.rejects(page.users.updateUserProfileV2({ name: 'Eve' }), (error) => [400, 401, 403].includes(error.statusCode));
        const asVendor = (headers) =>
            fetch(`${server.url}${numbers}/v1/vendor/${ada.id}`, {
                method: 'POST',
                headers: { 'content-type': 'application/json', ...headers },
                body: JSON.stringify({ phoneNumber: number() }),
            });
        for (const headers of [{}, { authorization: `Bearer ${user.accessToken}` }, { 'x-access-token': user.accessToken }]) {
            const { status: answered } = await asVendor(headers);
            assert.ok([401, 403].includes(answered), `${answered}`);
        }
        assert.equal((await asVendor({ authorization: `Bearer ${(await authenticator()).accessToken}` })).status, 201, 'either header will do');
    });
});

describe('users', () => {
    test('are made with a password they can sign in by, and found', async () => {
        const email = 'made@example.com';
        const body = { email, password, name: 'Grace', provider: 'local', metadata: '{}', skipInviteEmail: true };
        const { status: made, data: user } = await http.post(`${identity}/vendor-only/users/v1`, body);
        assert.equal(made, 201);
        assert.equal(user.email, email);
        assert.equal((await http.post(`${identity}/users/v1/${user.id}/verify`)).status, 200);
        assert.equal((await new Visitor(server).signIn({ email, password })).user.id, user.id);
        const { data: found } = await http.get(`${identity}/users/v3?_email=${encodeURIComponent(email)}`);
        assert.deepEqual(found.items.map(({ id }) => id), [user.id]);
    });

    test('are locked out and let in again', async () => {
        const ada = await server.person();
        const page = new Visitor(server);
        await page.signIn(ada);
        await http.post(`${identity}/users/v1/${ada.id}/lock`);
        await assert.rejects(page.auth.getMeV2(), refusal(401));
        await assert.rejects(new Visitor(server).signIn(ada), (error) => [401, 423].includes(error.statusCode));
        await http.post(`${identity}/users/v1/${ada.id}/unlock`);
        await new Visitor(server).signIn(ada);
    });

    test('come from elsewhere with their numbers, to sign in by or as a second factor', async () => {
        const [auth, mfa] = [number(), number()];
        const migrate = (email, phoneNumber, phoneNumberType) =>
            http.post(`${identity}/migrations/v1/local`, { email, phoneNumber, phoneNumberType, name: 'Ada', metadata: '{}' });
        const { status: made } = await migrate('auth@example.com', auth, 'auth');
        assert.equal(made, 201);
        const page = new Visitor(server);
        await page.ask({ phoneNumber: auth });
        const { user } = await page.redeem((await server.inbox(auth)).code);
        assert.deepEqual([user.email, user.mfaRequired], ['auth@example.com', false]);

        const { data } = await migrate('mfa@example.com', mfa, 'mfa');
        assert.deepEqual((await http.get(`${numbers}/v1/me`, as(data))).data, [], 'not a number to sign in by');
        assert.deepEqual((await http.get(`${identity}/users/v1/mfa/devices`, as(data))).data.phones.map((p) => p.phoneNumber.slice(-3)), [mfa.slice(-3)]);
    });

    test('lose their second factors at a word', async () => {
        const ada = await server.person();
        const page = new Visitor(server);
        await page.signIn(ada);
        await equip(server, page);
        assert.equal((await new Visitor(server).signIn(ada)).user.mfaRequired, true);
        await http.post(`${identity}/vendor-only/users/v1/${ada.id}/mfa/unenroll`);
        assert.equal((await new Visitor(server).signIn(ada)).user.mfaRequired, false);
    });
});

describe('numbers', () => {
    test('are set at once, listed, found and removed', async () => {
        const ada = await server.person();
        const phoneNumber = number();
        const set = await http.post(`${numbers}/v1/vendor/${ada.id}`, { phoneNumber });
        assert.deepEqual([set.status, set.data || {}], [201, {}]);
        const { data: own } = await http.get(`${numbers}/v1/me`, as(ada));
        assert.deepEqual(own.map((p) => [p.userId, p.phoneNumber, p.verified]), [[ada.id, phoneNumber, true]]);
        const found = (await http.get(`${identity}/users/v3?_identifierType=phoneNumber&_identifier=${encodeURIComponent(phoneNumber)}`)).data;
        assert.deepEqual(found.items.map(({ id }) => id), [ada.id]);
        const query = new URLSearchParams({ _limit: 10, _offset: 0, _phoneNumber: phoneNumber });
        const { data: page } = await http.get(`${numbers}/v1?${query}`);
        assert.deepEqual([page.items, page._metadata], [own, { totalItems: 1, totalPages: 1 }]);
        assert.deepEqual(Object.keys(page._links).sort(), ['first', 'last', 'next', 'prev']);
        assert.deepEqual((await http.get(`${numbers}/v2?userIds=${ada.id}`)).data.items, own);

        const visitor = new Visitor(server);
        await visitor.ask({ phoneNumber });
        assert.equal((await visitor.redeem((await server.inbox(phoneNumber)).code)).user.id, ada.id);

        assert.equal((await http.delete(`${numbers}/v1/vendor/${ada.id}/${own[0].id}`)).status, 200);
        assert.deepEqual((await http.get(`${numbers}/v1/me`, as(ada))).data, []);
        await assert.rejects(http.delete(`${numbers}/v1/vendor/${ada.id}/${own[0].id}`), status(404));
    });

    test('may wait for the proof: the guide’s own call', async () => {
        const ada = await server.person();
        const phoneNumber = number();
        const { status: created, data } = await http.post(`${numbers}/v1`, { phoneNumber, verify: true }, as(ada));
        assert.equal(created, 201);
        const { code } = await server.inbox(phoneNumber);
        assert.deepEqual((await http.get(`${numbers}/v1/me`, as(ada))).data.map(({ verified }) => verified), [false]);
        assert.equal((await http.post(`${numbers}/v1/verify`, { otcToken: data.otcToken, code }, as(ada))).status, 200);
        assert.deepEqual((await http.get(`${numbers}/v1/me`, as(ada))).data.map(({ verified }) => verified), [true]);

        const bob = await server.person();
        const quiet = number();
        const later = await http.post(`${numbers}/v1`, { phoneNumber: quiet, verify: false }, as(bob));
        assert.deepEqual([later.status, later.data], [201, {}]);
        assert.deepEqual(await server.messages(quiet), []);
        const { data: sent } = await http.post(`${numbers}/v1/preverify`, { phoneNumber: quiet }, as(bob));
        await http.post(`${numbers}/v1/verify`, { otcToken: sent.otcToken, code: (await server.inbox(quiet)).code }, as(bob));
    });

    test('are refused where they are none, another’s, or nobody is named', async () => {
        const ada = await server.person();
        const bob = await server.person({ phone: number() });
        const set = (phoneNumber) => http.post(`${numbers}/v1/vendor/${ada.id}`, { phoneNumber });
        await assert.rejects(set('4255550100'), status(400));
        await assert.rejects(set(bob.phone), status(409));
        await assert.rejects(http.get(`${numbers}/v1/me`), status(400));
        await assert.rejects(http.get(`${identity}/nothing/here`), (error) => error.response.data.errorCode === 'ER-00004');
    });
});

describe('settings', () => {
    const configurations = `${identity}/configurations/v1`;
    const flip = (of, strategy, isActive) => http.post(`${configurations}/${of}/strategies`, { strategy, isActive });
    const read = async (of) => (await http.get(`${configurations}/${of}/strategies`)).data;
    const smsLogin = async () => (await read('auth')).secondaryAuthStrategies.find(({ strategy }) => strategy === 'SmsCodeV2').isActive;

    test('the main way to sign in is chosen', async () => {
        const { status: made, data } = await http.post(configurations, { authStrategy: 'Code' });
        assert.deepEqual([made, data.authStrategy], [201, 'Code']);
        assert.equal((await new Visitor(server).auth.getVendorConfig()).authStrategy, 'Code');
        await http.post(configurations, { authStrategy: 'EmailAndPassword' });
    });

    test('SMS is switched on and off, and never stands alone with itself', async (t) => {
        t.after(() => server.settings({ mfa: { totp: true, email: true, phone: true }, frontegg: { smsLogin: true } }));
        assert.equal((await flip('auth', 'SmsCodeV2', false)).status, 201);
        assert.equal(await smsLogin(), false);
        for (const strategy of ['AuthenticatorApp', 'EmailCode']) assert.equal((await flip('mfa', strategy, false)).status, 201);
        const { strategies } = await read('mfa');
        const on = strategies.filter(({ isActive }) => isActive).map(({ strategy }) => strategy);
        assert.deepEqual(on, ['SMS']);
        await assert.rejects(flip('auth', 'SmsCodeV2', true), status(400));
        assert.equal(await smsLogin(), false);

        await flip('mfa', 'AuthenticatorApp', true);
        await flip('auth', 'SmsCodeV2', true);
        assert.equal(await smsLogin(), true);
        await assert.rejects(flip('mfa', 'AuthenticatorApp', false), status(400));
        assert.equal(await smsLogin(), true);
    });

    test('the policy of second factors is made, changed and obeyed', async (t) => {
        t.after(() => server.settings({ mfa: { enforce: 'dontForce' } }));
        const policy = `${configurations}/mfa-policy`;
        const put = await http.put(policy, { enforceMFAType: 'Force', allowRememberMyDevice: false });
        assert.deepEqual([put.status, put.data.enforceMFAType], [200, 'Force']);
        assert.equal((await http.get(policy)).data.enforceMFAType, 'Force');
        await assert.rejects(http.post(policy, { enforceMFAType: 'Force' }), status(409));
        await assert.rejects(http.patch(policy, {}), status(400));
        const ada = await server.person();
        assert.equal((await new Visitor(server).signIn(ada)).user.mfaRequired, true);
        assert.equal((await http.patch(policy, { enforceMFAType: 'DontForce' })).data.enforceMFAType, 'DontForce');
        assert.equal((await new Visitor(server).signIn(ada)).user.mfaRequired, false);
    });
});

describe('a user’s token', () => {
    test('is believed by the client, and one of a back end or a stranger is not', async () => {
        const ada = await server.person();
        const { user } = await new Visitor(server).signIn(ada);
        const client = sdk.IdentityClient.getInstance();
        const claims = await client.validateToken(user.accessToken, {}, 'JWT');
        assert.deepEqual([claims.sub, claims.email, claims.type], [ada.id, ada.email, 'userToken']);
        const { accessToken } = await authenticator();
        await assert.rejects(client.validateToken(accessToken, {}, 'JWT'));
        const [head, body, signature] = user.accessToken.split('.');
        const forged = [head, Buffer.from(JSON.stringify({ ...claims, sub: 'somebody' })).toString('base64url'), signature];
        await assert.rejects(client.validateToken(forged.join('.'), {}, 'JWT'));
        assert.ok(body);
    });

    test('shows a second factor that was shown', async () => {
        const ada = await server.person();
        const page = new Visitor(server);
        const { user: plain } = await page.signIn(ada);
        const client = sdk.IdentityClient.getInstance();
        await assert.rejects(client.validateToken(plain.accessToken, { stepUp: true }, 'JWT'));
        const { app } = await equip(server, page);
        const half = await new Visitor(server).signIn(ada);
        const value = await app.code();
        const { user } = await page.auth.loginWithMfaV2({ mfaToken: half.user.mfaToken, value });
        await client.validateToken(user.accessToken, { stepUp: true }, 'JWT');
    });
});
