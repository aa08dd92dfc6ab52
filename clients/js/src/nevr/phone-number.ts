import type { SignIn, UserOf } from './auth.js';
import { callRoute } from './fetch.js';
import type { FetchOptions, Lambda, Plugin, Result } from './types.js';

type Call<Input, Output> = (input: Input, options?: FetchOptions) => Promise<Result<Output>>;

/** Whoever has a password may sign in with it in place of a code. */
export type PhoneSignIn = { phoneNumber: string; code: string } | { phoneNumber: string; password: string; rememberMe?: boolean };

/** The routes of the phone-number plugin. */
export interface PhoneNumber<API> {
    phoneNumber: {
        /** Sends a code. `expiresIn` is in seconds. */
        sendOTP: Call<{ phoneNumber: string }, { success: boolean; expiresIn: number }>;
        /** Signed in: adds the number to the account. Else: says whether the code is right, which leaves it usable once. */
        verify: Call<{ phoneNumber: string; code: string }, { success: boolean; verified: boolean; user: UserOf<API> | null }>;
        /** Sends a code for a new password, if an account has the number. The answer is the same if none has. */
        requestPasswordReset: Call<{ phoneNumber: string }, { success: boolean }>;
        /** Sets the password and ends all sessions. */
        resetPassword: Call<{ phoneNumber: string; otp: string; newPassword: string }, { success: boolean }>;
    };
    signIn: {
        /** Signs in; a new number is a new account. */
        phoneNumber: Call<PhoneSignIn, SignIn<API>>;
    };
}

/** What this plugin adds to a client. */
export interface PhoneNumberMethods<API> {
    readonly auth: PhoneNumber<API>;
}

interface PhoneNumberActions extends Lambda {
    readonly actions: PhoneNumberMethods<this['API']>;
}

/** What goes wrong with numbers and codes, by the names in `error.code`. */
const ERROR_CODES = {
    INVALID_PHONE_NUMBER: 'This is no phone number. It looks like +14255550123.',
    INVALID_PHONE_NUMBER_OR_PASSWORD: 'The number or the password is wrong.',
    PHONE_NUMBER_NOT_VERIFIED: 'The number was not verified yet.',
    PHONE_NUMBER_ALREADY_EXISTS: 'Another account has this number.',
    PHONE_NUMBER_CANNOT_BE_UPDATED: 'A number is changed by verifying the new one.',
    OTP_EXPIRED: 'The code is too old. Ask for another.',
    INVALID_OTP: 'The code is wrong.',
    SEND_OTP_FAILED: 'The code could not be sent.',
    SEND_OTP_NOT_IMPLEMENTED: 'The server has no way to send codes.',
    UNEXPECTED_ERROR: 'The server failed.',
    USER_NOT_FOUND: 'There is no such account.',
    PASSWORD_RESET_OTP_INVALID: 'The code is wrong or too old. Ask for another.',
    PASSWORD_TOO_WEAK: 'The password is too weak.',
} as const;

/** Signing in by phone. */
export function phoneNumberClient(): Plugin<PhoneNumberActions, typeof ERROR_CODES> {
    return {
        id: 'phone-number',
        changesSession: (path) => path === '/auth/phone-number/verify' || path === '/auth/sign-in/phone-number',
        $ERROR_CODES: ERROR_CODES,
        create({ $fetch }) {
            const post = (path: string) => (input?: object, options?: FetchOptions) =>
                callRoute<unknown>($fetch, 'POST', `/auth/${path}`, input, options);
            return {
                auth: {
                    phoneNumber: {
                        sendOTP: post('phone-number/send-otp'),
                        verify: post('phone-number/verify'),
                        requestPasswordReset: post('phone-number/request-password-reset'),
                        resetPassword: post('phone-number/reset-password'),
                    },
                    signIn: { phoneNumber: post('sign-in/phone-number') },
                },
            };
        },
    };
}
