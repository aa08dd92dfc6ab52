// What both shapes share: one request with its limits, and what comes back.

/** What a call may be given beside its parameters. */
export interface CallOptions {
    /** Ends the call early. The promise then rejects with the signal's reason. */
    signal?: AbortSignal | null;
    /** Milliseconds until the call is given up. 0 or none: no limit. */
    timeout?: number;
}

/** A call that got no usable answer: nothing arrived, it took too long, or it was no JSON. */
export class TransportError extends Error {
    override name = 'TransportError';
    constructor(
        readonly kind: 'network' | 'timeout' | 'answer',
        message: string,
        options?: ErrorOptions,
    ) {
        super(message, options);
    }
}

/** An answer that was read to its end. */
export interface Answer {
    response: Response;
    /** Whether `body` was JSON. */
    json: boolean;
    /** The parsed JSON, else the text. */
    body: unknown;
}

/** Timers of browsers and Node end at once when they are asked for more. */
const LONGEST = 2 ** 31 - 1;

/** Sends one request and reads its answer, whatever its status. */
export async function send(fetcher: typeof fetch, url: string, init: RequestInit, options: CallOptions): Promise<Answer> {
    const { signal, timeout = 0 } = options;
    const controller = new AbortController();
    const forward = () => controller.abort(signal?.reason);
    if (signal?.aborted) forward();
    else signal?.addEventListener('abort', forward, { once: true });
    const give = () => controller.abort(new TransportError('timeout', `No answer within ${timeout} ms.`));
    const timer = timeout > 0 ? setTimeout(give, Math.min(timeout, LONGEST)) : undefined;
    try {
        const response = await fetcher(url, { ...init, signal: controller.signal });
        return { response, ...parse(response, await response.text()) };
    } catch (error) {
        if (controller.signal.aborted) throw controller.signal.reason;
        if (error instanceof TransportError) throw error;
        // The query of an address may hold secrets, so the message has none.
        const target = url.replace(/[?#].*/s, '');
        throw new TransportError('network', `No answer from ${target}: ${reason(error)}`, { cause: error });
    } finally {
        clearTimeout(timer);
        signal?.removeEventListener('abort', forward);
    }
}

function parse(response: Response, text: string): { json: boolean; body: unknown } {
    const json = /\bjson\b/i.test(response.headers.get('content-type') ?? '') && text !== '';
    if (!json) return { json, body: text };
    try {
        return { json, body: JSON.parse(text) };
    } catch (error) {
        throw new TransportError('answer', `The answer (status ${response.status}) is broken JSON.`, { cause: error });
    }
}

/** What went wrong in words; Node's `fetch` hides it one level down. */
function reason(error: unknown): string {
    const inner = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    return inner instanceof Error ? inner.message || inner.name : String(inner);
}

/** Whether this is a page: there the browser keeps the cookies. */
export function inPage(): boolean {
    return typeof document !== 'undefined';
}

/** The `fetch` of the moment of the call, so that it may be replaced after the client was made. */
export const globalFetch: typeof fetch = (input, init) => globalThis.fetch(input, init);
