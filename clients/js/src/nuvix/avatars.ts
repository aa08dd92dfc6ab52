import type { BaseClient } from './base.js';

/** Pictures. */
export class Avatars {
    constructor(readonly client: BaseClient) {}

    /**
     * The address of a QR code, for an `<img>`. Nothing is asked for yet. For an authenticator app the address holds
     * the seed: show it, and neither store nor log it.
     */
    getQR(params: {
        /** 1 to 512 characters. */
        text: string;
        /** Pixels, 1 to 1000; 400 unless said. */
        size?: number;
        /** The white edge in modules, 0 to 10; 1 unless said. */
        margin?: number;
        /** Whether the browser saves the picture instead of showing it. */
        download?: boolean;
    }): string {
        return this.client.link('/avatars/qr', params);
    }
}
