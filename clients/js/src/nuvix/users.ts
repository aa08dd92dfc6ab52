import type { CallOptions } from '../transport.js';
import type { BaseClient } from './base.js';
import type { AuthenticatorType, PasswordHash } from './enums.js';
import type * as Models from './models.js';
import { path } from './path.js';

/** Names one user. */
export interface UserId {
    userId: string;
}

/** Which of a user's targets. */
export interface TargetId {
    targetId: string;
}

/** A user to be made. All may be left out; without `userId` the server makes an id. */
export interface NewUser {
    userId?: string;
    email?: string;
    phone?: string;
    password?: string;
    name?: string;
}

/** A user whose password was hashed elsewhere: `password` is the hash. */
export interface HashedUser extends NewUser {
    password: string;
}

/** Which part of a list. `total: false` does not count. */
export interface ListParams {
    queries?: string[];
    search?: string;
    total?: boolean;
}

/** Users as a server manages them. Wants an API key with `users.read` or `users.write`. */
export class Users {
    constructor(readonly client: BaseClient) {}

    // Vouching for a user

    /** A custom token: whoever gives it to `account.createSession` with this user's id is signed in. */
    createToken(
        params: UserId & {
            /** Hexadecimal digits, 4 to 128; 6 unless said. From 32 on there is no limit of wrong tries. */
            length?: number;
            /** Seconds it works, 60 to 31536000; 900 unless said. */
            expire?: number;
        },
        options?: CallOptions,
    ): Promise<Models.Token> {
        const { userId, ...rest } = params;
        return this.client.call('POST', path`/users/${userId}/tokens`, rest, options);
    }

    /** Opens a session; its `secret` is what `setSession` takes. */
    createSession(params: UserId, options?: CallOptions): Promise<Models.Session> {
        return this.client.call('POST', path`/users/${params.userId}/sessions`, {}, options);
    }

    /** A JWT that acts as the user, in his newest session unless said; it lives `duration` seconds (900). */
    createJWT(params: UserId & { sessionId?: string; duration?: number }, options?: CallOptions): Promise<Models.Jwt> {
        const { userId, ...rest } = params;
        return this.client.call('POST', path`/users/${userId}/jwts`, rest, options);
    }

    // Making, finding, deleting

    create(params: NewUser = {}, options?: CallOptions): Promise<Models.ServerUser> {
        return this.client.call('POST', '/users', params, options);
    }

    createArgon2User(params: HashedUser, options?: CallOptions): Promise<Models.ServerUser> {
        return this.client.call('POST', '/users/argon2', params, options);
    }

    createBcryptUser(params: HashedUser, options?: CallOptions): Promise<Models.ServerUser> {
        return this.client.call('POST', '/users/bcrypt', params, options);
    }

    createMD5User(params: HashedUser, options?: CallOptions): Promise<Models.ServerUser> {
        return this.client.call('POST', '/users/md5', params, options);
    }

    createPHPassUser(params: HashedUser, options?: CallOptions): Promise<Models.ServerUser> {
        return this.client.call('POST', '/users/phpass', params, options);
    }

    createSHAUser(params: HashedUser & { passwordVersion?: PasswordHash }, options?: CallOptions): Promise<Models.ServerUser> {
        return this.client.call('POST', '/users/sha', params, options);
    }

    createScryptUser(
        params: HashedUser & {
            passwordSalt: string;
            passwordCpu?: number;
            passwordMemory?: number;
            passwordParallel?: number;
            passwordLength?: number;
        },
        options?: CallOptions,
    ): Promise<Models.ServerUser> {
        return this.client.call('POST', '/users/scrypt', params, options);
    }

    /** For users of Firebase. */
    createScryptModifiedUser(
        params: HashedUser & { passwordSalt: string; passwordSaltSeparator: string; passwordSignerKey: string },
        options?: CallOptions,
    ): Promise<Models.ServerUser> {
        return this.client.call('POST', '/users/scrypt-modified', params, options);
    }

    list<Prefs extends object = Models.Preferences>(params: ListParams = {}, options?: CallOptions): Promise<Models.UserList<Prefs>> {
        return this.client.call('GET', '/users', params, options);
    }

    get<Prefs extends object = Models.Preferences>(params: UserId, options?: CallOptions): Promise<Models.ServerUser<Prefs>> {
        return this.client.call('GET', path`/users/${params.userId}`, {}, options);
    }

    /** Deletes the user with all that belongs to him. */
    delete(params: UserId, options?: CallOptions): Promise<void> {
        return this.client.call('DELETE', path`/users/${params.userId}`, {}, options);
    }

    // Changing: what a server says is so, without a proof

    getPrefs<Prefs extends object = Models.Preferences>(params: UserId, options?: CallOptions): Promise<Prefs> {
        return this.client.call('GET', path`/users/${params.userId}/prefs`, {}, options);
    }

    updatePrefs<Prefs extends object = Models.Preferences>(params: UserId & { prefs: Prefs }, options?: CallOptions): Promise<Prefs> {
        return this.client.call('PATCH', path`/users/${params.userId}/prefs`, { prefs: params.prefs }, options);
    }

    /** `false` blocks the user. */
    updateStatus(params: UserId & { status: boolean }, options?: CallOptions): Promise<Models.ServerUser> {
        return this.#update('status', params, options);
    }

    updateLabels(params: UserId & { labels: string[] }, options?: CallOptions): Promise<Models.ServerUser> {
        return this.client.call('PUT', path`/users/${params.userId}/labels`, { labels: params.labels }, options);
    }

    updateName(params: UserId & { name: string }, options?: CallOptions): Promise<Models.ServerUser> {
        return this.#update('name', params, options);
    }

    /** Ends the user's sessions too. An empty text takes the password away. */
    updatePassword(params: UserId & { password: string }, options?: CallOptions): Promise<Models.ServerUser> {
        return this.#update('password', params, options);
    }

    /** An empty text takes the address away. */
    updateEmail(params: UserId & { email: string }, options?: CallOptions): Promise<Models.ServerUser> {
        return this.#update('email', params, options);
    }

    /** Nuvix calls it `phone`, Appwrite `number`. An empty text takes it away. */
    updatePhone(params: UserId & ({ phone: string } | { number: string }), options?: CallOptions): Promise<Models.ServerUser> {
        return this.#update('phone', params, options);
    }

    updateEmailVerification(params: UserId & { emailVerification: boolean }, options?: CallOptions): Promise<Models.ServerUser> {
        return this.#update('verifications/email', params, options);
    }

    updatePhoneVerification(params: UserId & { phoneVerification: boolean }, options?: CallOptions): Promise<Models.ServerUser> {
        return this.#update('verifications/phone', params, options);
    }

    // What belongs to a user

    listSessions(params: UserId, options?: CallOptions): Promise<Models.SessionList> {
        return this.client.call('GET', path`/users/${params.userId}/sessions`, {}, options);
    }

    deleteSession(params: UserId & { sessionId: string }, options?: CallOptions): Promise<void> {
        return this.client.call('DELETE', path`/users/${params.userId}/sessions/${params.sessionId}`, {}, options);
    }

    deleteSessions(params: UserId, options?: CallOptions): Promise<void> {
        return this.client.call('DELETE', path`/users/${params.userId}/sessions`, {}, options);
    }

    listLogs(params: UserId & { queries?: string[]; total?: boolean }, options?: CallOptions): Promise<Models.LogList> {
        const { userId, ...rest } = params;
        return this.client.call('GET', path`/users/${userId}/logs`, rest, options);
    }

    listMemberships(params: UserId, options?: CallOptions): Promise<Models.MembershipList> {
        return this.client.call('GET', path`/users/${params.userId}/memberships`, {}, options);
    }

    /** Wants a key with `targets.read`. */
    listTargets(params: UserId & { queries?: string[]; total?: boolean }, options?: CallOptions): Promise<Models.TargetList> {
        const { userId, ...rest } = params;
        return this.client.call('GET', path`/users/${userId}/targets`, rest, options);
    }

    /** Adds an address, a number or a device. Wants a key with `targets.write`, as do the next two. */
    createTarget(
        params: UserId & {
            targetId: string;
            providerType: 'email' | 'sms' | 'push';
            identifier: string;
            providerId?: string;
            name?: string;
        },
        options?: CallOptions,
    ): Promise<Models.Target> {
        const { userId, ...rest } = params;
        return this.client.call('POST', path`/users/${userId}/targets`, rest, options);
    }

    updateTarget(
        params: UserId & TargetId & { identifier?: string; providerId?: string; name?: string },
        options?: CallOptions,
    ): Promise<Models.Target> {
        const { userId, targetId, ...rest } = params;
        return this.client.call('PATCH', path`/users/${userId}/targets/${targetId}`, rest, options);
    }

    deleteTarget(params: UserId & TargetId, options?: CallOptions): Promise<void> {
        return this.client.call('DELETE', path`/users/${params.userId}/targets/${params.targetId}`, {}, options);
    }

    /** Wants a key with `targets.read`. */
    getTarget(params: UserId & TargetId, options?: CallOptions): Promise<Models.Target> {
        return this.client.call('GET', path`/users/${params.userId}/targets/${params.targetId}`, {}, options);
    }

    listIdentities(params: ListParams = {}, options?: CallOptions): Promise<Models.IdentityList> {
        return this.client.call('GET', '/users/identities', params, options);
    }

    deleteIdentity(params: { identityId: string }, options?: CallOptions): Promise<void> {
        return this.client.call('DELETE', path`/users/identities/${params.identityId}`, {}, options);
    }

    // Second factors; newer SDKs write MFA, older ones Mfa

    updateMFA(params: UserId & { mfa: boolean }, options?: CallOptions): Promise<Models.ServerUser> {
        return this.#update('mfa', params, options);
    }

    listMFAFactors(params: UserId, options?: CallOptions): Promise<Models.MfaFactors> {
        return this.client.call('GET', path`/users/${params.userId}/mfa/factors`, {}, options);
    }

    getMFARecoveryCodes(params: UserId, options?: CallOptions): Promise<Models.MfaRecoveryCodes> {
        return this.client.call('GET', path`/users/${params.userId}/mfa/recovery-codes`, {}, options);
    }

    createMFARecoveryCodes(params: UserId, options?: CallOptions): Promise<Models.MfaRecoveryCodes> {
        return this.client.call('PATCH', path`/users/${params.userId}/mfa/recovery-codes`, {}, options);
    }

    /** Makes others in their place. */
    updateMFARecoveryCodes(params: UserId, options?: CallOptions): Promise<Models.MfaRecoveryCodes> {
        return this.client.call('PUT', path`/users/${params.userId}/mfa/recovery-codes`, {}, options);
    }

    deleteMFAAuthenticator(params: UserId & { type: AuthenticatorType }, options?: CallOptions): Promise<void> {
        return this.client.call('DELETE', path`/users/${params.userId}/mfa/authenticators/${params.type}`, {}, options);
    }

    /** As `updateMFA`. */
    updateMfa(params: UserId & { mfa: boolean }, options?: CallOptions): Promise<Models.ServerUser> {
        return this.updateMFA(params, options);
    }

    /** As `listMFAFactors`. */
    listMfaFactors(params: UserId, options?: CallOptions): Promise<Models.MfaFactors> {
        return this.listMFAFactors(params, options);
    }

    /** As `getMFARecoveryCodes`. */
    getMfaRecoveryCodes(params: UserId, options?: CallOptions): Promise<Models.MfaRecoveryCodes> {
        return this.getMFARecoveryCodes(params, options);
    }

    /** As `createMFARecoveryCodes`. */
    createMfaRecoveryCodes(params: UserId, options?: CallOptions): Promise<Models.MfaRecoveryCodes> {
        return this.createMFARecoveryCodes(params, options);
    }

    /** As `updateMFARecoveryCodes`. */
    updateMfaRecoveryCodes(params: UserId, options?: CallOptions): Promise<Models.MfaRecoveryCodes> {
        return this.updateMFARecoveryCodes(params, options);
    }

    /** As `deleteMFAAuthenticator`. */
    deleteMfaAuthenticator(params: UserId & { type: AuthenticatorType }, options?: CallOptions): Promise<void> {
        return this.deleteMFAAuthenticator(params, options);
    }

    #update(what: string, params: UserId, options?: CallOptions): Promise<Models.ServerUser> {
        const { userId, ...rest } = params;
        return this.client.call('PATCH', path`/users/${userId}/` + what, rest, options);
    }
}
