import { callRoute } from './fetch.js';
import { SessionStore } from './session.js';
import type { FetchOptions, Lambda, Plugin, Result } from './types.js';

/** A user. Times are texts like 2026-11-20T22:53:33.056Z. */
export interface User {
    id: string;
    name: string;
    /** Null for whoever came by phone and has none. */
    email: string | null;
    emailVerified: boolean;
    image?: string | null;
    /** In E.164: +14255550123. */
    phoneNumber?: string | null;
    phoneNumberVerified?: boolean;
    twoFactorEnabled?: boolean;
    createdAt: string;
    updatedAt: string;
}

/** A session. */
export interface Session {
    id: string;
    userId: string;
    /** For `revokeSession`. It opens nothing: only a sign-in tells the token that does. */
    token: string;
    expiresAt: string;
    ipAddress?: string | null;
    userAgent?: string | null;
    createdAt: string;
    updatedAt: string;
}

type Fields<API> = API extends { $Infer: { Entities: { user: infer Entity } } } ? Omit<Entity, keyof User> : object;

/** A user with the fields that an API adds. */
export type UserOf<API> = User & Fields<API>;

/** Who is signed in. */
export interface Signed<API = object> {
    user: UserOf<API>;
    session: Session;
}

/** A second factor is due before there is a session: go on with `auth.twoFactor`. */
export interface TwoFactorDue {
    twoFactorRedirect: true;
    message?: string;
    token?: undefined;
    user?: undefined;
}

/** What signing in gives. In a page the cookie carries the session; `token` is for `Authorization: Bearer`. */
export type SignIn<API = object> = { token: string; user: UserOf<API>; twoFactorRedirect?: undefined } | TwoFactorDue;

type Call<Input, Output> = (input: Input, options?: FetchOptions) => Promise<Result<Output>>;
type OptionalCall<Input, Output> = (input?: Input, options?: FetchOptions) => Promise<Result<Output>>;
type Done = { status: boolean };
type SecondFactor<API> = { token: string; user: UserOf<API> };

/** The routes of accounts with e-mail and password, and of sessions. */
export interface Auth<API> {
    signUp: {
        email: Call<
            { name: string; email: string; password: string; image?: string; phoneNumber?: string; rememberMe?: boolean },
            { token: string | null; user: UserOf<API> }
        >;
    };
    signIn: {
        email: Call<
            { email: string; password: string; callbackURL?: string; rememberMe?: boolean },
            SignIn<API> & { redirect?: boolean; url?: string }
        >;
    };
    signOut: OptionalCall<object, { success: boolean }>;
    /** Who is signed in; null: nobody. */
    getSession: OptionalCall<object, Signed<API> | null>;
    listSessions: OptionalCall<object, { sessions: Session[] }>;
    revokeSession: Call<{ token: string }, Done>;
    revokeSessions: OptionalCall<object, Done>;
    revokeOtherSessions: OptionalCall<object, Done>;
    updateUser: Call<{ name?: string; image?: string | null } & Partial<Fields<API>>, Done & { user: UserOf<API> }>;
    changePassword: Call<
        { currentPassword?: string; newPassword: string; revokeOtherSessions?: boolean },
        Done & { token: string | null; user: UserOf<API> }
    >;
    listAccounts: OptionalCall<object, { id: string; providerId: string; accountId: string; createdAt: string; updatedAt: string }[]>;
    twoFactor: TwoFactor<API>;
}

/** The second factor: what comes after a sign-in that answered `twoFactorRedirect`, and how it is set up. */
export interface TwoFactor<API> {
    /** Starts to set up an authenticator app. Whoever has a password says it. */
    enable: OptionalCall<{ password?: string; issuer?: string }, { totpUri: string; secret: string; backupCodes: string[] }>;
    /** Finishes with a code of the app. */
    verifySetup: Call<{ code: string }, { success: boolean; twoFactorEnabled: boolean }>;
    /** The app's address once more, for the app of another device. */
    getTotpUri: OptionalCall<{ password?: string }, { totpURI: string; totpUri: string }>;
    disable: OptionalCall<{ password?: string }, { success: boolean; twoFactorEnabled: boolean }>;
    generateBackupCodes: OptionalCall<{ password?: string }, Done & { backupCodes: string[] }>;
    /** Sends a code. */
    sendOtp: OptionalCall<object, Done>;
    verifyOtp: Call<{ code: string }, SecondFactor<API>>;
    verifyTotp: Call<{ code: string }, SecondFactor<API>>;
    verifyBackupCode: Call<{ code: string }, SecondFactor<API> & { remainingBackupCodes: number }>;
}

/** What this plugin adds to a client. */
export interface AuthMethods<API> {
    readonly auth: Auth<API>;
    readonly useSession: SessionStore<Signed<API>>;
}

interface AuthActions extends Lambda {
    readonly actions: AuthMethods<this['API']>;
}

/** What goes wrong with accounts and sessions, by the names in `error.code`. */
const ERROR_CODES = {
    API_DISABLED: 'This server does not speak to nevr clients.',
    BACKUP_CODES_NOT_ENABLED: 'There are no backup codes.',
    BAD_REQUEST: 'The request cannot be read.',
    BANNED_USER: 'The account is blocked.',
    EMAIL_CAN_NOT_BE_UPDATED: 'The address cannot be changed here.',
    EMAIL_NOT_VERIFIED: 'The address was not verified yet.',
    INVALID_BACKUP_CODE: 'The backup code is wrong or was used.',
    INVALID_CALLBACK_URL: 'The address to go on at is not allowed.',
    INVALID_CODE: 'The code is wrong.',
    INVALID_EMAIL_OR_PASSWORD: 'The address or the password is wrong.',
    INVALID_ORIGIN: 'This page may not call the server.',
    INVALID_PASSWORD: 'The password is wrong.',
    INVALID_TWO_FACTOR_COOKIE: 'No sign-in waits for a second factor.',
    METHOD_DISABLED: 'This way to sign in is switched off.',
    NOT_FOUND: 'There is nothing here.',
    OTP_NOT_ENABLED: 'Codes by message are not set up.',
    PROJECT_NOT_FOUND: 'The server knows no project for this host.',
    RATE_LIMITED: 'Too many requests. Wait a little.',
    SESSION_NOT_FRESH: 'Sign in again first.',
    SIGN_UP_DISABLED: 'No new accounts are taken.',
    TOO_MANY_ATTEMPTS: 'Too many tries. Ask for another code, or wait.',
    TWO_FACTOR_ALREADY_ENABLED: 'The second factor is on already.',
    TWO_FACTOR_NOT_ENABLED: 'The second factor is not on.',
    TWO_FACTOR_REQUIRED: 'A second factor is due.',
    UNAUTHORIZED: 'Nobody is signed in.',
    UNEXPECTED_ERROR: 'The server failed.',
    USER_ALREADY_EXISTS: 'There is an account with this address.',
    VALIDATION_ERROR: 'A value is missing or wrong.',
} as const;

/** Paths that may change who is signed in, or what is known of him. */
const CHANGES = /^\/auth\/(sign-|two-factor\/|revoke-|update-user$|change-|delete-user$|reset-password$|verify-email$)/;

const READ = ['get-session', 'session', 'list-sessions', 'list-accounts', 'verify-email', 'magic-link/verify'];

/** What the plugin may be made with. */
export interface AuthClientOptions {
    /** Whether to ask who is signed in again when the window gets the focus; true unless said. */
    refetchOnFocus?: boolean;
}

/** Accounts with e-mail and password, sessions, and `useSession`, which follows who is signed in. */
export function authClient(options: AuthClientOptions = {}): Plugin<AuthActions, typeof ERROR_CODES> {
    return {
        id: 'auth',
        methods: Object.fromEntries(READ.map((name) => [`/auth/${name}`, 'GET'])),
        changesSession: (path) => CHANGES.test(path),
        $ERROR_CODES: ERROR_CODES,
        create({ $fetch, onSessionChange }) {
            const ask = () => callRoute<Signed | null>($fetch, 'GET', '/auth/get-session');
            const useSession = new SessionStore(ask, options.refetchOnFocus ?? true);
            onSessionChange((path) => useSession.changed(path === '/auth/sign-out'));
            // The routes themselves need no code: each is the path of its name.
            return { auth: {}, useSession };
        },
    };
}
