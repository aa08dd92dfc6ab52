// What the suites share with those of the server: the binary under test, an authenticator app, a browser. They live in
// server/tests/e2e, and so do the packages they need.

import { once } from 'node:events';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';

export { carried, start, wrong } from '../../../server/tests/e2e/harness.mjs';

/** Loads a helper of server/tests/e2e that needs packages. */
export async function borrow(name) {
    try {
        return await import(new URL(`../../../server/tests/e2e/${name}`, import.meta.url));
    } catch (error) {
        if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error;
        throw new Error(`${name} of server/tests/e2e needs its packages: run npm ci there first.`, { cause: error });
    }
}

/** Matches a failed call, for `assert.rejects`. */
export function refusal(code, type) {
    return { name: 'CountersignException', code, type };
}

/**
 * A server that answers each call with what `answer(call)` says: `{ status?, headers?, body? }`, where a body that is
 * no text becomes JSON. Keeps the calls: `{ method, path, query, headers, body }`.
 */
export async function fake(answer) {
    const calls = [];
    const server = createServer(async (request, response) => {
        const url = new URL(request.url, 'http://fake');
        const sent = await text(request);
        const call = {
            method: request.method,
            path: url.pathname,
            query: Object.fromEntries(url.searchParams),
            headers: request.headers,
            body: sent === '' ? undefined : JSON.parse(sent),
        };
        calls.push(call);
        const { status = 200, headers = {}, body } = (await answer(call, calls.length)) ?? {};
        if (body === undefined) return response.writeHead(status === 200 ? 204 : status, headers).end();
        const json = typeof body !== 'string';
        response.writeHead(status, { 'content-type': json ? 'application/json; charset=utf-8' : 'text/html', ...headers });
        response.end(json ? JSON.stringify(body) : body);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return {
        calls,
        url: `http://127.0.0.1:${server.address().port}`,
        last: () => calls.at(-1),
        stop() {
            server.close();
            server.closeAllConnections();
        },
    };
}
