// A page that calls Frontegg's SDK 7 itself, as those do who draw their own screens.

import { ContextHolder, createApiClient } from '@frontegg/rest-api-7';

ContextHolder.for('page').setContext({ ...window.context, requestCredentials: 'include' });
window.api = createApiClient('page');
