// Cookies where no browser keeps them.

interface Cookie {
    value: string;
    path: string;
    /** Milliseconds since 1970; infinite for a cookie of the session. */
    expires: number;
}

/** Keeps the cookies of one client in memory, each for the origin that set it. */
export class Jar {
    #origins = new Map<string, Map<string, Cookie>>();

    /** The `Cookie` header for an address, if there is anything to send. */
    header(address: string): string | undefined {
        const { origin, pathname } = new URL(address);
        const pairs: string[] = [];
        for (const [name, cookie] of this.#origins.get(origin) ?? []) {
            if (cookie.expires > Date.now() && covers(cookie.path, pathname)) pairs.push(`${name}=${cookie.value}`);
        }
        return pairs.length > 0 ? pairs.join('; ') : undefined;
    }

    /** Keeps what an answer set, and forgets what it cleared. */
    keep(address: string, headers: Headers): void {
        const { origin } = new URL(address);
        const cookies = this.#origins.get(origin) ?? new Map<string, Cookie>();
        this.#origins.set(origin, cookies);
        // Not everything that has fetch has this: React Native keeps cookies by itself.
        for (const line of headers.getSetCookie?.() ?? []) {
            const [pair = '', ...attributes] = line.split(';').map((part) => part.trim());
            const split = pair.indexOf('=');
            if (split < 1) continue;
            const [name, value] = [pair.slice(0, split), pair.slice(split + 1)];
            const cookie = { value, path: '/', expires: Infinity, ...read(attributes) };
            if (cookie.expires > Date.now()) cookies.set(name, cookie);
            else cookies.delete(name);
        }
    }

    /** Forgets all. */
    clear(): void {
        this.#origins.clear();
    }
}

function read(attributes: string[]): Partial<Cookie> {
    const known = new Map<string, string>();
    for (const attribute of attributes) {
        const [name = '', ...rest] = attribute.split('=');
        known.set(name.toLowerCase(), rest.join('='));
    }
    const found: Partial<Cookie> = {};
    const path = known.get('path');
    if (path?.startsWith('/')) found.path = path;
    // Max-Age goes before Expires (RFC 6265, 5.3): the clocks of both ends need not agree.
    const [age, date] = [Number(known.get('max-age') || NaN), Date.parse(known.get('expires') ?? '')];
    if (!Number.isNaN(age)) found.expires = age <= 0 ? 0 : Date.now() + age * 1_000;
    else if (!Number.isNaN(date)) found.expires = date;
    return found;
}

/** RFC 6265, 5.1.4. */
function covers(path: string, pathname: string): boolean {
    return pathname === path || pathname.startsWith(path.endsWith('/') ? path : `${path}/`);
}
