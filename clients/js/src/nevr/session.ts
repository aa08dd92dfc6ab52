import { inPage } from '../transport.js';
import type { NevrError, Result } from './types.js';

/** Who is signed in, as far as is known. Each state is a new object, and none changes. */
export interface SessionState<Session> {
    readonly data: Session | null;
    readonly error: NevrError | null;
    /** Whether an answer is on its way. */
    readonly isPending: boolean;
}

type Listener<Session> = (state: SessionState<Session>) => void;

/**
 * Follows who is signed in: asks the server in a page at once and when its window gets the focus, elsewhere when
 * somebody listens. It is a store for Svelte and nanostores; React's `useSyncExternalStore` takes `listen` and `get`.
 */
export class SessionStore<Session> {
    readonly #ask: () => Promise<Result<Session | null>>;
    readonly #listeners = new Set<Listener<Session>>();
    #state: SessionState<Session> = { data: null, error: null, isPending: true };
    #turn = 0;
    #begun = false;

    constructor(ask: () => Promise<Result<Session | null>>, onFocus: boolean) {
        this.#ask = ask;
        if (!inPage()) return;
        // After the client is made, so that whoever made it may listen from the start.
        queueMicrotask(() => this.#begin());
        if (onFocus) window.addEventListener('focus', () => void this.refetch());
    }

    readonly get = (): SessionState<Session> => this.#state;

    /** Tells the state now and whenever it changes. Answers how to stop. */
    readonly subscribe = (listener: Listener<Session>): (() => void) => {
        const stop = this.listen(listener);
        listener(this.#state);
        return stop;
    };

    /** As `subscribe`, but not now. */
    readonly listen = (listener: Listener<Session>): (() => void) => {
        // Of its own, so that a listener given twice is told twice and stopped one at a time.
        const mine: Listener<Session> = (state) => listener(state);
        this.#listeners.add(mine);
        this.#begin();
        return () => void this.#listeners.delete(mine);
    };

    /** Asks the server again. */
    readonly refetch = async (): Promise<void> => {
        this.#begun = true;
        const mine = ++this.#turn;
        if (!this.#state.isPending) this.#set({ isPending: true });
        const { data, error } = await this.#ask();
        // Somebody signed in or out meanwhile: what was asked before that is old.
        if (mine !== this.#turn) return;
        // A server that cannot be reached has signed nobody out.
        if (error) this.#set({ error, isPending: false, ...(error.status === 401 ? { data: null } : {}) });
        else this.#set({ data, error: null, isPending: false });
    };

    /** Somebody may have signed in or, `out`, has certainly signed out: what is on its way is old. */
    readonly changed = (out: boolean): void => {
        // Whom nobody asked for is not looked up: a server makes many clients.
        if (!this.#begun) return;
        if (out) this.#set({ data: null, error: null });
        void this.refetch();
    };

    #begin(): void {
        if (!this.#begun) void this.refetch();
    }

    #set(next: Partial<SessionState<Session>>): void {
        this.#state = { ...this.#state, ...next };
        for (const listener of [...this.#listeners]) listener(this.#state);
    }
}
