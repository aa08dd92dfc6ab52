import type { CallOptions } from '../transport.js';
import type { BaseClient } from './base.js';
import type * as Models from './models.js';

/** Where the caller is. */
export class Locale {
    constructor(readonly client: BaseClient) {}

    /** Address and country of the caller, as far as the server knows. */
    get(options?: CallOptions): Promise<Models.Locale> {
        return this.client.call('GET', '/locale', {}, options);
    }
}
