import { callRoute, kebab } from './fetch.js';
import type { Fetch, FetchOptions, Method } from './types.js';

type Tree = Record<string, unknown>;

/** Adds `more` to `into`; groups that both have are joined, of methods that both have the later counts. */
export function merge(into: Tree, more: object): Tree {
    for (const [name, value] of Object.entries(more)) {
        const there = into[name];
        into[name] = isGroup(value) ? merge(isGroup(there) ? there : {}, value) : value;
    }
    return into;
}

/** A plain object: methods below it, or more groups. */
function isGroup(value: unknown): value is Tree {
    return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

/** What the language itself asks objects for: none of them is a route. */
const NO_ROUTES = new Set(['then', 'catch', 'finally', 'toJSON', 'toString', 'valueOf', 'constructor', 'prototype']);

/**
 * The methods of `tree`, and for every other name a route: `auth.twoFactor.enable(input)` calls
 * /auth/two-factor/enable.
 */
export function routes($fetch: Fetch, methods: Readonly<Record<string, Method>>, tree: Tree, above = ''): unknown {
    const made = new Map<string, unknown>();
    return new Proxy(() => undefined, {
        get(_, name) {
            if (typeof name !== 'string') return undefined;
            const own = Object.hasOwn(tree, name) ? tree[name] : undefined;
            if (own !== undefined && !isGroup(own)) return own;
            if (own === undefined && NO_ROUTES.has(name)) return undefined;
            // A leading $ marks what is no route: its group is given as it is.
            if (own !== undefined && name.startsWith('$')) return own;
            if (!made.has(name)) made.set(name, routes($fetch, methods, own ?? {}, `${above}/${kebab(name)}`));
            return made.get(name);
        },
        has: (_, name) => Object.hasOwn(tree, name),
        apply: (_, __, [input, options]: [object?, FetchOptions?]) => callRoute($fetch, methods[above] ?? 'POST', above, input, options),
    });
}
