import { Jar } from '../jar.js';
import { type CallOptions, globalFetch, inPage, send, TransportError } from '../transport.js';
import { CountersignException } from './exception.js';
import { invalid } from './path.js';

/** Where sessions are kept. */
export type Keeping = 'browser' | 'memory' | 'none';

/** What a client may be made with. */
export interface ClientOptions {
    /**
     * Where the session is kept when no key, JWT or session was set. `browser`: in cookies, and in localStorage where
     * the server says that cookies will not do. `memory`: in this client, as long as it lives. `none`: nowhere.
     * Unless said, `browser` in a page and `memory` elsewhere.
     */
    keep?: Keeping;
    /** Milliseconds until a call is given up, unless the call says otherwise. 0 or none: no limit. */
    timeout?: number;
    /** Used in place of the global `fetch`. */
    fetch?: typeof fetch;
}

/** How a parameter may be given; what is `undefined` is left out. */
export type Params = object;

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** The name under which web clients keep what `X-Fallback-Cookies` says. */
const FALLBACK = 'cookieFallback';

/**
 * A client without services of its own: `new Account(new BaseClient()…)` brings nothing into a bundle but what is
 * named. Who does not mind a few kilobytes takes `Client`.
 */
export class BaseClient {
    readonly #keep: Keeping;
    readonly #fetch: typeof fetch;
    readonly #jar = new Jar();
    #timeout: number | undefined;
    #endpoint = '';
    #project = '';
    #key = '';
    #jwt = '';
    #session = '';
    #locale = '';

    constructor(options: ClientOptions = {}) {
        this.#keep = options.keep ?? (inPage() ? 'browser' : 'memory');
        this.#fetch = options.fetch ?? globalFetch;
        this.#timeout = options.timeout;
    }

    /** Where the server is: `https://id.example.com/v1`. In a page also `/v1`, on the page's own host. */
    setEndpoint(endpoint: string): this {
        let url: URL;
        try {
            url = new URL(endpoint, inPage() ? document.baseURI : undefined);
        } catch (cause) {
            throw invalid(`"${endpoint}" is no endpoint. It looks like https://id.example.com/v1.`, cause);
        }
        if (url.protocol !== 'https:' && url.protocol !== 'http:') throw invalid(`The endpoint "${endpoint}" is neither http nor https.`);
        if (url.username || url.password) throw invalid('The endpoint holds a user name or password. Take it out.');
        this.#endpoint = (url.origin + url.pathname).replace(/\/+$/, '');
        return this;
    }

    /** The project's id. */
    setProject(project: string): this {
        this.#project = project;
        return this;
    }

    /** An API key. For servers alone: whoever can read a page can read its key. */
    setKey(key: string): this {
        if (key && inPage()) console.warn('countersign: an API key in a page is known to everybody who opens it.');
        this.#key = key;
        return this;
    }

    /** A JWT of `account.createJWT` or `users.createJWT`. */
    setJWT(jwt: string): this {
        this.#jwt = jwt;
        return this;
    }

    /** A session: `session.secret` as a key was told it, or the value of the cookie `nx_session`. */
    setSession(session: string): this {
        this.#session = session;
        return this;
    }

    /** The language of messages: `de`, `pt-BR`. */
    setLocale(locale: string): this {
        this.#locale = locale;
        return this;
    }

    /** Milliseconds until a call is given up. 0: no limit. */
    setTimeout(milliseconds: number): this {
        this.#timeout = milliseconds;
        return this;
    }

    /** Forgets the session that this client keeps in memory, without ending it on the server. */
    forget(): this {
        this.#jar.clear();
        return this;
    }

    /** Says `Pong!` if the server is there. */
    ping(options?: CallOptions): Promise<string> {
        return this.call('GET', '/ping', {}, { ...options, text: true });
    }

    /** The address of a call that an `<img>` or `<a>` can make: the project stands in the query. */
    link(path: string, params: Params = {}): string {
        return this.#address(path, { ...params, project: this.#project || undefined });
    }

    /**
     * Makes a call. Rejects with a `CountersignException` unless the server did what was asked, and with the signal's
     * reason if that ended it.
     */
    async call<T>(method: Method, path: string, params: Params = {}, options: CallOptions & { text?: boolean } = {}): Promise<T> {
        const inQuery = method === 'GET' || method === 'DELETE';
        const address = this.#address(path, inQuery ? params : {});
        const headers = this.#headers();
        const init: RequestInit = { method, headers, redirect: 'error' };
        if (!inQuery) {
            headers.set('content-type', 'application/json');
            init.body = JSON.stringify(params);
        }
        // A caller that is named does not travel with whoever else the browser or this client remembers.
        const keep = this.#key || this.#jwt || this.#session ? 'none' : this.#keep;
        if (keep === 'browser') {
            init.credentials = 'include';
            const kept = storage()?.getItem(FALLBACK);
            if (kept) headers.set('X-Fallback-Cookies', kept);
        } else if (inPage()) init.credentials = 'omit';
        if (keep === 'memory') {
            const cookie = this.#jar.header(address);
            if (cookie) headers.set('cookie', cookie);
        }
        const { response, json, body } = await send(this.#fetch, address, init, {
            signal: options.signal,
            timeout: options.timeout ?? this.#timeout,
        }).catch((error: unknown) => {
            throw error instanceof TransportError ? failed(error) : error;
        });
        if (keep === 'memory') this.#jar.keep(address, response.headers);
        if (keep === 'browser') remember(response.headers.get('X-Fallback-Cookies'));
        if (!response.ok) throw refusal(response, json, body);
        if (!json && body !== '' && !options.text) {
            const kind = response.headers.get('content-type') ?? 'something unnamed';
            const advice = `The answer is ${kind}, not JSON. Is the endpoint right? It ends in /v1.`;
            throw new CountersignException(advice, response.status, 'invalid_answer', body, { headers: response.headers });
        }
        return (body === '' ? undefined : body) as T;
    }

    #address(path: string, params: Params): string {
        if (!this.#endpoint) throw invalid('The client has no endpoint. Call setEndpoint first.');
        const query = new URLSearchParams();
        for (const [name, value] of Object.entries(params)) {
            if (Array.isArray(value)) value.forEach((item, index) => query.append(`${name}[${index}]`, String(item)));
            else if (value !== undefined && value !== null) query.append(name, String(value));
        }
        const text = query.toString();
        return this.#endpoint + path + (text && `?${text}`);
    }

    #headers(): Headers {
        const headers = new Headers({
            'X-Nuvix-Response-Format': '1.0.0',
            'x-sdk-name': inPage() ? 'Web' : 'Node',
            'x-sdk-platform': this.#key ? 'server' : 'client',
            'x-sdk-language': 'countersign',
        });
        const said = { Project: this.#project, Key: this.#key, JWT: this.#jwt, Session: this.#session, Locale: this.#locale };
        for (const [name, value] of Object.entries(said)) if (value) headers.set(`X-Nuvix-${name}`, value);
        return headers;
    }
}

const TYPES = { network: 'network_error', timeout: 'timeout', answer: 'invalid_answer' } as const;

function failed(error: TransportError): CountersignException {
    return new CountersignException(error.message, 0, TYPES[error.kind], '', { cause: error });
}

function refusal(response: Response, json: boolean, body: unknown): CountersignException {
    const { status, statusText, headers } = response;
    const said = (json && typeof body === 'object' && body !== null ? body : {}) as { message?: unknown; type?: unknown };
    const texts = Array.isArray(said.message) ? said.message.map(String) : said.message ? String(said.message) : undefined;
    const message = texts ?? (statusText || `The server answered ${status}.`);
    // Without a body of ours it was somebody on the way who answered: a proxy, most likely.
    const type = typeof said.type === 'string' ? said.type : 'invalid_answer';
    return new CountersignException(message, status, type, body, { headers });
}

/** A page may be forbidden to store anything; reading the property alone then throws. */
function storage(): Storage | undefined {
    try {
        return window.localStorage;
    } catch {
        return undefined;
    }
}

function remember(said: string | null): void {
    if (said === null) return;
    try {
        if (said === '{}') storage()?.removeItem(FALLBACK);
        else storage()?.setItem(FALLBACK, said);
    } catch (error) {
        // The session is open all the same, and cookies may carry it.
        console.warn('countersign: the session could not be stored in localStorage.', error);
    }
}
