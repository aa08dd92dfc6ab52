import type { CallOptions } from '../transport.js';
import type { BaseClient } from './base.js';
import type * as Models from './models.js';

/** The state of the server. Wants an API key with `health.read`. */
export class Health {
    constructor(readonly client: BaseClient) {}

    /** Whether the server and its database answer. */
    get(options?: CallOptions): Promise<Models.HealthStatus> {
        return this.client.call('GET', '/health', {}, options);
    }
}
