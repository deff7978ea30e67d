//! The address that people use: whether it leads here, by a certificate that holds, through a proxy that tells who asks and that is believed only
//! as far as it is our own. A question with a secret, written into the database, is answered there by the server that it reaches.

use http_body_util::Empty;
use hyper::header::{DATE, HOST, LOCATION};
use hyper::{Request, Response};
use tokio::net::TcpStream;

use super::database::{Patient, compared};
use super::tls::{self, NoTls, Private};
use super::who::{Ends, FORGED, PROXY, who_asked};
use super::{Doctor, Finding, in_time};
use crate::config::Config;
use crate::flows::token_kind;
use crate::model::{Timestamp, days, minutes};
use crate::store::probes::{self, Seen};
use crate::store::{self, transaction};
use crate::vault::Token;

const CHECK: &str = "public address";
/// A certificate with fewer days left is told.
const DAYS_LEFT: i64 = 14;
/// The date of an answer has whole seconds, and takes a moment.
const APART: i64 = 5_000_000;

/// Scheme, host and port of `public_url`.
struct Place<'a> {
    https: bool,
    host: &'a str,
    port: u16,
    /// As a request names it.
    authority: &'a str,
    /// What stands there: the server itself where it speaks TLS, or a proxy in front of it.
    front: &'static str,
}

impl<'a> Place<'a> {
    fn of(config: &'a Config) -> Option<Self> {
        let (scheme, rest) = config.public_url.split_once("://")?;
        let https = scheme == "https";
        let authority = rest.split('/').next()?;
        let port = authority.rsplit_once(':').and_then(|(_, port)| port.parse().ok());
        let host = if port.is_some() { authority.rsplit_once(':')?.0 } else { authority };
        let front = if config.tls.is_some() { "server" } else { "proxy" };
        Some(Self { https, host, port: port.unwrap_or(if https { 443 } else { 80 }), authority, front })
    }
}

pub(super) async fn look(doctor: &Doctor, patient: Option<&Patient>) -> Vec<Finding> {
    let Some(place) = Place::of(&doctor.config) else { return Vec::new() };
    let (found, redirect) = tokio::join!(
        in_time(CHECK, "the public address", at(doctor, patient, &place)),
        in_time(CHECK, "plain HTTP", redirects(doctor, &place)),
    );
    [found, redirect].concat()
}

async fn at(doctor: &Doctor, patient: Option<&Patient>, place: &Place<'_>) -> Vec<Finding> {
    let addresses: Vec<_> = match tokio::net::lookup_host((place.host, place.port)).await {
        Ok(found) => found.collect(),
        Err(_) => Vec::new(),
    };
    if addresses.is_empty() {
        let what = format!("{} has no address in the DNS", place.host);
        return vec![Finding::broken(
            CHECK,
            what,
            format!("add an A or AAAA record that leads to the {}", place.front),
        )];
    }
    let Ok(tcp) = TcpStream::connect(&addresses[..]).await else {
        let what = format!("nothing answers at {} port {}", place.host, place.port);
        return vec![Finding::broken(CHECK, what, format!("start the {}, and let the firewall pass it", place.front))];
    };
    let ends = Ends { here: tcp.local_addr().ok(), there: tcp.peer_addr().ok() };
    let mut found = Vec::new();
    let question = match patient {
        Some(patient) => question(doctor, patient).await,
        None => None,
    };
    let path = question.as_ref().map_or_else(|| "/".to_owned(), |token| format!("/doctor/{}", token.text.as_str()));
    let answer = if place.https {
        match tls::private(tcp, place.host, doctor.options.ca_file.as_deref()).await {
            Ok(Private { stream, ends }) => {
                found.push(certificate(ends, doctor.clock.now()));
                tls::ask(stream, request(place, &path)).await
            }
            Err(why) => return vec![no_tls(place, why)],
        }
    } else {
        found.push(plain(place.host));
        tls::ask(tcp, request(place, &path)).await
    };
    match answer {
        Ok(answer) => {
            found.extend(clock(&answer, doctor.clock.now(), place.front));
            if let (Some(patient), Some(question)) = (patient, question) {
                found.extend(answered(doctor, patient, place, &ends, &question, answer.status().as_u16()).await);
            }
        }
        Err(why) => found.push(Finding::broken(
            CHECK,
            format!("{} takes connections and does not speak HTTP ({why})", place.host),
            "see what listens there",
        )),
    }
    found
}

fn request(place: &Place<'_>, path: &str) -> Request<Empty<hyper::body::Bytes>> {
    let request = Request::post(path).header(HOST, place.authority).header("x-forwarded-for", FORGED);
    let request = request.header("user-agent", "aikagi doctor").header("content-length", "0");
    request.body(Empty::new()).unwrap_or_default()
}

/// Writes a question into the database, good for a minute.
async fn question(doctor: &Doctor, patient: &Patient) -> Option<Token> {
    let token = Token::new(&*doctor.dice, patient.keyring.as_ref()?, token_kind::PROBE);
    let now = doctor.clock.now();
    let asked: store::Result<()> =
        transaction!(patient.db, conn => probes::insert(conn, &token.prefix, &token.hash, now + minutes(1), now).await);
    asked.ok().map(|()| token)
}

async fn answered(
    doctor: &Doctor,
    patient: &Patient,
    place: &Place<'_>,
    ends: &Ends,
    question: &Token,
    status: u16,
) -> Vec<Finding> {
    let taken: store::Result<Option<Seen>> =
        transaction!(patient.db, conn => probes::take(conn, &question.prefix).await);
    let Ok(Some(seen)) = taken else {
        let is_proxy = place.front == "proxy";
        return vec![match status {
            502..=504 if is_proxy => Finding::broken(
                CHECK,
                format!("the proxy at {} does not reach the server (it answers {status})", place.host),
                format!("start the server, and let the proxy lead to {}", doctor.config.listen),
            ),
            503 => Finding::broken(
                CHECK,
                format!("the server at {} takes no requests now (it answers 503)", place.host),
                "see the server's log for the reason",
            ),
            _ => Finding::broken(
                CHECK,
                format!("what answers at {} (with {status}) is not a server on this database", place.host),
                if is_proxy {
                    "lead the host to the proxy in front of this server; a proxy must pass every path and every method"
                } else {
                    "lead the host to this server"
                },
            ),
        }];
    };
    let mut found = vec![Finding::ok(CHECK, format!("{} leads to a server on this database", place.host))];
    if seen.host != place.authority {
        found.push(Finding::warning(
            PROXY,
            format!("the proxy names another host to the server ({}) than people ask for", seen.host),
            "let it pass the host on (nginx: proxy_set_header Host $host;)",
        ));
    }
    found.push(who_asked(&seen, ends, place.https, &doctor.config));
    found
}

fn certificate(ends: Option<Timestamp>, now: Timestamp) -> Finding {
    let Some(ends) = ends else { return Finding::ok(CHECK, "its certificate holds") };
    let left = (ends.0 - now.0).div_euclid(days(1).as_micros());
    if left < DAYS_LEFT {
        return Finding::warning(
            CHECK,
            format!("its certificate ends in {left} days"),
            "see why it was not renewed yet: certbot and its kin do so 30 days ahead",
        );
    }
    Finding::ok(CHECK, format!("its certificate holds for {left} more days"))
}

fn no_tls(place: &Place<'_>, why: NoTls) -> Finding {
    let Place { host, front, .. } = place;
    match why {
        NoTls::CaFile(why) => {
            Finding::broken(CHECK, format!("the file of authorities cannot be read ({why})"), "mend --ca-file")
        }
        NoTls::Expired => Finding::broken(
            CHECK,
            format!("the certificate of {host} has expired"),
            format!("renew it, and see that the {front} reads it again"),
        ),
        NoTls::NotYet => Finding::broken(
            CHECK,
            format!("the certificate of {host} is not valid yet"),
            "see this machine's clock, and when the certificate begins",
        ),
        NoTls::OtherHost => Finding::broken(
            CHECK,
            format!("the certificate is for other hosts than {host}"),
            format!("get one for it, or see that the {front} shows the right one"),
        ),
        NoTls::Unknown => Finding::broken(
            CHECK,
            format!("the certificate of {host} is signed by nobody whom this machine knows"),
            format!(
                "let the {front} send the whole chain; name an authority of your own by --ca-file or SSL_CERT_FILE"
            ),
        ),
        NoTls::Other(why) => {
            Finding::broken(CHECK, format!("no TLS with {host} ({why})"), format!("see the {front}'s settings for TLS"))
        }
    }
}

fn plain(host: &str) -> Finding {
    if matches!(host, "localhost" | "127.0.0.1" | "[::1]") {
        return Finding::warning(
            CHECK,
            "it is this machine only, by plain HTTP",
            "for others: a host of its own, with https",
        );
    }
    Finding::broken(
        CHECK,
        "it is plain HTTP: passwords and codes cross the network in the clear",
        "set `public_url` to https",
    )
}

fn clock(answer: &Response<()>, now: Timestamp, front: &str) -> Option<Finding> {
    let date = answer.headers().get(DATE)?.to_str().ok()?;
    let there = jiff::fmt::rfc2822::parse(date).ok()?.timestamp().as_microsecond();
    Some(compared("clock", now, Timestamp(there), &format!("the {front}'s"), APART))
}

/// Whoever types the host without a scheme comes by plain HTTP first.
async fn redirects(doctor: &Doctor, place: &Place<'_>) -> Vec<Finding> {
    let port = match doctor.options.http_port {
        Some(port) => port,
        None if place.https && place.port == 443 => 80,
        None => return Vec::new(),
    };
    let Ok(tcp) = TcpStream::connect((place.host, port)).await else {
        let what = format!("plain HTTP is not answered at {}", place.host);
        return vec![Finding::warning(
            CHECK,
            what,
            if place.front == "proxy" {
                "let the proxy listen on port 80 and redirect to https, for who types the host alone"
            } else {
                "set `tls.redirect_listen`, so that the server redirects to https, for who types the host alone"
            },
        )];
    };
    let request = Request::get("/").header(HOST, place.host).body(Empty::new()).unwrap_or_default();
    let answer = tls::ask(tcp, request).await;
    let to = |answer: &Response<()>| {
        let to = answer.headers().get(LOCATION)?.to_str().ok()?.to_owned();
        answer.status().is_redirection().then_some(to)
    };
    vec![match answer.ok().as_ref().and_then(to) {
        Some(to) if to.starts_with("https://") => Finding::ok(CHECK, "plain HTTP leads to https"),
        _ => Finding::broken(
            CHECK,
            format!("plain HTTP at {} does not lead to https", place.host),
            format!("let the {} answer every plain request with a redirect (301 or 308) to https", place.front),
        ),
    }]
}
