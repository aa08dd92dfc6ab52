// An application of Frontegg's SDK 7 that leaves signing in to the hosted login: a button, and the way back.

import { initialize } from '@frontegg/js';

const button = document.body.appendChild(document.createElement('button'));
button.id = 'login';
button.textContent = 'Log in';
button.onclick = () => window.app.loginWithRedirect();

window.app = initialize({
    contextOptions: { ...window.context, requestCredentials: 'include' },
    hostedLoginBox: true,
    authOptions: { hostedLoginOptions: { loadUserOnFirstLoad: true } },
    cdnUrl: `${location.origin}/cdn`,
    onRedirectTo: (to, options) => (options?.refresh ? location.assign(to) : history.pushState({}, '', to)),
});

// What the route of this name does in the SDKs for React, Angular and Vue.
if (location.pathname === '/oauth/callback') {
    const given = new URLSearchParams(location.search);
    const payload = { code: given.get('code'), state: given.get('state') };
    window.app.ready(() => window.app.store.dispatch({ type: 'auth/handleHostedLoginCallback', payload }));
}
