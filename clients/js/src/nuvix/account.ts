import type { CallOptions } from '../transport.js';
import type { BaseClient } from './base.js';
import type { AuthenticationFactor, AuthenticatorType } from './enums.js';
import type * as Models from './models.js';
import { path } from './path.js';

/** What the secret of a message, or a custom token, is exchanged with. */
export interface Proof {
    /** The one that the answer to the request had, or the link. */
    userId: string;
    /** The code, the `secret` of the link, or the custom token. */
    secret: string;
}

/** The account of whoever calls: signing up, signing in, and what belongs to it. */
export class Account {
    constructor(readonly client: BaseClient) {}

    // Signing in by phone, e-mail and custom token

    /** Sends a code to a number. Nobody is signed in yet: give `userId` of the answer and the code to `createSession`. */
    createPhoneToken(params: { userId: string; phone: string }, options?: CallOptions): Promise<Models.Token> {
        return this.client.call('POST', '/account/tokens/phone', params, options);
    }

    /** Sends a code to an e-mail address. With `phrase` message and answer show the same words. */
    createEmailToken(params: { userId: string; email: string; phrase?: boolean }, options?: CallOptions): Promise<Models.Token> {
        return this.client.call('POST', '/account/tokens/email', params, options);
    }

    /** Sends a link to an e-mail address. It leads to `url`, or to the server's own page. */
    createMagicURLToken(
        params: { userId: string; email: string; url?: string; phrase?: boolean },
        options?: CallOptions,
    ): Promise<Models.Token> {
        return this.client.call('POST', '/account/tokens/magic-url', params, options);
    }

    /** Signs in with the code or link of a message, or with a custom token of `users.createToken`. */
    createSession(params: Proof, options?: CallOptions): Promise<Models.Session> {
        return this.client.call('POST', '/account/sessions/token', params, options);
    }

    /** Signs in with an e-mail address and a password. */
    createEmailPasswordSession(params: { email: string; password: string }, options?: CallOptions): Promise<Models.Session> {
        return this.client.call('POST', '/account/sessions/email', params, options);
    }

    /** Signs a guest in to an account of his own. */
    createAnonymousSession(options?: CallOptions): Promise<Models.Session> {
        return this.client.call('POST', '/account/sessions/anonymous', {}, options);
    }

    /** @deprecated Use `createSession`. */
    updatePhoneSession(params: Proof, options?: CallOptions): Promise<Models.Session> {
        return this.client.call('PUT', '/account/sessions/phone', params, options);
    }

    /** @deprecated Use `createSession`. */
    updateMagicURLSession(params: Proof, options?: CallOptions): Promise<Models.Session> {
        return this.client.call('PUT', '/account/sessions/magic-url', params, options);
    }

    // Sessions

    /** All sessions of the account. */
    listSessions(options?: CallOptions): Promise<Models.SessionList> {
        return this.client.call('GET', '/account/sessions', {}, options);
    }

    /** One session; `current` is the caller's. */
    getSession(params: { sessionId: string }, options?: CallOptions): Promise<Models.Session> {
        return this.client.call('GET', path`/account/sessions/${params.sessionId}`, {}, options);
    }

    /** Lets a session live for another whole duration from now. */
    updateSession(params: { sessionId: string }, options?: CallOptions): Promise<Models.Session> {
        return this.client.call('PATCH', path`/account/sessions/${params.sessionId}`, {}, options);
    }

    /** Ends a session; `current` signs out. */
    deleteSession(params: { sessionId: string }, options?: CallOptions): Promise<void> {
        return this.client.call('DELETE', path`/account/sessions/${params.sessionId}`, {}, options);
    }

    /** Signs out everywhere. */
    deleteSessions(options?: CallOptions): Promise<void> {
        return this.client.call('DELETE', '/account/sessions', {}, options);
    }

    /** A token for other services; it lives for `duration` seconds (900). */
    createJWT(params: { duration?: number } = {}, options?: CallOptions): Promise<Models.Jwt> {
        return this.client.call('POST', '/account/jwts', params, options);
    }

    // The account

    /** Makes an account with a password. It signs nobody in. */
    create<Prefs extends object = Models.Preferences>(
        params: { userId: string; email: string; password: string; name?: string },
        options?: CallOptions,
    ): Promise<Models.User<Prefs>> {
        return this.client.call('POST', '/account', params, options);
    }

    /** Who is signed in. Fails with `user_more_factors_required` while a second factor is due. */
    get<Prefs extends object = Models.Preferences>(options?: CallOptions): Promise<Models.User<Prefs>> {
        return this.client.call('GET', '/account', {}, options);
    }

    /** The user's own object. */
    getPrefs<Prefs extends object = Models.Preferences>(options?: CallOptions): Promise<Prefs> {
        return this.client.call('GET', '/account/prefs', {}, options);
    }

    /** Replaces the user's own object, and answers it. */
    updatePrefs<Prefs extends object = Models.Preferences>(params: { prefs: Prefs }, options?: CallOptions): Promise<Prefs> {
        return this.client.call('PATCH', '/account/prefs', params, options);
    }

    updateName(params: { name: string }, options?: CallOptions): Promise<Models.User> {
        return this.client.call('PATCH', '/account/name', params, options);
    }

    /** Sets the password and ends all other sessions. Whoever has a password says the old one. */
    updatePassword(params: { password: string; oldPassword?: string }, options?: CallOptions): Promise<Models.User> {
        return this.client.call('PATCH', '/account/password', params, options);
    }

    /** Sets the address, unverified. For an account without a password this is its first one. */
    updateEmail(params: { email: string; password: string }, options?: CallOptions): Promise<Models.User> {
        return this.client.call('PATCH', '/account/email', params, options);
    }

    /** Sets the number, unverified. For an account without a password this is its first one. */
    updatePhone(params: { phone: string; password: string }, options?: CallOptions): Promise<Models.User> {
        return this.client.call('PATCH', '/account/phone', params, options);
    }

    /** Blocks the account. Only a server can undo it. */
    updateStatus(options?: CallOptions): Promise<Models.User> {
        return this.client.call('PATCH', '/account/status', {}, options);
    }

    /** What happened to the account, newest first. */
    listLogs(params: { queries?: string[]; total?: boolean } = {}, options?: CallOptions): Promise<Models.LogList> {
        return this.client.call('GET', '/account/logs', params, options);
    }

    listIdentities(params: { queries?: string[]; total?: boolean } = {}, options?: CallOptions): Promise<Models.IdentityList> {
        return this.client.call('GET', '/account/identities', params, options);
    }

    deleteIdentity(params: { identityId: string }, options?: CallOptions): Promise<void> {
        return this.client.call('DELETE', path`/account/identities/${params.identityId}`, {}, options);
    }

    /** Registers the device of this session for push messages. It goes with the session. */
    createPushTarget(
        params: { targetId: string; identifier: string; providerId?: string },
        options?: CallOptions,
    ): Promise<Models.Target> {
        return this.client.call('POST', '/account/targets/push', params, options);
    }

    updatePushTarget(params: { targetId: string; identifier: string }, options?: CallOptions): Promise<Models.Target> {
        const { targetId, ...rest } = params;
        return this.client.call('PUT', path`/account/targets/${targetId}/push`, rest, options);
    }

    deletePushTarget(params: { targetId: string }, options?: CallOptions): Promise<void> {
        return this.client.call('DELETE', path`/account/targets/${params.targetId}/push`, {}, options);
    }

    // Verification and recovery

    /** Sends a link to the account's address. It leads to `url`, or to the server's own page. */
    createEmailVerification(params: { url?: string } = {}, options?: CallOptions): Promise<Models.Token> {
        return this.client.call('POST', '/account/verifications/email', params, options);
    }

    /** Verifies the address with what the link carried. */
    updateEmailVerification(params: Proof, options?: CallOptions): Promise<Models.Token> {
        return this.client.call('PUT', '/account/verifications/email', params, options);
    }

    /** @deprecated Use `createEmailVerification`. */
    createVerification(params: { url?: string } = {}, options?: CallOptions): Promise<Models.Token> {
        return this.createEmailVerification(params, options);
    }

    /** @deprecated Use `updateEmailVerification`. */
    updateVerification(params: Proof, options?: CallOptions): Promise<Models.Token> {
        return this.updateEmailVerification(params, options);
    }

    /** Sends a code to the account's number. It works in this session. */
    createPhoneVerification(options?: CallOptions): Promise<Models.Token> {
        return this.client.call('POST', '/account/verifications/phone', {}, options);
    }

    /** Verifies the number with the code. */
    updatePhoneVerification(params: Proof, options?: CallOptions): Promise<Models.Token> {
        return this.client.call('PUT', '/account/verifications/phone', params, options);
    }

    /** Sends a link for a new password, if an account has the address. The answer is the same if none has. */
    createRecovery(params: { email: string; url?: string }, options?: CallOptions): Promise<Models.Token> {
        return this.client.call('POST', '/account/recovery', params, options);
    }

    /** Sets a new password with what the link carried, and ends all sessions. */
    updateRecovery(params: Proof & { password: string }, options?: CallOptions): Promise<Models.Token> {
        return this.client.call('PUT', '/account/recovery', params, options);
    }

    // Second factors. Newer SDKs write MFA, the guides Mfa: both are here, and are the same.

    /** Switches the second factor on or off. */
    updateMFA(params: { mfa: boolean } | { enabled: boolean }, options?: CallOptions): Promise<Models.User> {
        return this.client.call('PATCH', '/account/mfa', params, options);
    }

    /** Which factors the account can prove. Also answers while one is due. */
    listMFAFactors(options?: CallOptions): Promise<Models.MfaFactors> {
        return this.client.call('GET', '/account/mfa/factors', {}, options);
    }

    /** Starts to set up an authenticator app; `uri` is for a QR code. */
    createMFAAuthenticator(params: { type: AuthenticatorType }, options?: CallOptions): Promise<Models.MfaType> {
        return this.client.call('POST', path`/account/mfa/authenticators/${params.type}`, {}, options);
    }

    /** Finishes with a code of the app. */
    updateMFAAuthenticator(params: { type: AuthenticatorType; otp: string }, options?: CallOptions): Promise<Models.User> {
        return this.client.call('PUT', path`/account/mfa/authenticators/${params.type}`, { otp: params.otp }, options);
    }

    /** Removes the app. Wants a second factor of the last half hour. */
    deleteMFAAuthenticator(params: { type: AuthenticatorType }, options?: CallOptions): Promise<void> {
        return this.client.call('DELETE', path`/account/mfa/authenticators/${params.type}`, {}, options);
    }

    /** Makes recovery codes. Show them now: they cannot be read later. */
    createMFARecoveryCodes(options?: CallOptions): Promise<Models.MfaRecoveryCodes> {
        return this.client.call('POST', '/account/mfa/recovery-codes', {}, options);
    }

    /** Makes others in their place. Wants a second factor of the last half hour. */
    updateMFARecoveryCodes(options?: CallOptions): Promise<Models.MfaRecoveryCodes> {
        return this.client.call('PATCH', '/account/mfa/recovery-codes', {}, options);
    }

    /** Those that are left; in the session that made them, for ten minutes. */
    getMFARecoveryCodes(options?: CallOptions): Promise<Models.MfaRecoveryCodes> {
        return this.client.call('GET', '/account/mfa/recovery-codes', {}, options);
    }

    /** Asks for a second factor, and sends a code where it takes one. Keep `$id` of the answer. */
    createMFAChallenge(params: { factor: AuthenticationFactor | 'recoveryCode' }, options?: CallOptions): Promise<Models.MfaChallenge> {
        return this.client.call('POST', '/account/mfa/challenges', params, options);
    }

    /** Shows the second factor. From now on the session is a full one. */
    updateMFAChallenge(params: { challengeId: string; otp: string }, options?: CallOptions): Promise<Models.Session> {
        return this.client.call('PUT', '/account/mfa/challenges', params, options);
    }

    /** As `listMFAFactors`. */
    listMfaFactors(options?: CallOptions): Promise<Models.MfaFactors> {
        return this.listMFAFactors(options);
    }

    /** As `createMFAAuthenticator`. */
    createMfaAuthenticator(params: { type: AuthenticatorType }, options?: CallOptions): Promise<Models.MfaType> {
        return this.createMFAAuthenticator(params, options);
    }

    /** As `updateMFAAuthenticator`. */
    updateMfaAuthenticator(params: { type: AuthenticatorType; otp: string }, options?: CallOptions): Promise<Models.User> {
        return this.updateMFAAuthenticator(params, options);
    }

    /** As `deleteMFAAuthenticator`. */
    deleteMfaAuthenticator(params: { type: AuthenticatorType }, options?: CallOptions): Promise<void> {
        return this.deleteMFAAuthenticator(params, options);
    }

    /** As `createMFARecoveryCodes`. */
    createMfaRecoveryCodes(options?: CallOptions): Promise<Models.MfaRecoveryCodes> {
        return this.createMFARecoveryCodes(options);
    }

    /** As `updateMFARecoveryCodes`. */
    updateMfaRecoveryCodes(options?: CallOptions): Promise<Models.MfaRecoveryCodes> {
        return this.updateMFARecoveryCodes(options);
    }

    /** As `getMFARecoveryCodes`. */
    getMfaRecoveryCodes(options?: CallOptions): Promise<Models.MfaRecoveryCodes> {
        return this.getMFARecoveryCodes(options);
    }

    /** As `createMFAChallenge`. */
    createMfaChallenge(params: { factor: AuthenticationFactor | 'recoveryCode' }, options?: CallOptions): Promise<Models.MfaChallenge> {
        return this.createMFAChallenge(params, options);
    }

    /** As `updateMFAChallenge`. */
    updateMfaChallenge(params: { challengeId: string; otp: string }, options?: CallOptions): Promise<Models.Session> {
        return this.updateMFAChallenge(params, options);
    }

    /** As `updateMFA`. */
    updateMfa(params: { mfa: boolean } | { enabled: boolean }, options?: CallOptions): Promise<Models.User> {
        return this.updateMFA(params, options);
    }

    /** @deprecated A guide's prose calls `createMFAAuthenticator` so. */
    addAuthenticator(params: { type: AuthenticatorType }, options?: CallOptions): Promise<Models.MfaType> {
        return this.createMFAAuthenticator(params, options);
    }

    /** @deprecated A guide's prose calls `updateMFAAuthenticator` so. */
    verifyMfaAuthenticator(params: { type: AuthenticatorType; otp: string }, options?: CallOptions): Promise<Models.User> {
        return this.updateMFAAuthenticator(params, options);
    }
}
