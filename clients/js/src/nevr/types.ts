import type { CallOptions } from '../transport.js';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** Why a call failed. */
export interface NevrError {
    /** The status of the answer; 0 when there was none. */
    status: number;
    statusText: string;
    message: string;
    /**
     * The server's name for it, a key of `$ERROR_CODES`. Of the client's own: `NETWORK_ERROR`, `TIMEOUT`, `ABORTED`,
     * `INVALID_ANSWER`.
     */
    code?: string;
    /** What is wrong with each field, or what else the server told. */
    details?: unknown;
    /** What was thrown, where there was no answer. */
    cause?: unknown;
}

/** What every call gives: it never throws for what a server or network does. */
export type Result<T> = { data: T; error: null } | { data: null; error: NevrError };

/** How a call is made. What a call is given goes before what the client was given. */
export interface FetchOptions extends CallOptions {
    method?: Method;
    headers?: Record<string, string>;
    body?: unknown;
    query?: Record<string, unknown>;
    credentials?: RequestCredentials;
    /** Used in place of the global `fetch`. */
    customFetch?: typeof fetch;
    onRequest?: (context: { url: string; options: RequestInit }) => void;
    onResponse?: (context: { response: Response; data: unknown }) => void;
    onSuccess?: (context: { data: unknown }) => void;
    onError?: (context: { error: NevrError }) => void;
}

/** Calls a path below `basePath`. */
export type Fetch = <T = unknown>(path: string, options?: FetchOptions) => Promise<Result<T>>;

/** A request that is about to be made; headers, body and query may be changed. */
export interface RequestContext {
    readonly path: string;
    readonly method: Method;
    headers: Record<string, string>;
    body?: unknown;
    query?: Record<string, unknown>;
}

/** Runs around each request. `next` may be called again, to try once more, or not at all. */
export type Middleware = (context: RequestContext, next: () => Promise<Result<unknown>>) => Promise<Result<unknown>>;

/** Sees each result, and gives it on, another one, or `{ retry: true }` for one more try. */
export type Interceptor = (
    context: Result<unknown> & { path: string; method: Method },
) => Result<unknown> | { retry: true } | Promise<Result<unknown> | { retry: true }>;

/** A type that depends on the API of the client: `actions` may speak of `this['API']`. */
export interface Lambda {
    readonly API: unknown;
    readonly actions: object;
}

/** What a plugin may use of its client. */
export interface PluginContext {
    readonly $fetch: Fetch;
    /** Tells when a call may have changed who is signed in, with the path of that call. */
    onSessionChange(listener: (path: string) => void): void;
}

/** Something that adds methods to a client. */
export interface Plugin<Actions extends Lambda = Lambda, Codes extends object = object> {
    readonly id: string;
    /** The methods of paths that are called by other than POST. */
    readonly methods?: Readonly<Record<string, Method>>;
    /** Whether a successful call of this path may change who is signed in. */
    changesSession?(path: string): boolean;
    readonly $ERROR_CODES?: Codes;
    create(context: PluginContext): object;
    /** Never there: carries the type of the methods. */
    readonly $actions?: Actions;
}

/** What a client may be made with. */
export interface ClientOptions<Plugins extends readonly Plugin[] = readonly Plugin[]> {
    /** The server: `https://id.example.com`. Unless said, the page's origin, or http://localhost:3000. */
    baseURL?: string;
    /** What comes after it: `/api` unless said. */
    basePath?: string;
    fetchOptions?: FetchOptions;
    plugins?: Plugins;
    middleware?: readonly Middleware[];
    interceptors?: readonly Interceptor[];
    /**
     * Where cookies are kept: by the browser, in this client as long as it lives, or nowhere. Unless said, `browser`
     * in a page and `memory` elsewhere.
     */
    keep?: 'browser' | 'memory' | 'none';
}

/**
 * Any route, by its name in camel case: `client.$call.auth.someThing({ a: 1 })` posts to /auth/some-thing. Its types are
 * not known: each call takes `(input?, options?)` and gives a `Result`.
 */
export type AnyRoute = Readonly<Record<string, any>>;

type Intersection<Union> = (Union extends unknown ? (member: Union) => void : never) extends (all: infer All) => void ? All : never;
type ActionsOf<P, API> = P extends Plugin<infer L, infer _> ? (L & { readonly API: API })['actions'] : never;
type CodesOf<P> = P extends Plugin<infer _, infer Codes> ? Codes : never;

/** A client with the methods of its plugins. Where two have the same group of methods, it has those of both. */
export type NevrClient<API, Plugins extends readonly Plugin[]> = Intersection<ActionsOf<Plugins[number], API>> & {
    readonly $fetch: Fetch;
    /** Routes that no plugin names. */
    readonly $call: AnyRoute;
    readonly $ERROR_CODES: Intersection<CodesOf<Plugins[number]>>;
};
