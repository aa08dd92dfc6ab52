/** A call that failed. `type` is what to switch on; words may change. */
export class CountersignException extends Error {
    override name = 'CountersignException';
    /** The status of the answer; 0 when there was none. */
    readonly code: number;
    /**
     * The server's name for it, such as `user_more_factors_required`. Of the client's own: `network_error`,
     * `timeout`, `invalid_answer`, `invalid_argument`.
     */
    readonly type: string;
    /** The body of the answer: an object, or the text if it was no JSON. */
    readonly response: unknown;
    /** Each thing that is wrong with the call, where the server told several. */
    readonly messages: readonly string[];
    /** Seconds to wait before another try, where the server said so (status 429). */
    readonly retryAfter: number | undefined;
    /** The server's name for this request: whoever runs the server finds it in the log. */
    readonly requestId: string | undefined;

    constructor(message: string | readonly string[], code = 0, type = '', response: unknown = '', more: Details = {}) {
        const messages = typeof message === 'string' ? [message] : message;
        super(messages.join(', '), more.cause === undefined ? undefined : { cause: more.cause });
        this.code = code;
        this.type = type;
        this.response = response;
        this.messages = messages;
        const seconds = Number(more.headers?.get('retry-after') ?? NaN);
        this.retryAfter = Number.isNaN(seconds) ? undefined : seconds;
        this.requestId = more.headers?.get('x-request-id') ?? undefined;
    }
}

interface Details {
    cause?: unknown;
    headers?: Headers;
}
