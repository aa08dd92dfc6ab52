// What the compiler must accept, and what it must refuse. Nothing here runs.

import { Account, AuthenticatorType, Avatars, BaseClient, Client, CountersignException, ID, type Models, NuvixException, Query, Users } from 'countersign';

/** Fails to compile unless both are the same type. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <A, B>(_: Same<A, B>): void => undefined;

const nx = new Client({ keep: 'memory', timeout: 5_000 }).setEndpoint('https://id.example.com/v1').setProject('demo').setLocale('de');

export async function phone() {
    const token = await nx.account.createPhoneToken({ userId: ID.unique(), phone: '+14255550123' });
    same<typeof token, Models.Token>(true);
    const session = await nx.account.createSession({ userId: token.userId, secret: '123456' }, { timeout: 1_000 });
    same<(typeof session)['factors'], string[]>(true);
    // @ts-expect-error parameters have names
    await nx.account.createPhoneToken(ID.unique(), '+14255550123');
    // @ts-expect-error the number is missing
    await nx.account.createPhoneToken({ userId: ID.unique() });
    // @ts-expect-error a misspelt parameter
    await nx.account.createSession({ userID: 'a', secret: 'b' });
    // @ts-expect-error no such option
    await nx.account.get({ timeOut: 5 });
    const nothing = await nx.account.deleteSession({ sessionId: 'current' });
    same<typeof nothing, void>(true);
}

export async function mfa(account: Account, avatars: Avatars) {
    const { recoveryCodes } = await account.createMfaRecoveryCodes();
    same<typeof recoveryCodes, string[]>(true);
    const { secret, uri } = await account.createMfaAuthenticator({ type: 'totp' });
    await account.createMFAAuthenticator({ type: AuthenticatorType.Totp });
    const picture: string = avatars.getQR({ text: uri + secret, size: 800, margin: 0, download: false });
    await account.updateMFA({ enabled: true });
    await account.updateMFA({ mfa: false });
    // @ts-expect-error one of the two
    await account.updateMFA({});
    await account.createMfaChallenge({ factor: 'recoverycode' });
    // @ts-expect-error no such factor
    await account.createMfaChallenge({ factor: 'fax' });
    // @ts-expect-error no such kind
    await account.createMFAAuthenticator({ type: 'sms' });
    return picture;
}

export async function users() {
    const users = new Users(new BaseClient().setKey('key'));
    const { secret } = await users.createToken({ userId: 'a', length: 32, expire: 120 });
    same<typeof secret, string>(true);
    await users.updatePhone({ userId: 'a', phone: '+1' });
    await users.updatePhone({ userId: 'a', number: '+1' });
    // @ts-expect-error which user?
    await users.updateStatus({ status: true });
    const { users: list, data, total } = await users.list<{ theme: string }>({ queries: [Query.equal('status', true)] });
    same<typeof list, typeof data>(true);
    same<typeof total, number>(true);
    return list[0]?.prefs.theme.toUpperCase();
}

interface Prefs {
    theme: 'dark' | 'light';
}

export async function prefs() {
    const me = await nx.account.get<Prefs>();
    same<typeof me.prefs.theme, 'dark' | 'light'>(true);
    same<typeof me.email, string | null>(true);
    // @ts-expect-error it may be null
    me.email.toLowerCase();
    // @ts-expect-error accounts show no hash; users do
    me.hash;
    await nx.account.updatePrefs<Prefs>({ prefs: { theme: 'dark' } });
}

export function exception(error: unknown) {
    if (error instanceof NuvixException) same<typeof error, CountersignException>(true);
    if (!(error instanceof CountersignException)) return undefined;
    const { code, type, response, retryAfter } = error;
    same<typeof response, unknown>(true);
    return type === 'user_more_factors_required' && code === 401 && (retryAfter ?? 0) > 5;
}

// @ts-expect-error services of the full client are not on the small one
new BaseClient().account;
// @ts-expect-error kept nowhere else
new Client({ keep: 'disk' });
