// What all suites share: the server under test, and a browser small enough to live in node.

import { AsyncLocalStorage } from 'node:async_hooks';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const BINARY = process.env.COUNTERSIGN_BIN ?? fileURLToPath(new URL('../../../target/debug/countersign', import.meta.url));

/** How long the server may take to start, to end, or to send a message. */
const PATIENCE = 10_000;

/**
 * Starts `countersign serve --dev` on a free port and an empty database. The limits per route are off unless `settings`
 * says otherwise: a suite signs in more often from one address than people do. `more` is added to its environment.
 */
export async function start(settings = { nuvix: { rateLimits: false } }, more = {}) {
    const data = await mkdtemp(join(tmpdir(), 'countersign-e2e-'));
    const child = spawn(BINARY, ['serve', '--dev', '--json', '--listen', '127.0.0.1:0', '--data', data], {
        cwd: data,
        env: { ...environment(), ...more },
        stdio: ['ignore', 'pipe', 'pipe'],
    });
    let log = '';
    child.stderr.setEncoding('utf8').on('data', (text) => (log = (log + text).slice(-20_000)));
    const orphan = () => child.kill('SIGKILL');
    process.once('exit', orphan);

    const said = new Promise((resolve, reject) => {
        child.once('error', reject);
        child.once('exit', (code, signal) => reject(new Error(`ended with ${code ?? signal} before it was ready`)));
        createInterface({ input: child.stdout }).once('line', resolve);
        setTimeout(() => reject(new Error(`was not ready within ${PATIENCE} ms`)), PATIENCE).unref();
    });
    let facts;
    try {
        facts = JSON.parse(await said);
    } catch (error) {
        child.kill('SIGKILL');
        await rm(data, { recursive: true, force: true });
        throw new Error(`${BINARY} ${error.message}\n${log}`);
    }
    const server = new Server(facts, data, async () => {
        process.off('exit', orphan);
        if (child.exitCode === null && child.signalCode === null) {
            const ended = once(child, 'exit');
            const late = setTimeout(() => child.kill('SIGKILL'), PATIENCE);
            child.kill('SIGTERM');
            await ended;
            clearTimeout(late);
        }
        await rm(data, { recursive: true, force: true });
        if (child.exitCode !== 0) throw new Error(`the server ended with ${child.exitCode ?? child.signalCode}\n${log}`);
    });
    await server.settings(settings);
    return server;
}

/** Settings of whoever runs the tests are not the tests' settings. */
function environment() {
    return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('COUNTERSIGN_')));
}

class Server {
    #seen = new Set();
    #data;

    constructor(facts, data, stop) {
        this.#data = data;
        /** What `serve --dev --json` printed. */
        this.facts = facts;
        this.url = facts.url;
        /** What clients call their endpoint. */
        this.endpoint = `${facts.url}/v1`;
        this.project = facts.project;
        this.apiKey = facts.apiKey;
        /** Ends the server; fails if it did not end in peace. */
        this.stop = stop;
    }

    /**
     * The newest message to `to`, of that template if one is named, that no call of this returned before; waits until
     * there is one. People are also told what happened to their account, so whoever waits for a code names it.
     */
    async inbox(to, template) {
        for (const deadline = Date.now() + PATIENCE; ; ) {
            const messages = (await this.messages(to)).filter((m) => template === undefined || m.template === template);
            const message = messages.find(({ id }) => !this.#seen.has(id));
            if (message) {
                messages.forEach(({ id }) => this.#seen.add(id));
                return message;
            }
            if (Date.now() > deadline) throw new Error(`no new ${template ?? 'message'} to ${to} within ${PATIENCE} ms`);
            await sleep(10);
        }
    }

    /** All messages to `to`, newest first, without waiting. */
    async messages(to) {
        return this.#ask(`/dev/inbox?to=${encodeURIComponent(to)}`);
    }

    /** Moves the server's clock forward. Answers what it shows then. */
    async clock(seconds) {
        const { now } = await this.#ask('/dev/clock', { advanceSeconds: seconds });
        return new Date(now);
    }

    /** Changes the demo project's settings. */
    async settings(patch) {
        return this.#ask('/dev/settings', patch);
    }

    /** What `countersign doctor --json` finds in the server's data. */
    async doctor() {
        const options = { cwd: this.#data, env: environment() };
        const run = promisify(execFile)(BINARY, ['doctor', '--json', '--data', this.#data], options);
        // It fails when it finds a problem, and a clock that was moved is one.
        const { stdout } = await run.catch((failed) => failed);
        return JSON.parse(stdout);
    }

    /** What another command prints as JSON about the server's data. */
    async command(...args) {
        const options = { cwd: this.#data, env: environment() };
        const { stdout } = await promisify(execFile)(BINARY, [...args, '--json', '--data', this.#data], options);
        return JSON.parse(stdout);
    }

    async #ask(path, body) {
        const init = body && { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
        const response = await fetch(this.url + path, init);
        if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
        return response.json();
    }
}

/** A code of the same length that is not the right one. */
export function wrong(code) {
    return String((Number(code) + 1) % 10 ** code.length).padStart(code.length, '0');
}

/** What the page that a link leads to finds in its address: `{ userId, secret, expire }`. */
export function carried(link) {
    return Object.fromEntries(new URL(link).searchParams);
}

/** Matches an AppwriteException of any SDK, for `assert.rejects`. */
export function refusal(code, type) {
    return { name: 'AppwriteException', code, type };
}

const current = new AsyncLocalStorage();
const plainFetch = globalThis.fetch;
globalThis.fetch = (input, init) => {
    const browser = current.getStore();
    return browser ? browser.fetch(input, init) : plainFetch(input, init);
};
Object.defineProperty(globalThis, 'window', { configurable: true, get: () => current.getStore()?.window });

/**
 * A browser for web SDKs: they leave the session to the browser's cookies or to `localStorage`, node has neither, and
 * without them each call would be a guest's. Each browser keeps sessions in one way only (`cookies`: a page of the same
 * site; `storage`: a page of another site), so that neither can hide that the other is broken. `window` is what an SDK
 * reads besides.
 */
export class Browser {
    #keeps;
    /** The cookies it keeps: name → `{ value, attributes }`. */
    cookies = new Map();
    /** The calls that were made: `POST /v1/account/tokens/phone`. */
    calls = [];
    window;

    constructor(keeps = 'cookies', window) {
        this.#keeps = keeps;
        this.window = keeps === 'storage' ? { localStorage: new Storage(), console: { warn() {} }, ...window } : window;
    }

    /** Runs `call`, and what it calls, in this browser. */
    run(call) {
        return current.run(this, call);
    }

    /** Lets a client's calls happen in this browser. Answers the client. */
    attach(client) {
        const call = client.call;
        client.call = (method, url, ...rest) => {
            this.calls.push(`${method.toUpperCase()} ${url.pathname}`);
            return this.run(() => call.call(client, method, url, ...rest));
        };
        return client;
    }

    async fetch(input, init = {}) {
        const cookies = this.#keeps === 'cookies' && init.credentials === 'include';
        const headers = new Headers(init.headers);
        if (cookies && this.cookies.size > 0) {
            headers.set('cookie', [...this.cookies].map(([name, { value }]) => `${name}=${value}`).join('; '));
        }
        const response = await plainFetch(input, { ...init, headers });
        for (const line of cookies ? response.headers.getSetCookie() : []) this.#keep(line);
        return response;
    }

    #keep(line) {
        const [pair, ...attributes] = line.split(';').map((part) => part.trim());
        const [name, value] = [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)];
        const expires = attributes.find((a) => /^expires=/i.test(a))?.slice('expires='.length);
        if (value === '' || (expires && Date.parse(expires) <= Date.now())) this.cookies.delete(name);
        else this.cookies.set(name, { value, attributes });
    }
}

class Storage {
    #items = new Map();
    getItem(name) {
        return this.#items.get(name) ?? null;
    }
    setItem(name, value) {
        this.#items.set(name, String(value));
    }
    removeItem(name) {
        this.#items.delete(name);
    }
}
