// An authenticator app: otpauth's arithmetic and jsQR's eyes, so that neither end of the test is the server's own.

import jsQR from 'jsqr';
import { TOTP, URI } from 'otpauth';
import { PNG } from 'pngjs';

/** The text of the QR code in a PNG. */
export function scan(bytes) {
    const { width, height, data } = PNG.sync.read(Buffer.from(bytes));
    return jsQR(new Uint8ClampedArray(data), width, height)?.data;
}

/** An app that was given `uri`. Its clock is the server's. */
export class Authenticator {
    constructor(server, uri) {
        this.server = server;
        this.app = URI.parse(uri);
    }

    /** The code of a step after all whose codes were used: each is good once. */
    async code() {
        const now = await this.server.clock(TOTP.defaults.period);
        return this.app.generate({ timestamp: now.getTime() });
    }
}
