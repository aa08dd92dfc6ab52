/** Ids for new accounts. */
export const ID = {
    /**
     * A new id: 32 hexadecimal digits, the first 8 from the time, the others random. The id that a code was asked for
     * with is what its holder is known by until he is signed in, so nobody may be able to guess it.
     */
    unique(): string {
        const seconds = Math.floor(Date.now() / 1_000).toString(16).padStart(8, '0').slice(-8);
        const random = crypto.getRandomValues(new Uint8Array(12));
        return seconds + Array.from(random, (byte) => byte.toString(16).padStart(2, '0')).join('');
    },
    /** An id of your own: 1 to 36 of a-z, A-Z, 0-9, `.`, `-`, `_`, the first no sign. */
    custom(id: string): string {
        return id;
    },
};
