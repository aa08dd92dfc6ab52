// A page and a server of different sites, both over https: the cookies must travel between them (`SameSite=None; Secure`),
// for pages of the project and for no others. TLS ends in a proxy in front of the server, as docs/operations.md has it.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

import { openChromium } from '../e2e/chromium.mjs';
import { bundle, forward, pageOf } from './box.mjs';
import { number, start } from './support.mjs';

/** Three names that belong to nobody (RFC 2606), each a site of its own. */
const ID = 'id.login.example';
const APP = 'app.shop.example';
const STRANGER = 'app.stranger.example';

let server, browser, id, app, stranger;
before(async () => {
    server = await start({}, { COUNTERSIGN_TRUSTED_PROXIES: '127.0.0.1' });
    await server.command('project', 'platform', 'add', server.project, APP, '--name', 'Web');
    const tls = await certificate();
    id = await listen(tls, ID, (request, response) => {
        const { remoteAddress } = request.socket;
        forward(server, request, response, { 'x-forwarded-for': remoteAddress, 'x-forwarded-proto': 'https' });
    });
    const script = await bundle('api7.js');
    const page = (request, response) => {
        const isScript = request.url === '/app.js';
        response.writeHead(200, { 'content-type': isScript ? 'text/javascript' : 'text/html; charset=utf-8' });
        response.end(isScript ? script : pageOf(server, id.url));
    };
    app = await listen(tls, APP, page);
    stranger = await listen(tls, STRANGER, page);
    browser = await openChromium({ hosts: [ID, APP, STRANGER], thirdParty: true, ignoreHTTPSErrors: true });
    await known();
});
after(async () => {
    await browser?.close();
    for (const site of [id, app, stranger]) site?.stop();
    await server?.stop();
});
beforeEach(() => browser.forget());

/** A certificate that signs itself, and its key. */
async function certificate() {
    const folder = await mkdtemp(join(tmpdir(), 'countersign-tls-'));
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
    const names = ['-subj', `/CN=${ID}`, '-addext', `subjectAltName=DNS:${ID},DNS:${APP},DNS:${STRANGER}`];
    try {
        await promisify(execFile)('openssl', ['req', '-x509', ...curve, ...names, '-days', '2', '-keyout', key, '-out', cert]);
        return { key: await readFile(key), cert: await readFile(cert) };
    } finally {
        await rm(folder, { recursive: true });
    }
}

/** A site over https. */
async function listen(tls, host, answer) {
    const site = createServer(tls, answer).listen(0, '127.0.0.1');
    await once(site, 'listening');
    return {
        url: `https://${host}:${site.address().port}`,
        stop() {
            site.close();
            site.closeAllConnections();
        },
    };
}

/** Waits until the running server knows the platform that the command line added. */
async function known() {
    const headers = { origin: app.url, 'access-control-request-method': 'POST' };
    for (const deadline = Date.now() + 10_000; ; await sleep(50)) {
        const asked = await fetch(`${server.url}/frontegg/vendors/public`, { method: 'OPTIONS', headers });
        if (asked.status === 204) return;
        if (Date.now() > deadline) throw new Error(`the platform is not known: ${asked.status}`);
    }
}

async function open(site) {
    const page = await browser.page();
    await page.goto(site.url);
    await page.waitForFunction(() => window.api);
    return page;
}

/** What a call of the SDK's part `auth` answers, or `{ refused, status }`. */
const call = (page, name, body) =>
    page.evaluate(
        ([name, body]) =>
            window.api.auth[name](body).then(
                (answer) => answer ?? {},
                (error) => ({ refused: String(error.message ?? error), status: error.statusCode }),
            ),
        [name, body],
    );

/** Signs in by a code at a page of the application. */
async function signIn() {
    const ada = await server.person({ phone: number() });
    const page = await open(app);
    const { phoneNumber } = await call(page, 'passwordlessPreLogin', { type: 'SmsCode', phoneNumber: ada.phone });
    assert.match(phoneNumber, /\*{5}\d{3}$/);
    const { code } = await server.inbox(ada.phone, 'sign-in');
    const { user, refused } = await call(page, 'passwordlessPostLoginV2', { type: 'SmsCode', token: code });
    assert.equal(refused, undefined);
    assert.equal(user.email, ada.email);
    return { ada, page };
}

/** Who is there after a reload, when the page has nothing but its cookies. */
async function reloaded(page) {
    await page.reload();
    await page.waitForFunction(() => window.api);
    assert.equal((await call(page, 'getMeV2')).status, 401, 'the token was in memory alone');
    const { user } = await call(page, 'refreshTokenV3');
    return user?.email;
}

test('a page of another site signs in by SMS, stays signed in after a reload, and signs out', async () => {
    const { ada, page } = await signIn();
    const cookies = await browser.context.cookies(id.url);
    assert.deepEqual(cookies.map(({ name }) => name.replace(/_[^_]*$/, '')).sort(), ['fe_device', 'fe_refresh']);
    for (const { name, domain, secure, httpOnly, sameSite } of cookies) {
        assert.deepEqual([domain, secure, httpOnly, sameSite], [ID, true, true, 'None'], name);
    }
    assert.equal(await page.evaluate(() => document.cookie), '');
    for (const again of [1, 2]) assert.equal(await reloaded(page), ada.email, `reload ${again}`);
    assert.equal((await call(page, 'getMeV2')).email, ada.email);
    await call(page, 'logout');
    assert.equal(await reloaded(page), undefined);
    browser.assertClean({ answers: [401] });
});

test('a page that is no platform of the project learns nothing and changes nothing with the same cookies', async () => {
    const { ada, page } = await signIn();
    const before = await browser.context.cookies(id.url);
    const foreign = await open(stranger);
    for (const [name, body] of [
        ['refreshTokenV3'],
        ['passwordlessPreLogin', { type: 'SmsCode', phoneNumber: ada.phone }],
        ['logout'],
        ['getVendorPublicAuthStrategiesConfig'],
    ]) {
        const answer = await call(foreign, name, body);
        assert.equal(answer.status, undefined, `${name} was answered: ${JSON.stringify(answer)}`);
        assert.match(answer.refused ?? JSON.stringify(answer), /fetch/i, name);
    }
    // What needs no preflight arrives, with the cookies, and is refused there.
    const blind = await foreign.evaluate(
        (url) => fetch(url, { method: 'POST', mode: 'no-cors', credentials: 'include', body: '{}' }).then(({ type }) => type),
        `${id.url}/frontegg/identity/resources/auth/v1/logout`,
    );
    assert.equal(blind, 'opaque');
    assert.deepEqual(await browser.context.cookies(id.url), before);
    assert.equal(await reloaded(page), ada.email);
});
