export { Account, type Proof } from './nuvix/account.js';
export { Avatars } from './nuvix/avatars.js';
export { BaseClient, type ClientOptions, type Keeping } from './nuvix/base.js';
export { Client } from './nuvix/client.js';
export { AuthenticationFactor, AuthenticatorType, PasswordHash } from './nuvix/enums.js';
export {
    CountersignException,
    /** The same class, by the name that Nuvix clients know. */
    CountersignException as NuvixException,
    /** The same class, by the name that Appwrite clients know. */
    CountersignException as AppwriteException,
} from './nuvix/exception.js';
export { Health } from './nuvix/health.js';
export { ID } from './nuvix/id.js';
export { Locale } from './nuvix/locale.js';
export type * as Models from './nuvix/models.js';
export { Query } from './nuvix/query.js';
export { type HashedUser, type ListParams, type NewUser, type UserId, Users } from './nuvix/users.js';
export type { CallOptions } from './transport.js';
