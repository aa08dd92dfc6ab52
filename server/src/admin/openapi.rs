//! What the admin API adds to the OpenAPI document.

use axum::http::Method;
use utoipa::OpenApi;
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};

use super::{BASE, COOKIE, ROUTES, Route, Who};
use super::{
    administrator, audit, device, key, message, platform, project, provider, session, template, token, user, webhook,
};

#[derive(OpenApi)]
#[openapi(
    paths(
        session::create,
        session::list,
        session::delete_all,
        session::delete,
        session::me,
        token::list,
        token::create,
        token::delete,
        administrator::list,
        administrator::create,
        administrator::get,
        administrator::delete,
        administrator::update_password,
        project::list,
        project::create,
        project::get,
        project::update,
        project::delete,
        project::overview,
        project::defaults,
        key::list_scopes,
        key::list,
        key::create,
        key::delete,
        platform::list,
        platform::create,
        platform::delete,
        provider::list,
        provider::create,
        provider::reorder,
        provider::update,
        provider::delete,
        provider::test,
        template::list,
        template::put,
        template::delete,
        template::preview,
        message::list,
        message::get,
        user::list,
        user::create,
        user::get,
        user::update,
        user::delete,
        user::list_sessions,
        user::delete_sessions,
        user::delete_session,
        device::list,
        device::delete_all,
        device::delete,
        user::list_factors,
        user::delete_factor,
        webhook::list_events,
        webhook::list,
        webhook::create,
        webhook::get,
        webhook::update,
        webhook::delete,
        webhook::rotate,
        webhook::test,
        webhook::replay_dead,
        webhook::list_deliveries,
        webhook::get_delivery,
        webhook::replay,
        audit::list_of_user,
        audit::list,
        audit::verify,
        audit::list_own,
        audit::verify_own
    ),
    tags(
        (name = "admin", description = "Administrators: signing in, tokens for scripts (the admin API)."),
        (name = "admin projects", description = "Projects, their settings, API keys and front ends."),
        (name = "admin messages", description = "Providers, texts, and why a message did not arrive."),
        (name = "admin webhooks", description = "Where a project's events go, and what became of them."),
        (name = "admin users", description = "The users of a project."),
        (name = "admin audit", description = "What happened, and whether anybody changed the trail.")
    )
)]
struct Document;

const SESSION: &str = "adminSession";
const TOKEN: &str = "adminToken";

/// The paths and models of the admin API, with who may call each as the table of routes has it.
pub(crate) fn document() -> utoipa::openapi::OpenApi {
    let mut document = Document::openapi();
    let components = document.components.get_or_insert_default();
    let what =
        "The session of an administrator, as browsers keep it. What changes something must come from this server.";
    let cookie = ApiKey::Cookie(ApiKeyValue::with_description(COOKIE, what));
    components.add_security_scheme(SESSION, SecurityScheme::ApiKey(cookie));
    let what = "A token that acts for an administrator: `cs_admin_…`.";
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some(what)).build();
    components.add_security_scheme(TOKEN, SecurityScheme::Http(bearer));
    for route in ROUTES {
        if let Some(operation) = operation(&mut document, route) {
            operation.security = Some(callers(route.who));
        }
    }
    document
}

/// The operation of a route.
fn operation<'a>(document: &'a mut utoipa::openapi::OpenApi, route: &Route) -> Option<&'a mut Operation> {
    let item = document.paths.paths.get_mut(&format!("{BASE}{}", route.path))?;
    match route.method {
        Method::GET => &mut item.get,
        Method::POST => &mut item.post,
        Method::PUT => &mut item.put,
        Method::PATCH => &mut item.patch,
        Method::DELETE => &mut item.delete,
        _ => return None,
    }
    .as_mut()
}

/// Who may call a route: any one of these will do, and an empty one is nobody who is known.
fn callers(who: Who) -> Vec<SecurityRequirement> {
    let plain = |name| SecurityRequirement::new(name, [""; 0]);
    match who {
        Who::Anybody => vec![SecurityRequirement::default()],
        Who::Admin => vec![plain(SESSION), plain(TOKEN)],
        Who::Person => vec![plain(SESSION)],
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_route_is_documented_with_who_may_call_it_and_nothing_else_is() {
        let mut built = document();
        for route in ROUTES {
            let found = operation(&mut built, route).and_then(|operation| operation.security.as_ref());
            assert!(found.is_some_and(|callers| !callers.is_empty()), "{} {}", route.method, route.path);
        }
        let document = serde_json::to_value(document()).unwrap();
        let count = document["paths"].as_object().unwrap().values().map(|item| item.as_object().unwrap().len());
        assert_eq!(count.sum::<usize>(), ROUTES.len());
        let security = |path: &str, method: &str| document["paths"][path][method]["security"].clone();
        assert_eq!(security("/admin/v1/me", "get"), json!([{"adminSession": []}, {"adminToken": []}]));
        assert_eq!(security("/admin/v1/tokens", "post"), json!([{"adminSession": []}]));
        assert_eq!(security("/admin/v1/sessions", "post"), json!([{}]));
        let schemes = &document["components"]["securitySchemes"];
        assert_eq!(
            (&schemes["adminToken"]["scheme"], &schemes["adminSession"]["name"]),
            (&json!("bearer"), &json!(COOKIE))
        );
    }
}
