import { CountersignException } from './exception.js';

/**
 * A path with values in it. A value that is missing, or that an address would swallow (`..`), must not turn the call
 * into another one.
 */
export function path(strings: TemplateStringsArray, ...values: string[]): string {
    return strings.reduce((made, string, index) => {
        const value = values[index - 1];
        if (typeof value !== 'string' || value === '' || value === '.' || value === '..') {
            throw invalid(`An id is missing or none, for ${strings.join('{id}')}.`);
        }
        return made + encodeURIComponent(value) + string;
    });
}

/** A call that was not made, because what it was given is wrong. */
export function invalid(message: string, cause?: unknown): CountersignException {
    return new CountersignException(message, 0, 'invalid_argument', '', { cause });
}
