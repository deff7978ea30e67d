//! Every route there is, by every method, for strangers and for who is signed in: none forgets what a browser must be told.

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Method, Request, header};
use tower::ServiceExt as _;

use crate::harness::{Server, config};

/// The routes as the sources name them, their parameters filled in.
fn routes() -> Vec<String> {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/src");
    let mut found = Vec::new();
    for file in ["web/mod.rs", "web/hooks.rs", "web/member/mod.rs", "api/mod.rs"] {
        let text = std::fs::read_to_string(format!("{root}/{file}")).expect("a source");
        let prefixes: &[&str] = if file.starts_with("api") { &["/api"] } else { &["", "/w/sakura"] };
        let quoted =
            text.split('"').skip(1).step_by(2).filter(|path| path.starts_with('/') || path.starts_with("{prefix}/"));
        for path in quoted {
            let tail = path.strip_prefix("{prefix}").unwrap_or(path);
            let all = if path == tail && !file.starts_with("api") { &prefixes[..1] } else { prefixes };
            for prefix in all {
                let filled = format!("{prefix}{tail}")
                    .replace("{slug}", "sakura")
                    .replace("{carrier}", "sms")
                    .replace("{token}", "aka_x")
                    .replace("{version}", "x")
                    .replace("{*path}", "house.css")
                    .replace("{{name}}", "wait")
                    .replace("{id}", "con_x")
                    .replace("{contact}", "con_x")
                    .replace("{session}", "ses_x");
                found.push(filled);
            }
        }
    }
    found.sort();
    found.dedup();
    found
}

fn checked(what: &str, headers: &HeaderMap) {
    let of = |name: &str| headers.get(name).map_or("", |value| value.to_str().expect("ASCII"));
    assert_eq!(of("x-content-type-options"), "nosniff", "{what}");
    assert_eq!(of("referrer-policy"), "no-referrer", "{what}");
    assert!(of("strict-transport-security").starts_with("max-age=63072000"), "{what}");
    assert_eq!(of("access-control-allow-origin"), "", "{what}");
    if what.contains("/assets/") && of("cache-control") != "no-store" {
        return;
    }
    assert_eq!(of("cache-control"), "no-store", "{what}");
    let policy = of("content-security-policy");
    assert!(policy.starts_with("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{what}: {policy}");
    assert!(!policy.contains("unsafe"), "{what}: {policy}");
    for cookie in headers.get_all(header::SET_COOKIE) {
        let cookie = cookie.to_str().expect("ASCII");
        for part in ["__Host-", "Secure", "HttpOnly", "Path=/", "SameSite="] {
            assert!(cookie.contains(part), "{what}: {cookie}");
        }
    }
}

#[tokio::test]
async fn every_route_tells_browsers_what_they_must_know() {
    let mut config = config();
    config.public_url = "https://id.example.jp".to_owned();
    let server = Server::start_with(config).await;
    server.member("tanaka", &["090-1234-5678"]).await;
    let mut own = server.signed_in("tanaka", "198.51.100.7").await;
    let csrf = own.csrf().await;
    let cookies: Vec<_> = own.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let routes = routes();
    assert!(routes.len() > 50, "only {} routes were found", routes.len());
    let all = aikagi::server::router(&server.app).expect("the parts fit");
    for path in routes.iter().map(String::as_str).chain(["/nowhere", "/api/v1/nowhere", "/w/nowhere/sign-in", "/%ff"]) {
        for method in [Method::GET, Method::POST, Method::HEAD, Method::DELETE, Method::OPTIONS] {
            for cookie in ["", &cookies.join("; ")] {
                let form = "application/x-www-form-urlencoded";
                let request = Request::builder()
                    .method(&method)
                    .uri(path)
                    .header(header::COOKIE, cookie)
                    .header(header::CONTENT_TYPE, form)
                    .extension(ConnectInfo(own.address))
                    .body(Body::from(format!("csrf={csrf}")))
                    .expect("a request");
                let answer = all.clone().oneshot(request).await.expect("an answer");
                assert!(answer.status().as_u16() != 500, "{method} {path} breaks");
                checked(&format!("{method} {path}"), answer.headers());
            }
        }
    }
}
