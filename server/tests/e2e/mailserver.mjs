// A mail server of a test's own, with certificates of an authority of its own.

import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';

import PostalMime from 'postal-mime';
import { SMTPServer } from 'smtp-server';

/** How long a mail may take to arrive. */
const PATIENCE = 10_000;

/** Who may hand mail to a server. */
export const account = { username: 'shop@mail.example', password: 'p4ss Wört "of" the shop' };

/** An authority that nobody else knows: `file` has its certificate. */
export async function createAuthority() {
    const folder = await mkdtemp(join(tmpdir(), 'countersign-authority-'));
    const at = (name) => join(folder, name);
    const certificate = async (name, subject, ...more) => {
        const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', at(`${name}.key`)];
        const given = ['-x509', '-days', '2', '-subj', subject, '-out', at(`${name}.pem`)];
        await promisify(execFile)('openssl', ['req', ...key, ...given, ...more]);
        return { key: await readFile(at(`${name}.key`)), cert: await readFile(at(`${name}.pem`)) };
    };
    await certificate('authority', '/CN=An authority of a test', '-addext', 'keyUsage=critical,keyCertSign');
    return {
        file: at('authority.pem'),
        /** A key and a certificate for the server called `host`. */
        issue: (host) => {
            const by = ['-CA', at('authority.pem'), '-CAkey', at('authority.key')];
            const name = ['-addext', `subjectAltName=DNS:${host}`, '-addext', 'basicConstraints=critical,CA:FALSE'];
            return certificate(host, `/CN=${host}`, ...by, ...name);
        },
        remove: () => rm(folder, { recursive: true, force: true }),
    };
}

/** A port that nobody listens on. */
export async function closedPort() {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address();
    await new Promise((resolve) => server.close(resolve));
    return port;
}

/** A server that takes mail from `account`, and from nobody who has not encrypted. Options are those of smtp-server. */
export class MailServer {
    /** Passwords that somebody tried. */
    passwords = [];
    /** Whom mail was to go to, taken or not. */
    recipients = [];
    #mails = [];
    #waiting = [];

    static async start(certificate, options = {}) {
        const server = new MailServer(certificate, options);
        await once(server.smtp.listen(0, '127.0.0.1'), 'listening');
        return server;
    }

    constructor(certificate, { unknown = [], ...options }) {
        this.smtp = new SMTPServer({
            ...certificate,
            authMethods: ['PLAIN', 'LOGIN'],
            disableReverseLookup: true,
            logger: false,
            onAuth: ({ username, password }, _session, callback) => {
                this.passwords.push(password);
                const right = username === account.username && password === account.password;
                callback(right ? null : new Error('5.7.8 Authentication failed'), { user: username });
            },
            onRcptTo: ({ address }, _session, callback) => {
                this.recipients.push(address);
                const refusal = Object.assign(new Error(`<${address}>: no such user here`), { responseCode: 550 });
                callback(unknown.includes(address) ? refusal : null);
            },
            onData: (stream, session, callback) => {
                this.#take(stream, session).then(() => callback(null), callback);
            },
            ...options,
        });
        // A client that goes away in the middle is what some tests are about.
        this.smtp.on('error', () => {});
    }

    get port() {
        return this.smtp.server.address().port;
    }

    /** What a project says of this server. */
    provider(name, security, more = {}) {
        const reach = { kind: 'smtp', host: 'localhost', port: this.port, security };
        return { name, from: 'no-reply@shop.example', account: { ...reach, ...account, ...more } };
    }

    /** All mails that were taken. */
    get mails() {
        return [...this.#mails];
    }

    /** The next mail to `address`; waits until there is one. */
    async mail(address) {
        const found = this.#mails.findIndex((mail) => mail.to === address);
        if (found >= 0) return this.#mails.splice(found, 1)[0];
        return new Promise((resolve, reject) => {
            const late = setTimeout(() => reject(new Error(`no mail to ${address} within ${PATIENCE} ms`)), PATIENCE);
            this.#waiting.push({ address, resolve: (mail) => (clearTimeout(late), resolve(mail)) });
        });
    }

    async #take(stream, session) {
        const message = await PostalMime.parse(await buffer(stream));
        const [{ address: to }] = session.envelope.rcptTo;
        const mail = {
            to,
            from: session.envelope.mailFrom.address,
            hello: session.hostNameAppearsAs,
            user: session.user,
            encrypted: session.secure,
            message,
            header: (name) => message.headers.find(({ key }) => key === name)?.value,
        };
        const next = this.#waiting.findIndex(({ address }) => address === to);
        if (next >= 0) this.#waiting.splice(next, 1)[0].resolve(mail);
        else this.#mails.push(mail);
    }

    stop() {
        return new Promise((resolve) => this.smtp.close(resolve));
    }
}
