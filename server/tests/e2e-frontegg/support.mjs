// What these suites share: the server under test, people who have accounts, and a browser for Frontegg's SDK.

import assert from 'node:assert/strict';
import { createPublicKey, verify } from 'node:crypto';

import { ContextHolder, createApiClient } from '@frontegg/rest-api-7';

import { Browser, start as serve } from '../e2e/harness.mjs';
import { Authenticator, scan } from '../e2e/totp.mjs';

export { wrong } from '../e2e/harness.mjs';

export const password = 'correct horse battery';

/**
 * Starts the server. SMS is a way to sign in beside the password, and the limits per route are off, unless `settings` says
 * otherwise. `more` is added to its environment.
 */
export async function start(settings = {}, more = {}) {
    const frontegg = { smsLogin: true, rateLimits: false, ...settings.frontegg };
    const server = await serve({ nuvix: { rateLimits: false }, ...settings, frontegg }, more);
    return Object.assign(server, { person: (wanted) => person(server, wanted) });
}

let people = 0;

/** A number that nobody has yet. */
export const number = () => `+1425555${String(++people).padStart(4, '0')}`;

/** Makes somebody with a password, a verified address, and a verified number if he is to have one. Answers all of them. */
async function person(server, { phone, email = `person${++people}@example.com` } = {}) {
    const call = async (method, path, body) => {
        const headers = {
            'x-appwrite-project': server.project,
            'x-appwrite-key': server.apiKey,
            'content-type': 'application/json',
        };
        const response = await fetch(server.endpoint + path, { method, headers, body: JSON.stringify(body) });
        if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${await response.text()}`);
        return response.json();
    };
    const { $id: id } = await call('POST', '/users', { userId: 'unique()', email, phone, password, name: 'Ada' });
    await call('PATCH', `/users/${id}/verifications/email`, { emailVerification: true });
    if (phone) await call('PATCH', `/users/${id}/verifications/phone`, { phoneVerification: true });
    return { id, email, phone, password };
}

/**
 * Somebody at a page of an application: Frontegg's SDK with a browser of its own, whose cookies it keeps. `auth`, `phones`
 * and the rest are the SDK's own objects.
 */
export class Visitor extends Browser {
    static #count = 0;

    constructor(server) {
        super('cookies', { location: { search: '', href: server.url } });
        const name = `visitor-${++Visitor.#count}`;
        const context = { baseUrl: server.url, clientId: server.facts.clientId, requestCredentials: 'include' };
        /** What the SDK keeps in memory: the access token above all. */
        this.context = ContextHolder.for(name);
        this.context.setContext(context);
        this.api = createApiClient(name);
        this.auth = this.#inside(this.api.auth);
        this.phones = this.#inside(this.api.userPhoneNumbers);
        this.users = this.#inside(this.api.users);
        this.tenants = this.#inside(this.api.tenants);
        this.metadata = this.#inside(this.api.metadata);
        this.vendor = this.#inside(this.api.vendor);
        this.flags = this.#inside(this.api.featureFlags);
    }

    #inside(part) {
        return new Proxy(part, {
            get: (target, name) => {
                const value = target[name];
                return typeof value === 'function' ? (...args) => this.run(() => value.apply(target, args)) : value;
            },
        });
    }

    /** The name of the cookie whose name starts so. */
    cookie(start) {
        return [...this.cookies.keys()].find((name) => name.startsWith(start));
    }

    /** Signs in with a password. Answers what the SDK answers. */
    signIn({ email, password }) {
        return this.auth.loginv2({ email, password });
    }

    /** Asks for a code by SMS. Answers the masked number. */
    async ask(identifier) {
        return (await this.auth.passwordlessPreLogin({ type: 'SmsCode', ...identifier })).phoneNumber;
    }

    /** Redeems a code that came by SMS. Answers what the SDK answers. */
    redeem(token) {
        return this.auth.passwordlessPostLoginV2({ type: 'SmsCode', token });
    }

    /** Whose page the server takes it for. */
    async email() {
        return (await this.auth.getMeV2()).email;
    }
}

/** The app that a picture of a QR code is shown to: `data:image/png;base64,…`, as the SDK's owner puts it into an `img`. */
export function photograph(server, picture) {
    const [kind, data] = picture.split(',');
    assert.equal(kind, 'data:image/png;base64');
    return new Authenticator(server, scan(Buffer.from(data, 'base64')));
}

/** Enrols an authenticator app for whoever is signed in at `page`. Answers `{ app, recoveryCode }`. */
export async function equip(server, page) {
    const app = photograph(server, (await page.auth.preEnrollMFAAuthenticatorApp()).qrCode);
    const { recoveryCode } = await page.auth.enrollMFAAuthenticatorApp({ token: await app.code() });
    return { app, recoveryCode };
}

/** Matches an error of the SDK: its status, that people can read it and a trace can be found. */
export function refusal(status, text = /\w{4}/) {
    return (error) => {
        assert.equal(error.statusCode, status, `${error.statusCode} ${error.message}`);
        assert.ok(Array.isArray(error.errors) && error.errors.length > 0, error.message);
        assert.match(error.message, text);
        assert.ok(error.traceId, 'a trace');
        return true;
    };
}

/** The claims of a token, which the server's public keys must prove: RFC 7515 §5.2, RFC 7517. */
export async function proved(server, token) {
    const [head, body, signature] = token.split('.');
    const read = (part) => JSON.parse(Buffer.from(part, 'base64url'));
    const { alg, kid } = read(head);
    assert.equal(alg, 'RS256');
    const { keys } = await (await fetch(`${server.url}/frontegg/.well-known/jwks.json`)).json();
    const jwk = keys.find((key) => key.kid === kid);
    assert.ok(jwk, `no key ${kid} is published`);
    const key = createPublicKey({ key: jwk, format: 'jwk' });
    assert.ok(verify('sha256', Buffer.from(`${head}.${body}`), key, Buffer.from(signature, 'base64url')), 'signature');
    return read(body);
}
