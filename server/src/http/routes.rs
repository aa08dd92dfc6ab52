//! A router that can say what it serves: whoever looks at all routes, as the table of their callers does, forgets none.

use axum::Router;
use axum::handler::Handler;
use axum::http::Method;
use axum::routing::{MethodRouter, get, post};

use crate::app::App;

/// The routes of a surface, each with its handler.
#[derive(Default)]
pub struct Routes {
    list: Vec<(Method, &'static str)>,
    router: Router<App>,
}

impl Routes {
    /// Adds a route that is read.
    #[must_use]
    pub fn get<T: 'static>(self, path: &'static str, handler: impl Handler<T, App>) -> Self {
        self.add(Method::GET, path, get(handler))
    }

    /// Adds a route that is written to.
    #[must_use]
    pub fn post<T: 'static>(self, path: &'static str, handler: impl Handler<T, App>) -> Self {
        self.add(Method::POST, path, post(handler))
    }

    /// Adds all routes of `other`.
    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        self.list.extend(other.list);
        self.router = self.router.merge(other.router);
        self
    }

    fn add(mut self, method: Method, path: &'static str, answer: MethodRouter<App>) -> Self {
        self.list.push((method, path));
        self.router = self.router.route(path, answer);
        self
    }

    /// Method and path template of each.
    pub fn list(&self) -> &[(Method, &'static str)] {
        &self.list
    }

    /// What serves them.
    pub fn into_router(self) -> Router<App> {
        self.router
    }
}
