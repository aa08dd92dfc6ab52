// An application as Frontegg's guide for React makes one: the provider around it, the login box at /account/login, and a
// button for the portal.

import { createRoot } from 'react-dom/client';
import { AdminPortal, FronteggProvider, useAuth } from '@frontegg/react';

function App() {
    const { isAuthenticated, isLoading, user } = useAuth();
    if (isLoading) return <p id="who">Loading</p>;
    return (
        <>
            <p id="who">{isAuthenticated ? `Signed in as ${user.email}` : 'Guest'}</p>
            {isAuthenticated && <button onClick={() => AdminPortal.show()}>Settings</button>}
            <a href={isAuthenticated ? '/account/logout' : '/account/login'}>{isAuthenticated ? 'Sign out' : 'Sign in'}</a>
        </>
    );
}

createRoot(document.getElementById('root')).render(
    <FronteggProvider contextOptions={window.context}>
        <App />
    </FronteggProvider>,
);
