// The number a user signs in by, with Frontegg's SDK: setting it up, changing it, removing it, as the page "Privacy &
// Security" does.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { equip, number, refusal, start, Visitor, wrong } from './support.mjs';

let server;
before(async () => {
    server = await start();
});
after(() => server?.stop());

/** Somebody signed in who has an authenticator app: only then may he sign in by SMS too. */
async function equipped(wanted) {
    const ada = await server.person(wanted);
    const page = new Visitor(server);
    await page.signIn(ada);
    return { ada, page, ...(await equip(server, page)) };
}

/** Sets up a number with the code that came to it. */
async function setUp(page, phoneNumber) {
    const { otcToken } = await page.phones.createPhoneNumber({ phoneNumber, verify: true });
    await page.phones.verifyPhoneNumber({ otcToken, code: (await server.inbox(phoneNumber, 'verify-phone')).code });
}

const own = async (page) => (await page.phones.getUserOwnPhoneNumbers()).map(({ phoneNumber, verified }) => [phoneNumber, verified]);
const cooled = () => server.clock(31);

describe('setting up', () => {
    test('wants a second factor first', async () => {
        const page = new Visitor(server);
        await page.signIn(await server.person());
        const phoneNumber = number();
        await assert.rejects(page.phones.createPhoneNumber({ phoneNumber, verify: true }), refusal(400));
        assert.deepEqual(await own(page), []);
        assert.deepEqual(await server.messages(phoneNumber), []);
    });

    test('proves the number, tells by e-mail, and lets sign in by it', async () => {
        const { ada, page, app } = await equipped();
        const phoneNumber = number();
        const { otcToken } = await page.phones.createPhoneNumber({ phoneNumber, verify: true });
        assert.deepEqual(await own(page), [[phoneNumber, false]]);
        const { code } = await server.inbox(phoneNumber);
        await assert.rejects(page.phones.verifyPhoneNumber({ otcToken, code: wrong(code) }), refusal(400));
        assert.deepEqual(await page.phones.verifyPhoneNumber({ otcToken, code }), {});

        const [row, ...more] = await page.phones.getUserOwnPhoneNumbers();
        assert.deepEqual([row.phoneNumber, row.verified, row.userId, more], [phoneNumber, true, ada.id, []]);
        assert.ok(Date.parse(row.createdAt) && Date.parse(row.updatedAt));
        const listed = await page.phones.getUserPhoneNumbers({ _limit: 10, _offset: 0 });
        assert.deepEqual(listed.items, [row], 'a user is told of his own');
        assert.deepEqual(listed._metadata, { totalItems: 1, totalPages: 1 });
        const { link } = await server.inbox(ada.email, 'review-phone');
        assert.equal((await fetch(link)).status, 200, 'where he says whether it was he');

        const elsewhere = new Visitor(server);
        await elsewhere.ask({ phoneNumber });
        const { user } = await elsewhere.redeem((await server.inbox(phoneNumber)).code);
        assert.deepEqual([user.mfaRequired, user.mfaDevices.phones], [true, []], 'SMS is not two factors');
        await elsewhere.auth.loginWithMfaV2({ mfaToken: user.mfaToken, value: await app.code() });
        assert.equal(await elsewhere.email(), ada.email);
    });

    test('sends the code again', async () => {
        const { page } = await equipped();
        const phoneNumber = number();
        const first = await page.phones.createPhoneNumber({ phoneNumber, verify: true });
        const { code: old } = await server.inbox(phoneNumber);
        await cooled();
        const { otcToken } = await page.phones.preVerifyPhoneNumber({ phoneNumber });
        const { code } = await server.inbox(phoneNumber);
        await assert.rejects(page.phones.verifyPhoneNumber({ otcToken: first.otcToken, code: old }), refusal(400));
        await page.phones.verifyPhoneNumber({ otcToken, code });
        assert.deepEqual(await own(page), [[phoneNumber, true]]);
    });

    test('may leave the proof for later', async () => {
        const { page } = await equipped();
        const phoneNumber = number();
        assert.deepEqual(await page.phones.createPhoneNumber({ phoneNumber, verify: false }), {});
        assert.deepEqual(await own(page), [[phoneNumber, false]]);
        assert.deepEqual(await server.messages(phoneNumber), []);
        const guest = new Visitor(server);
        await guest.ask({ phoneNumber });
        const { otcToken } = await page.phones.preVerifyPhoneNumber({ phoneNumber });
        const { code } = await server.inbox(phoneNumber, 'verify-phone');
        await page.phones.verifyPhoneNumber({ otcToken, code });
        assert.deepEqual((await server.messages(phoneNumber)).map(({ template }) => template), ['verify-phone'], 'it found nobody before');
    });

    test('refuses what is no number, and another’s once it is proved', async () => {
        const { page } = await equipped();
        for (const phoneNumber of ['4255550100', '+1', 'ada', '']) {
            await assert.rejects(page.phones.createPhoneNumber({ phoneNumber, verify: true }), refusal(400), phoneNumber);
        }
        const bob = await server.person({ phone: number() });
        const { otcToken } = await page.phones.createPhoneNumber({ phoneNumber: bob.phone, verify: true });
        const { code } = await server.inbox(bob.phone);
        await assert.rejects(page.phones.verifyPhoneNumber({ otcToken, code }), refusal(409));
        assert.deepEqual((await own(page)).filter(([, verified]) => verified), []);
    });

    test('is nothing for guests', async () => {
        const guest = new Visitor(server);
        const phoneNumber = number();
        for (const call of [
            () => guest.phones.createPhoneNumber({ phoneNumber, verify: true }),
            () => guest.phones.getUserOwnPhoneNumbers(),
            () => guest.phones.preVerifyPhoneNumber({ phoneNumber }),
            () => guest.phones.verifyPhoneNumber({ otcToken: 'x', code: '123456' }),
            () => guest.phones.deletePhoneNumber('x'),
        ]) await assert.rejects(call(), refusal(401));
    });
});

test('changing keeps the old number until the new one is proved', async () => {
    const [phone, next] = [number(), number()];
    const { ada, page } = await equipped({ phone });
    const { otcToken } = await page.phones.createPhoneNumber({ phoneNumber: next, verify: true });
    const { code } = await server.inbox(next);
    const before = new Visitor(server);
    await before.ask({ phoneNumber: phone });
    assert.equal((await before.redeem((await server.inbox(phone, 'sign-in')).code)).user.mfaRequired, true);

    await page.phones.verifyPhoneNumber({ otcToken, code });
    assert.deepEqual(await own(page), [[next, true]]);
    const old = new Visitor(server);
    await old.ask({ phoneNumber: phone });
    await assert.rejects(old.redeem('000000'), refusal(401));
    const fresh = new Visitor(server);
    await fresh.ask({ email: ada.email });
    assert.equal((await fresh.redeem((await server.inbox(next, 'sign-in')).code)).user.mfaRequired, true);
    assert.equal((await server.messages(phone)).filter(({ template }) => template === 'sign-in').length, 1, 'the old one finds nobody');
});

test('removing wants a code to the number', async () => {
    const phone = number();
    const { page } = await equipped();
    await setUp(page, phone);
    const [{ id }] = await page.phones.getUserOwnPhoneNumbers();
    const removal = await page.phones.deletePhoneNumber(id);
    assert.equal(removal.phoneId, id);
    const { code } = await server.inbox(phone, 'remove-phone');
    const { otcToken } = removal;
    await assert.rejects(page.phones.verifyDeletePhoneNumber(id, { otcToken, code: wrong(code) }), refusal(400));
    assert.deepEqual(await own(page), [[phone, true]]);

    const other = await equipped();
    await assert.rejects(other.page.phones.deletePhoneNumber(id), (error) => [403, 404].includes(error.statusCode));
    const stolen = other.page.phones.verifyDeletePhoneNumber(id, { otcToken, code });
    await assert.rejects(stolen, (error) => [400, 403, 404].includes(error.statusCode));

    await page.phones.verifyDeletePhoneNumber(id, { otcToken, code });
    assert.deepEqual(await own(page), []);
    const guest = new Visitor(server);
    await guest.ask({ phoneNumber: phone });
    await setUp(other.page, phone);
    const sent = (await server.messages(phone)).filter(({ template }) => template === 'sign-in');
    assert.deepEqual(sent, [], 'it finds nobody any more');
});

describe('the older calls of the quick card', () => {
    test('set a number up too', async () => {
        const { page } = await equipped();
        const phoneNumber = number();
        const { changePhoneId } = await page.auth.changePhoneNumberWithVerification({ phoneNumber });
        const { code } = await server.inbox(phoneNumber);
        await assert.rejects(page.auth.verifyChangePhoneNumber({ changePhoneId, code: wrong(code) }), refusal(400));
        await page.auth.verifyChangePhoneNumber({ changePhoneId, code });
        assert.deepEqual(await own(page), [[phoneNumber, true]]);
    });

    test('change a number of whoever shows his e-mail, once the new one signs in', async (t) => {
        t.after(() => server.settings({ frontegg: { mainStrategy: 'EmailAndPassword' } }));
        await server.settings({ frontegg: { mainStrategy: 'SmsCode' } });
        const [phone, next] = [number(), number()];
        const ada = await server.person({ phone });
        const page = new Visitor(server);
        const { resetPhoneNumberToken } = await page.auth.resetPhoneNumber({ email: ada.email });
        const { code } = await server.inbox(ada.email);
        const reset = (typed) => page.auth.verifyResetPhoneNumber({ resetPhoneNumberToken, code: typed });
        await assert.rejects(reset(wrong(code)), refusal(400));
        const { changePhoneNumberToken } = await reset(code);
        await page.auth.changePhoneNumber({ changePhoneNumberToken, phoneNumber: next });

        const before = new Visitor(server);
        await before.ask({ email: ada.email });
        await server.inbox(phone, 'sign-in');
        await page.ask({ email: '' });
        assert.equal((await page.redeem((await server.inbox(next)).code)).user.id, ada.id);
        assert.deepEqual(await own(page), [[next, true]]);

        const stranger = await new Visitor(server).auth.resetPhoneNumber({ email: 'nobody@example.com' });
        assert.deepEqual(Object.keys(stranger), ['resetPhoneNumberToken']);
        assert.equal(stranger.resetPhoneNumberToken.length, resetPhoneNumberToken.length);
    });
});
