//! What answers at the address for http: the way to https, and nothing else. Where it leads is configured, never read from the request.

use axum::{
    Router,
    http::{Method, StatusCode, Uri, header},
    response::{IntoResponse as _, Response},
};

/// Sends whoever only looks on to `public_url`; what is meant to change something has travelled in the clear and is refused.
pub fn to_https(public_url: String) -> Router {
    Router::new().fallback(move |method: Method, uri: Uri| {
        let answer = answer(&public_url, &method, &uri);
        async move { answer }
    })
}

fn answer(public_url: &str, method: &Method, uri: &Uri) -> Response {
    if method != Method::GET && method != Method::HEAD {
        return (StatusCode::FORBIDDEN, "https only\n").into_response();
    }
    let place = uri.path_and_query().map_or("/", axum::http::uri::PathAndQuery::as_str);
    let to = format!("{public_url}{}{place}", if place.starts_with('/') { "" } else { "/" });
    (StatusCode::PERMANENT_REDIRECT, [(header::LOCATION, to.as_str()), (header::CACHE_CONTROL, "no-store")])
        .into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_leads_to_the_configured_host_whatever_is_asked() {
        for (asked, to) in [
            ("/sign-in?lang=en", "https://id.example.jp/sign-in?lang=en"),
            ("http://evil.example/x", "https://id.example.jp/x"),
            ("//evil.example/x", "https://id.example.jp//evil.example/x"),
            ("/%0d%0aSet-Cookie:x", "https://id.example.jp/%0d%0aSet-Cookie:x"),
            ("*", "https://id.example.jp/*"),
        ] {
            let answer = answer("https://id.example.jp", &Method::GET, &asked.parse().expect("an address"));
            assert_eq!(answer.status(), StatusCode::PERMANENT_REDIRECT);
            assert_eq!(answer.headers()[header::LOCATION], to, "{asked}");
        }
        let posted = answer("https://id.example.jp", &Method::POST, &Uri::from_static("/sign-in"));
        assert_eq!(posted.status(), StatusCode::FORBIDDEN);
        assert!(!posted.headers().contains_key(header::LOCATION));
    }
}
