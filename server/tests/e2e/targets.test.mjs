// Targets with the real clients: a server writes down where users can be reached, and people register their devices.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { Account, Client, ID } from 'appwrite';
import { Client as ServerClient, MessagingProviderType, Query, Users } from 'node-appwrite';

import { Browser, refusal, start } from './harness.mjs';

let server;
before(async () => {
    server = await start();
});
after(() => server?.stop());

const users = () => new Users(new ServerClient().setEndpoint(server.endpoint).setProject(server.project).setKey(server.apiKey));

/** Somebody who is signed in, on a page of his own. */
async function open(userId) {
    const browser = new Browser('cookies');
    const account = new Account(browser.attach(new Client().setEndpoint(server.endpoint).setProject(server.project)));
    const token = await users().createToken({ userId, length: 32 });
    await account.createSession({ userId, secret: token.secret });
    return account;
}

const told = ({ targets }) => targets.map((target) => [target.providerType, target.identifier]);

describe('a server', () => {
    test('creates, lists, reads, changes and deletes targets', async () => {
        const userId = ID.unique();
        const made = await users().create({ userId, email: 'ada@example.com', phone: '+14255550640' });
        assert.deepEqual(told(made), [['email', 'ada@example.com'], ['sms', '+14255550640']]);

        const target = await users().createTarget({
            userId, targetId: ID.unique(), providerType: MessagingProviderType.Email, identifier: 'ada@work.example', name: 'Work',
        });
        assert.equal(target.name, 'Work');
        assert.equal(target.expired, false);
        assert.deepEqual(await users().getTarget({ userId, targetId: target.$id }), target);
        const renamed = await users().updateTarget({ userId, targetId: target.$id, identifier: 'ada@office.example' });
        assert.equal(renamed.identifier, 'ada@office.example');
        const { total, targets } = await users().listTargets({
            userId, queries: [Query.equal('providerType', 'email'), Query.orderDesc('identifier'), Query.limit(1)],
        });
        assert.equal(total, 2);
        assert.equal(targets[0].$id, renamed.$id);

        await users().updateEmail({ userId, email: 'lovelace@example.com' });
        assert.deepEqual(told(await users().get({ userId }))[0], ['email', 'lovelace@example.com']);

        await users().deleteTarget({ userId, targetId: target.$id });
        await assert.rejects(users().getTarget({ userId, targetId: target.$id }), refusal(404, 'user_target_not_found'));
    });

    test('is told what cannot be a target', async () => {
        const userId = ID.unique();
        await users().create({ userId, email: 'grace@example.com' });
        const create = (providerType, identifier) => users().createTarget({ userId, targetId: ID.unique(), providerType, identifier });
        await assert.rejects(create('email', 'nobody'), refusal(400, 'general_invalid_email'));
        await assert.rejects(create('sms', 'nobody'), refusal(400, 'general_invalid_phone'));
        await assert.rejects(create('email', 'grace@example.com'), refusal(409, 'user_target_already_exists'));
    });
});

describe('a page', () => {
    test('registers its device, gives it another token, and takes it off', async () => {
        const userId = ID.unique();
        await users().create({ userId, email: 'joan@example.com' });
        const account = await open(userId);
        const made = await account.createPushTarget({ targetId: ID.unique(), identifier: 'device-token-1', providerId: 'fcm' });
        assert.equal(made.providerType, 'push');
        assert.equal(made.providerId, 'fcm');
        assert.deepEqual(told(await account.get()), [['email', 'joan@example.com'], ['push', 'device-token-1']]);
        const moved = await account.updatePushTarget({ targetId: made.$id, identifier: 'device-token-2' });
        assert.equal(moved.identifier, 'device-token-2');
        assert.deepEqual(told(await users().listTargets({ userId })).at(-1), ['push', 'device-token-2']);
        await account.deletePushTarget({ targetId: made.$id });
        assert.deepEqual(told(await account.get()), [['email', 'joan@example.com']]);
        await assert.rejects(account.deletePushTarget({ targetId: made.$id }), refusal(404, 'user_target_not_found'));
    });

    test('registers the device that somebody else signed out of', async () => {
        const [first, second] = [ID.unique(), ID.unique()];
        await Promise.all([first, second].map((userId) => users().create({ userId })));
        const [before, next] = [await open(first), await open(second)];
        const register = (account) => account.createPushTarget({ targetId: ID.unique(), identifier: 'shared-device' });
        await register(before);
        await assert.rejects(register(next), refusal(409, 'user_target_already_exists'));
        await before.deleteSession({ sessionId: 'current' });
        assert.equal((await register(next)).userId, second);
    });
});
