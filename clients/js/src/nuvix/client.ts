import { Account } from './account.js';
import { Avatars } from './avatars.js';
import { BaseClient } from './base.js';
import { Health } from './health.js';
import { Locale } from './locale.js';
import { Users } from './users.js';

/** A client with all services. */
export class Client extends BaseClient {
    #services: { account?: Account; users?: Users; avatars?: Avatars; locale?: Locale; health?: Health } = {};

    get account(): Account {
        return (this.#services.account ??= new Account(this));
    }

    /** For servers: wants an API key. */
    get users(): Users {
        return (this.#services.users ??= new Users(this));
    }

    get avatars(): Avatars {
        return (this.#services.avatars ??= new Avatars(this));
    }

    get locale(): Locale {
        return (this.#services.locale ??= new Locale(this));
    }

    /** For servers: wants an API key. */
    get health(): Health {
        return (this.#services.health ??= new Health(this));
    }
}
