// The application of app.jsx on a loopback port, bundled as its owner would bundle it, and the hands that use its login
// box.

import { once } from 'node:events';
import { createServer, request as ask } from 'node:http';
import { fileURLToPath } from 'node:url';

import { build } from 'esbuild';

import { openChromium } from '../e2e/chromium.mjs';
import { start } from './support.mjs';

/** What SDK 7 finds on its CDN here: screens that show nothing. */
const SCREENS = 'window.FronteggLoginBoxInit = window.FronteggAdminPortalInit = () => ({ render() {} });';

/** The script of an application, as its owner would bundle it. */
export async function bundle(entry) {
    const { outputFiles } = await build({
        entryPoints: [fileURLToPath(new URL(entry, import.meta.url))],
        bundle: true,
        write: false,
        jsx: 'automatic',
        define: { 'process.env.NODE_ENV': '"production"' },
        logLevel: 'warning',
    });
    return outputFiles[0].contents;
}

/** The page that loads it from `/app.js`. */
export const pageOf = (server, baseUrl) => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Application</title><link rel="icon" href="data:,"></head>
<body><div id="root"></div>
<script>window.context = ${JSON.stringify({ baseUrl, clientId: server.facts.clientId })}</script>
<script src="/app.js"></script></body></html>`;

/**
 * Serves the application of `entry`. What is below /frontegg is the server's, as with a custom domain, and that is where
 * the application calls unless `baseUrl` says otherwise.
 */
export async function serve(server, entry = 'app.jsx', baseUrl) {
    const application = await bundle(entry);
    const script = (path) => (path === '/app.js' ? application : path.startsWith('/cdn/') ? SCREENS : undefined);
    const site = createServer((request, response) => {
        const { pathname } = new URL(request.url, 'http://site');
        if (pathname.startsWith('/frontegg/')) return forward(server, request, response);
        const code = script(pathname);
        response.writeHead(200, { 'content-type': code ? 'text/javascript' : 'text/html; charset=utf-8' });
        response.end(code ?? pageOf(server, baseUrl ?? `http://${request.headers.host}`));
    }).listen(0, '127.0.0.1');
    await once(site, 'listening');
    return {
        url: `http://127.0.0.1:${site.address().port}`,
        stop() {
            site.close();
            site.closeAllConnections();
        },
    };
}

/** Hands a request on to the server, with `more` headers. */
export function forward(server, request, response, more = {}) {
    const { method } = request;
    const headers = { ...request.headers, ...more };
    const onward = ask(new URL(request.url, server.url), { method, headers }, (answer) => {
        response.writeHead(answer.statusCode, answer.headers);
        answer.pipe(response);
    });
    request.pipe(onward.on('error', () => response.destroy()));
}

/** What the tests of a file share: a server, an application on a page, a browser. */
export class Stage {
    /** Starts them one after the other: if one does not start, those before it are known and stopped. */
    async open({ settings, entry } = {}) {
        this.server = await start(settings);
        this.site = await serve(this.server, entry);
        this.browser = await openChromium();
        return this;
    }

    async close() {
        await this.browser?.close();
        this.site?.stop();
        await this.server?.stop();
    }
}

/** The login box on a page, with the hands of whoever uses it. */
export class Box {
    constructor(page, site) {
        this.page = page;
        this.site = site;
    }

    /** Opens the login box. */
    async open() {
        await this.page.goto(`${this.site.url}/account/login`);
        await this.email.waitFor();
    }

    get email() {
        return this.page.getByPlaceholder('name@example.com');
    }

    /** Says who one is. */
    async identify(email) {
        await this.email.fill(email);
        await this.press('Continue');
    }

    /** Gives address and password. */
    async logIn({ email, password }) {
        await this.email.fill(email);
        await this.page.getByPlaceholder('Enter Your Password').fill(password);
        await this.press('Login');
    }

    press(name) {
        return this.page.getByRole('button', { name, exact: true }).click();
    }

    /** Types a code into the six boxes, of which the last one has the focus when a code stands in them. */
    async code(code) {
        const digits = this.page.locator('input:visible:not([name])');
        await digits.first().waitFor();
        const filled = (await digits.first().inputValue()) !== '';
        await digits.nth(filled ? code.length - 1 : 0).click();
        if (filled) for (const _ of code) await this.page.keyboard.press('Backspace');
        await this.page.keyboard.type(code, { delay: 20 });
    }

    /** Waits until the box shows a text. */
    says(text) {
        return this.page.getByText(text).first().waitFor();
    }

    /** Waits until the application says who is there. */
    async signedIn(email) {
        await this.page.locator('#who', { hasText: `Signed in as ${email}` }).waitFor();
    }
}

/** What the box's page provokes in the console: there is no session yet, no single sign-on, and its font is elsewhere. */
export const noise = { answers: [401, 404], asked: ['fonts.googleapis.com', 'ik.imagekit.io'] };
