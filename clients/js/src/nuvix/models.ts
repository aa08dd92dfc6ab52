// What the server answers. Times are texts like 2026-11-20T22:53:33.056Z; what is unset is null.

/** What every model with an id has. */
export interface Base {
    $id: string;
    $createdAt: string;
    $updatedAt: string;
    $permissions: string[];
}

/** A user's own object. */
export type Preferences = Record<string, unknown>;

/** An account as its user sees it. */
export interface User<Prefs extends object = Preferences> extends Base {
    name: string | null;
    registration: string;
    /** False when the account is blocked. */
    status: boolean;
    labels: string[];
    /** When the password was set; null: there is none. */
    passwordUpdate: string | null;
    email: string | null;
    /** In E.164: +14255550123. */
    phone: string | null;
    emailVerification: boolean;
    phoneVerification: boolean;
    /** Whether a second factor is asked for. */
    mfa: boolean;
    prefs: Prefs;
    targets: Target[];
    /** The last sign-in. */
    accessedAt: string | null;
}

/** An account as a server sees it. */
export interface ServerUser<Prefs extends object = Preferences> extends User<Prefs> {
    /** The hash of the password. */
    password: string | null;
    /** Its algorithm. */
    hash: string | null;
    /** What the algorithm was given. */
    hashOptions: Record<string, unknown>;
}

/** With what somebody came, and from where. */
export interface Visitor {
    ip: string;
    osCode: string;
    osName: string;
    osVersion: string;
    clientType: string;
    clientCode: string;
    clientName: string;
    clientVersion: string;
    clientEngine: string;
    clientEngineVersion: string;
    deviceName: string;
    deviceBrand: string;
    deviceModel: string;
    /** Two small letters; null: unknown. */
    countryCode: string | null;
    countryName: string;
}

/** A session. */
export interface Session extends Base, Visitor {
    userId: string;
    expire: string;
    /** How it was made: `phone`, `email`, `token`, `magic-url`, `anonymous`, `server`. */
    provider: string;
    providerUid: string;
    providerAccessToken: string;
    providerAccessTokenExpiry: string;
    providerRefreshToken: string;
    /** Whether it is the caller's. */
    current: boolean;
    /** What was proved in it. */
    factors: string[];
    /** For `setSession`. Only callers with an API key are told; empty for all others. */
    secret: string;
    mfaUpdatedAt: string | null;
}

/** A code or link that is on its way, or a custom token. */
export interface Token extends Base {
    /** To be sent back with the secret. */
    userId: string;
    /** Only of `users.createToken`; elsewhere empty, as the code is in the message alone. */
    secret: string;
    expire: string;
    /** What the message says too, if it was asked for; else empty. */
    phrase: string;
}

/** A token that other services can check by the keys at /.well-known/jwks.json. */
export interface Jwt {
    jwt: string;
}

/** Which factors an account can prove. */
export interface MfaFactors {
    totp: boolean;
    phone: boolean;
    email: boolean;
    recoveryCode: boolean;
}

/** An authenticator app that is being set up. */
export interface MfaType {
    /** The seed in base32, for typing. */
    secret: string;
    /** The same for a QR code. */
    uri: string;
}

/** Recovery codes: each works once. */
export interface MfaRecoveryCodes {
    recoveryCodes: string[];
}

/** A challenge: `$id` is to be sent back with the code. */
export interface MfaChallenge extends Base {
    userId: string;
    expire: string;
}

/** Where an account can be written to. */
export interface Target extends Base {
    name: string;
    userId: string;
    providerId: string | null;
    providerType: string;
    identifier: string;
    expired: boolean;
}

/** An account elsewhere that one may sign in with. The server knows none yet. */
export interface Identity extends Base {
    userId: string;
    provider: string;
    providerUid: string;
    providerEmail: string;
}

/** A team that an account belongs to. The server knows none yet. */
export interface Membership extends Base {
    userId: string;
    teamId: string;
    roles: string[];
}

/** Something that happened to an account. */
export interface Log extends Visitor {
    event: string;
    userId: string;
    userEmail: string | null;
    userName: string | null;
    /** `admin` when a server or an administrator did it. */
    mode: string;
    time: string;
}

/** Where the caller seems to be. */
export interface Locale {
    ip: string;
    countryCode: string;
    country: string;
    continentCode: string;
    continent: string;
    eu: boolean;
    currency: string | null;
}

/** The state of the server. */
export interface HealthStatus {
    name: string;
    /** Milliseconds that the database took to answer. */
    ping: number;
    status: string;
}

/** A list: under Nuvix's key and, for those who come from Appwrite, under its own name. */
export type List<Key extends string, Item> = { total: number; data: Item[] } & Record<Key, Item[]>;
export type SessionList = List<'sessions', Session>;
export type LogList = List<'logs', Log>;
export type IdentityList = List<'identities', Identity>;
export type MembershipList = List<'memberships', Membership>;
export type TargetList = List<'targets', Target>;
export type UserList<Prefs extends object = Preferences> = List<'users', ServerUser<Prefs>>;
