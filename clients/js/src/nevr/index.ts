import { createFetch } from './fetch.js';
import { merge, routes } from './proxy.js';
import type { ClientOptions, Method, NevrClient, Plugin } from './types.js';

export { type SessionState, SessionStore } from './session.js';
export type {
    AnyRoute,
    ClientOptions,
    Fetch,
    FetchOptions,
    Interceptor,
    Lambda,
    Method,
    Middleware,
    NevrClient,
    NevrError,
    Plugin,
    PluginContext,
    RequestContext,
    Result,
} from './types.js';

/**
 * Makes a client: `createClient<API>()({ plugins: [authClient(), phoneNumberClient()] })`. The first call takes the
 * type, the second finds out all others by itself. Of the API type only `$Infer.Entities.user` is used: the fields that
 * users have beyond the usual ones.
 */
export function createClient<API = object>() {
    return <const Plugins extends readonly Plugin[] = readonly []>(options: ClientOptions<Plugins> = {}): NevrClient<API, Plugins> => {
        const plugins: readonly Plugin[] = options.plugins ?? [];
        const listeners: ((path: string) => void)[] = [];
        const $fetch = createFetch(options, (path) => {
            if (plugins.some((plugin) => plugin.changesSession?.(path))) for (const listener of listeners) listener(path);
        });
        const methods: Record<string, Method> = {};
        const codes: Record<string, string> = {};
        const tree: Record<string, unknown> = { $fetch, $ERROR_CODES: codes };
        for (const plugin of plugins) {
            Object.assign(methods, plugin.methods);
            Object.assign(codes, plugin.$ERROR_CODES);
            merge(tree, plugin.create({ $fetch, onSessionChange: (listener) => void listeners.push(listener) }));
        }
        return routes($fetch, methods, { ...tree, $call: routes($fetch, methods, {}) }) as NevrClient<API, Plugins>;
    };
}
