import { Jar } from '../jar.js';
import { globalFetch, inPage, send, TransportError } from '../transport.js';
import type { ClientOptions, Fetch, FetchOptions, Method, NevrError, RequestContext, Result } from './types.js';

/** Where the original's client looks when it is told nothing and there is no page. */
const DEFAULT_ORIGIN = 'http://localhost:3000';

const CODES = { network: 'NETWORK_ERROR', timeout: 'TIMEOUT', answer: 'INVALID_ANSWER' } as const;

/** The calls of one client. `done` hears of those that succeeded. */
export function createFetch(options: ClientOptions, done: (path: string) => void): Fetch {
    const jar = new Jar();
    const keep = options.keep ?? (inPage() ? 'browser' : 'memory');
    const defaults = options.fetchOptions ?? {};

    async function once(context: RequestContext, call: FetchOptions): Promise<Result<unknown>> {
        const { customFetch = globalFetch } = call;
        let answer;
        try {
            // An address that is none is also a result, not an exception.
            const url = address(options, context.path, context.query);
            const headers = new Headers({ 'Content-Type': 'application/json', ...context.headers });
            const init: RequestInit = { method: context.method, headers };
            if (context.body !== undefined) init.body = JSON.stringify(context.body);
            if (inPage() || call.credentials) init.credentials = call.credentials ?? (keep === 'browser' ? 'include' : 'omit');
            // Whoever says himself who he is does not travel with whoever was signed in here.
            const own = keep === 'memory' && !headers.has('cookie') && !headers.has('authorization');
            const cookie = own && jar.header(url);
            if (cookie) headers.set('cookie', cookie);
            call.onRequest?.({ url, options: init });
            answer = await send(customFetch, url, init, call);
            if (own) jar.keep(url, answer.response.headers);
        } catch (error) {
            return { data: null, error: unanswered(error) };
        }
        const { response, json, body } = answer;
        call.onResponse?.({ response, data: json ? body : null });
        if (response.ok) return { data: json ? body : null, error: null };
        return { data: null, error: refusal(response, json ? body : undefined) };
    }

    async function attempt(context: RequestContext, call: FetchOptions): Promise<Result<unknown>> {
        let next = () => once(context, call);
        for (const middleware of [...(options.middleware ?? [])].reverse()) {
            const inner = next;
            next = () => middleware(context, inner);
        }
        return next();
    }

    return async <T>(path: string, given: FetchOptions = {}): Promise<Result<T>> => {
        const call = { ...defaults, ...given };
        const { method = 'GET', body, query } = call;
        const start = () => ({ path, method, body, query: { ...query }, headers: { ...defaults.headers, ...given.headers } });
        let result = await attempt(start(), call);
        let retried = false;
        for (const interceptor of options.interceptors ?? []) {
            const said = await interceptor({ ...result, path, method });
            if (!('retry' in said)) result = { data: said.data, error: said.error } as Result<unknown>;
            else if (!retried) {
                retried = true;
                result = await attempt(start(), call);
            }
        }
        if (result.error) call.onError?.({ error: result.error });
        else {
            call.onSuccess?.({ data: result.data });
            done(path);
        }
        return result as Result<T>;
    };
}

function address(options: ClientOptions, path: string, query: Record<string, unknown> = {}): string {
    const { baseURL = '', basePath = '/api' } = options;
    const below = [basePath, path].map((part) => part.replace(/^\/+|\/+$/g, '')).filter(Boolean);
    const url = new URL([baseURL.replace(/\/+$/, ''), ...below].join('/'), origin());
    for (const [name, value] of Object.entries(query)) {
        if (value !== undefined && value !== null) url.searchParams.append(name, String(value));
    }
    return url.href;
}

function origin(): string {
    const here = typeof location === 'undefined' ? undefined : location.origin;
    return here && here !== 'null' ? here : DEFAULT_ORIGIN;
}

function unanswered(error: unknown): NevrError {
    const known = error instanceof TransportError ? CODES[error.kind] : undefined;
    const message = error instanceof Error ? error.message : String(error);
    return { status: 0, statusText: '', message, code: known ?? 'ABORTED', cause: error };
}

/** The documented shape is `{ error: { code, message } }`; older servers put a text in its place. */
function refusal(response: Response, body: unknown): NevrError {
    const { status, statusText } = response;
    const outer = object(body);
    const inner = object(outer['error']);
    const plain = text(outer['error']);
    const found: NevrError = {
        status,
        statusText,
        message: text(inner['message']) ?? text(outer['message']) ?? plain ?? (statusText || `The server answered ${status}.`),
    };
    const code = text(inner['code']) ?? text(outer['code']) ?? (plain && /^[A-Z0-9_]+$/.test(plain) ? plain : undefined);
    const details = inner['details'] ?? outer['errors'] ?? outer['data'];
    if (code !== undefined) found.code = code;
    if (details !== undefined) found.details = details;
    return found;
}

function object(value: unknown): Record<string, unknown> {
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function text(value: unknown): string | undefined {
    return typeof value === 'string' && value !== '' ? value : undefined;
}

/** `sendOTP` → `send-otp`. */
export function kebab(name: string): string {
    return name
        .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
        .replace(/([A-Z])([A-Z][a-z])/g, '$1-$2')
        .toLowerCase();
}

/** Calls a path with what a method was given: in the query of a GET, else in the body. */
export function callRoute<T>($fetch: Fetch, method: Method, path: string, input?: object, options: FetchOptions = {}) {
    const place = method === 'GET' ? { query: input as Record<string, unknown> } : { body: input ?? {} };
    return $fetch<T>(path, { method, ...place, ...options });
}
