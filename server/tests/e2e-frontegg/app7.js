// An application of Frontegg's SDK 7, on which React 6 and later, Angular, Vue and Next stand. Its screens come from a CDN
// when it runs; here it finds none, so whoever drives it speaks to its store as the screens do.

import { initialize } from '@frontegg/js';

window.app = initialize({
    contextOptions: { ...window.context, requestCredentials: 'include' },
    hostedLoginBox: false,
    cdnUrl: `${location.origin}/cdn`,
    onRedirectTo: (path) => history.pushState({}, '', path),
});
