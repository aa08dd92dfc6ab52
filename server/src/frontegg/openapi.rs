//! What this dialect adds to the OpenAPI document: each file says what is in it.

use axum::http::Method;
use utoipa::OpenApi;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme};

use super::{PARTS, Route, Who, all};

#[derive(OpenApi)]
#[openapi(tags((name = "frontegg", description = "Signing in and out (Frontegg's clients). Everything here is also below `/frontegg`.")))]
struct Document;

const USER: &str = "fronteggUser";
const VENDOR: &str = "fronteggVendor";

/// The paths and models of this dialect, with who may call each as the table of routes has it.
pub(crate) fn document() -> utoipa::openapi::OpenApi {
    let mut document = Document::openapi();
    for part in PARTS {
        document.merge((part.document)());
    }
    let components = document.components.get_or_insert_default();
    for name in [USER, VENDOR] {
        components.add_security_scheme(name, SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
    }
    for route in all() {
        if let Some(item) = document.paths.paths.get_mut(route.path)
            && let Some(operation) = operation(item, &route.method)
        {
            operation.security = Some(security(route));
        }
    }
    document
}

const fn operation<'a>(item: &'a mut PathItem, method: &Method) -> Option<&'a mut Operation> {
    match *method {
        Method::GET => item.get.as_mut(),
        Method::POST => item.post.as_mut(),
        Method::PUT => item.put.as_mut(),
        Method::PATCH => item.patch.as_mut(),
        Method::DELETE => item.delete.as_mut(),
        _ => None,
    }
}

fn security(route: &Route) -> Vec<SecurityRequirement> {
    let named = |name: &str| SecurityRequirement::new(name, [""; 0]);
    match route.who {
        Who::Anybody => vec![SecurityRequirement::default()],
        Who::People => vec![named(USER)],
        Who::Vendor(_) => vec![named(VENDOR)],
        Who::PeopleOrVendor(_) | Who::PeopleOrFor(_) => vec![named(USER), named(VENDOR)],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_route_is_documented_with_who_may_call_it() {
        let document = serde_json::to_value(document()).unwrap();
        for route in all() {
            let operation = &document["paths"][route.path][route.method.as_str().to_lowercase()];
            let count = operation["security"].as_array().map(Vec::len);
            assert_eq!(count, Some(security(route).len()), "{} {}", route.method, route.path);
            assert_eq!(operation["tags"][0], "frontegg", "{}", route.path);
        }
        let operations = document["paths"].as_object().unwrap().values().map(|item| item.as_object().unwrap().len());
        assert_eq!(operations.sum::<usize>(), all().count(), "nothing else is documented");
    }
}
