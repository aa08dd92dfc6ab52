// Outgoing webhooks as a customer's own server gets them: checked by the library of the scheme.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { after, before, describe, test } from 'node:test';

import { Account, Client, ID } from 'appwrite';
import { Webhook, WebhookVerificationError } from 'standardwebhooks';

import { Browser, start } from './harness.mjs';

const PHONE = '+14255550177';

let server;
let receiver;
/** What the receiver got: `{ headers, body }`. */
const arrived = [];

before(async () => {
    server = await start();
    receiver = createServer(async (request, response) => {
        arrived.push({ headers: request.headers, body: await text(request) });
        response.writeHead(204).end();
    });
    receiver.listen(0, '127.0.0.1');
    await once(receiver, 'listening');
});
after(async () => {
    receiver?.close();
    receiver?.closeAllConnections();
    await server?.stop();
});

/** Waits until `count` events have arrived. */
async function events(count) {
    for (const deadline = Date.now() + 10_000; arrived.length < count; ) {
        if (Date.now() > deadline) throw new Error(`${arrived.length} of ${count} events arrived`);
        await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return arrived;
}

describe('a receiver with the library of Standard Webhooks', () => {
    let hook;
    before(async () => {
        const url = `http://127.0.0.1:${receiver.address().port}/hooks`;
        hook = await server.command('webhook', 'create', '--project', server.project, '--url', url);
    });

    test('accepts what a sign-in by phone tells, and nothing that was changed', async () => {
        const account = new Account(
            new Browser().attach(new Client().setEndpoint(server.endpoint).setProject(server.project)),
        );
        const { userId } = await account.createPhoneToken({ userId: ID.unique(), phone: PHONE });
        const { code } = await server.inbox(PHONE);
        await account.createSession({ userId, secret: code });

        const webhook = new Webhook(hook.secret);
        const told = (await events(4)).map(({ headers, body }) => webhook.verify(body, headers));
        assert.deepEqual(told.map(({ type }) => type).sort(), [
            'message.sent',
            'phone.verify',
            'session.create',
            'user.create',
        ]);
        const created = told.find(({ type }) => type === 'user.create');
        assert.equal(created.data.userId, userId);
        assert.ok(Math.abs(Date.parse(created.timestamp) - Date.now()) < 60_000);

        const [{ headers, body }] = arrived;
        assert.throws(() => webhook.verify(body.replace('"type"', '"typo"'), headers), WebhookVerificationError);
        assert.throws(() => new Webhook(btoa('another secret')).verify(body, headers), WebhookVerificationError);
        assert.ok(!JSON.stringify(told).includes(PHONE), 'whole numbers are told to nobody');
    });

    test('accepts what is sent during a rotation with the old secret and with the new one', async () => {
        const rotated = await server.command('webhook', 'rotate-secret', '--project', server.project, hook.id);
        const before = arrived.length;
        const { state } = await server.command('webhook', 'test', '--project', server.project, hook.id);
        assert.equal(state, 'done');
        const { headers, body } = (await events(before + 1))[before];
        for (const secret of [hook.secret, rotated.secret]) {
            assert.equal(new Webhook(secret).verify(body, headers).type, 'webhook.ping');
        }
    });
});
