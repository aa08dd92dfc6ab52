// What the compiler must accept, and what it must refuse. Nothing here runs.

import { createClient as fromClient } from 'countersign/client';
import { createClient, type Fetch, type Lambda, type NevrError, type Plugin, type Result } from 'countersign/nevr';
import { authClient, type Session, type User } from 'countersign/nevr/auth';
import { phoneNumberClient } from 'countersign/nevr/phone-number';
import { authClient as auth } from 'countersign/plugins/auth/client';
import { phoneNumberClient as phoneNumber } from 'countersign/plugins/auth/phone-number/client';

import type { METHODS } from './methods.mjs';

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <A, B>(_: Same<A, B>): void => undefined;

interface API {
    $Infer: { Entities: { user: { id: string; plan: 'free' | 'paid' } } };
}

const client = createClient<API>()({ baseURL: '/api', plugins: [authClient(), phoneNumberClient()] });
export const again = fromClient<API>()({ plugins: [auth(), phoneNumber()] });

export async function guide() {
    const sent = await client.auth.phoneNumber.sendOTP({ phoneNumber: '+1234567890' });
    same<typeof sent, Result<{ success: boolean; expiresIn: number }>>(true);
    await client.auth.phoneNumber.verify({ phoneNumber: '+1234567890', code: '123456' });
    const { data, error } = await client.auth.signIn.phoneNumber({ phoneNumber: '+1234567890', code: '123456' });
    await client.auth.signIn.phoneNumber({ phoneNumber: '+1234567890', password: 'p', rememberMe: false });
    await client.auth.phoneNumber.requestPasswordReset({ phoneNumber: '+1234567890' });
    await client.auth.phoneNumber.resetPassword({ phoneNumber: '+1234567890', otp: '123456', newPassword: 'new-pass' });
    if (error) {
        same<typeof error, NevrError>(true);
        same<typeof data, null>(true);
        return undefined;
    }
    // @ts-expect-error a second factor may be due, and then there is nobody yet
    data.user.id;
    if (data.twoFactorRedirect) return client.auth.twoFactor.verifyTotp({ code: '123456' });
    same<typeof data.token, string>(true);
    same<typeof data.user.plan, 'free' | 'paid'>(true);
    return data.user.phoneNumber;
}

export async function both() {
    // Both plugins have auth.signIn: neither hides the other.
    await client.auth.signIn.email({ email: 'a@example.com', password: 'p' });
    await client.auth.signUp.email({ name: 'A', email: 'a@example.com', password: 'p' });
    const { data } = await client.auth.getSession();
    same<NonNullable<typeof data>['session'], Session>(true);
    await client.auth.signOut();
    await client.auth.updateUser({ name: 'B', plan: 'paid' });
    // @ts-expect-error no such plan
    await client.auth.updateUser({ plan: 'golden' });
    // @ts-expect-error a code or a password
    await client.auth.signIn.phoneNumber({ phoneNumber: '+1' });
    // @ts-expect-error a misspelt method
    await client.auth.phoneNumber.sendOtp({ phoneNumber: '+1' });
    // @ts-expect-error the number is missing
    await client.auth.phoneNumber.sendOTP({});
    await client.$call.auth.anything.atAll({ a: 1 }, { method: 'PUT' });
    const stop = client.useSession.subscribe(({ data, isPending }) => [data?.user.plan, isPending]);
    stop();
    const code: string = client.$ERROR_CODES.INVALID_OTP + client.$ERROR_CODES.UNAUTHORIZED;
    // @ts-expect-error no such name
    client.$ERROR_CODES.NO_SUCH_NAME;
    return code;
}

export async function alone() {
    const phone = createClient()({ plugins: [phoneNumberClient()] });
    await phone.auth.phoneNumber.sendOTP({ phoneNumber: '+1' });
    // @ts-expect-error that is the other plugin's
    phone.useSession;
    // @ts-expect-error and so is this
    phone.auth.signIn.email;
    const { data } = await createClient()({ plugins: [authClient({ refetchOnFocus: false })] }).auth.getSession();
    if (data) same<typeof data.user, User & object>(true);
    const bare = createClient()();
    same<typeof bare.$fetch, Fetch>(true);
    const { data: stats } = await bare.$fetch<{ n: number }>('/stats', { query: { page: 1 } });
    return stats?.n;
}

interface GreetActions extends Lambda {
    readonly actions: { readonly auth: { greet: (name: string) => Promise<Result<string>> } };
}
const greet = (): Plugin<GreetActions> => ({
    id: 'greet',
    create: ({ $fetch }) => ({ auth: { greet: (name: string) => $fetch(`/greet/${name}`) } }),
});

export async function own() {
    const client = createClient()({ plugins: [authClient(), greet()] });
    const { data } = await client.auth.greet('Ada');
    await client.auth.signOut();
    return data?.length;
}

/** The paths of all methods of a group: `signIn.email`. */
type Paths<Group> = { [Name in keyof Group & string]: Group[Name] extends (...args: never[]) => unknown ? Name : `${Name}.${Paths<Group[Name]>}` }[keyof Group & string];
same<Paths<typeof client.auth>, (typeof METHODS)[number]>(true);
