// Debian's chromium, driven by playwright-core: it can reach nothing but this machine, and tells all that it saw.

import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
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
    '--no-proxy-server',
];

/** Names but our own lead nowhere, so that a stray address fails here and not on somebody else's machine. */
const resolve = (hosts) =>
    `--host-resolver-rules=${hosts.map((host) => `MAP ${host} 127.0.0.1, `).join('')}MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1`;

/**
 * Starts chromium with an empty profile. `hosts` are names that lead to this machine as well. With `thirdParty` it is like a
 * browser that takes cookies of other sites than the page's, which Debian's does not.
 */
export async function openChromium({ hosts = [], thirdParty = false, ...options } = {}) {
    const profile = await mkdtemp(join(tmpdir(), 'countersign-chromium-'));
    if (thirdParty) {
        await mkdir(join(profile, 'Default'));
        const preferences = { profile: { block_third_party_cookies: false, cookie_controls_mode: 0 } };
        await writeFile(join(profile, 'Default', 'Preferences'), JSON.stringify(preferences));
    }
    const context = await chromium.launchPersistentContext(profile, {
        executablePath: process.env.CHROMIUM_BIN ?? '/usr/bin/chromium',
        headless: true,
        args: [...FLAGS, resolve(hosts)],
        locale: 'en-US',
        ...options,
    });
    context.setDefaultTimeout(10_000);
    return new Chromium(context, profile, hosts);
}

class Chromium {
    #errors = [];
    #hosts = new Set();

    constructor(context, profile, hosts) {
        this.context = context;
        this.profile = profile;
        this.hosts = hosts;
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
        const own = ['127.0.0.1', 'localhost', ...this.hosts, ...asked];
        assert.deepEqual([...this.#hosts].filter((host) => !own.includes(host)), []);
    }

    async close() {
        await this.context.close();
        await rm(this.profile, { recursive: true, force: true, maxRetries: 5 });
    }
}
