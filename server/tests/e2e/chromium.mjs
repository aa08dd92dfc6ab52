// Debian's chromium, driven by playwright-core: it can reach nothing but this machine, and tells all that it saw.

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { chromium } from 'playwright-core';

const FLAGS = [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    // Names but our own lead nowhere, so that a stray address fails here and not on somebody else's machine.
    '--no-proxy-server',
    '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1',
];

/** Starts chromium with an empty profile. */
export async function openChromium(options = {}) {
    const profile = await mkdtemp(join(tmpdir(), 'countersign-chromium-'));
    const context = await chromium.launchPersistentContext(profile, {
        executablePath: process.env.CHROMIUM_BIN ?? '/usr/bin/chromium',
        headless: true,
        args: FLAGS,
        locale: 'en-US',
        ...options,
    });
    context.setDefaultTimeout(10_000);
    return new Chromium(context, profile);
}

class Chromium {
    #errors = [];
    #hosts = new Set();

    constructor(context, profile) {
        this.context = context;
        this.profile = profile;
        context.on('request', (request) => {
            const { protocol, hostname } = new URL(request.url());
            if (!['data:', 'blob:', 'about:'].includes(protocol)) this.#hosts.add(hostname);
        });
        context.on('console', (message) => {
            if (message.type() === 'error') this.#errors.push(`${message.text()} (${message.location().url})`);
        });
        context.on('weberror', (problem) => this.#errors.push(String(problem.error())));
    }

    /** A new tab in the same profile. */
    page() {
        return this.context.newPage();
    }

    /** Forgets who is signed in, and all that was noted. */
    async forget() {
        for (const page of this.context.pages()) await page.close();
        await this.context.clearCookies();
        this.#errors = [];
        this.#hosts.clear();
    }

    /**
     * Asserts that since the last `forget` no script failed, no rule was broken, and nothing left this machine.
     * Chromium also reports answers of 4xx as errors; a test that provokes them names them: `{ answers: [401] }`. A page
     * with scripts of others names the hosts that they ask for in vain: `{ asked: ['fonts.example'] }`.
     */
    assertClean({ answers = [], asked = [] } = {}) {
        const provoked = [
            ...answers.map((status) => `Failed to load resource: the server responded with a status of ${status} `),
            ...asked.flatMap((host) =>
                ['http', 'https'].map((scheme) => `Failed to load resource: net::ERR_NAME_NOT_RESOLVED (${scheme}://${host}/`),
            ),
        ];
        assert.deepEqual(this.#errors.filter((text) => !provoked.some((start) => text.startsWith(start))), []);
        const own = ['127.0.0.1', 'localhost', ...asked];
        assert.deepEqual([...this.#hosts].filter((host) => !own.includes(host)), []);
    }

    async close() {
        await this.context.close();
        await rm(this.profile, { recursive: true, force: true, maxRetries: 5 });
    }
}
