//! Writes every page in every state, in both languages, as static files: `cargo run --example gallery -- DIRECTORY`. For looking, and for axe-core.

#![allow(missing_docs, reason = "an example")]

use std::{fs, path::PathBuf};

use aikagi::{model::Locale, web::view::*};
use askama::Template;

struct Gallery {
    out: PathBuf,
    locale: Locale,
    names: Vec<String>,
}

impl Gallery {
    fn page(&self) -> Frame {
        Frame {
            locale: self.locale,
            csrf: "c".repeat(43),
            nonce: "n".repeat(22),
            here: "/w/sakura/sign-in".into(),
            workspace: Some(WorkspaceShown { name: "さくら商事".into(), slug: "sakura".into() }),
            ..Frame::default()
        }
    }
    fn common(&self) -> Frame {
        Frame { workspace: None, ..self.page() }
    }
    fn add(&mut self, name: &str, page: &impl Template) {
        let html = page.render().expect("a page of the gallery renders");
        assert!(html.len() < 100 * 1024, "{name} holds {} bytes", html.len());
        let name = format!("{name}.{}.html", self.locale.as_str());
        fs::write(self.out.join(&name), html.replace("\"/assets/", "\"assets/")).expect("the gallery can be written");
        self.names.push(name);
    }
    fn trouble(&self, field: &'static str, slip: Slip) -> Troubles {
        Troubles::one(self.locale, field, &slip)
    }
}

fn main() {
    let out = PathBuf::from(std::env::args().nth(1).unwrap_or_else(|| "target/gallery".into()));
    fs::create_dir_all(&out).expect("the directory can be made");
    let style = asset_path("style.css");
    copy(
        &PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("assets"),
        &out.join(style.trim_matches('/').trim_end_matches("/style.css")),
    );
    let mut names = Vec::new();
    for locale in [Locale::Ja, Locale::En] {
        let mut gallery = Gallery { out: out.clone(), locale, names: Vec::new() };
        door(&mut gallery);
        recovery(&mut gallery);
        names.append(&mut gallery.names);
    }
    let links: String = names.iter().map(|name| format!("<li><a href=\"{name}\">{name}</a></li>")).collect();
    fs::write(
        out.join("index.html"),
        format!("<!doctype html><meta charset=utf-8><title>gallery</title><ul>{links}</ul>"),
    )
    .expect("the gallery can be written");
    println!("{} pages in {}", names.len(), out.display());
}

fn copy(from: &std::path::Path, to: &std::path::Path) {
    fs::create_dir_all(to).expect("the directory can be made");
    for entry in fs::read_dir(from).expect("the assets are here").flatten() {
        if entry.path().is_dir() {
            copy(&entry.path(), &to.join(entry.file_name()));
        } else {
            fs::copy(entry.path(), to.join(entry.file_name())).expect("an asset can be copied");
        }
    }
}

const ASK: &str = "総務部 情報システム係\n内線 1234（平日 8:30〜17:30）";

fn rules() -> Rules {
    Rules { min: 15, more: vec![] }
}

fn door(g: &mut Gallery) {
    let sign_in =
        |page: Frame| SignIn { page, login: String::new(), troubles: Troubles::none(), wait: None, own_text: None };
    g.add("sign-in", &sign_in(g.page()));
    g.add("sign-in-common", &sign_in(Frame { demo: true, ..g.common() }));
    g.add(
        "sign-in-failed",
        &SignIn {
            login: "tanaka".into(),
            troubles: g.trouble("", Slip::SignInFailed),
            own_text: Some(ASK.into()),
            ..sign_in(g.page())
        },
    );
    g.add("sign-in-wait", &SignIn { login: "tanaka".into(), wait: Some(8), ..sign_in(g.page()) });
    let mut empty = g.trouble("login", Slip::LoginEmpty);
    empty.push(g.locale, "password", &Slip::PasswordEmpty);
    g.add("sign-in-empty", &SignIn { troubles: empty, ..sign_in(g.page()) });
    let flash = Some(Said::PasswordSet.flash(g.locale));
    g.add("sign-in-recovered", &SignIn { login: "tanaka".into(), ..sign_in(Frame { flash, ..g.page() }) });
    g.add("cannot-sign-in", &CannotSignIn { page: g.page(), contact_text: Some(ASK.into()) });
    let set = |page, troubles| SetPassword {
        page,
        action: "/set-password/x".into(),
        workspace: "さくら商事".into(),
        login: "tanaka@sakura".into(),
        rules: rules(),
        troubles,
    };
    g.add("set-password", &set(g.common(), Troubles::none()));
    g.add("stopped-held", &Stopped { page: g.page(), kind: StoppedKind::Held, contact_text: Some(ASK.into()) });
    g.add("stopped-suspended", &Stopped { page: g.page(), kind: StoppedKind::Suspended, contact_text: None });
}

fn recovery(g: &mut Gallery) {
    g.add("recover", &RecoverChoose { page: g.page() });
    g.add("recover-mobile", &RecoverMobile { page: g.page(), number: String::new(), troubles: Troubles::none() });
    g.add(
        "recover-mobile-slip",
        &RecoverMobile {
            page: g.page(),
            number: "03-1234-5678".into(),
            troubles: g.trouble("number", Slip::NumberLandline),
        },
    );
    g.add(
        "recover-email",
        &RecoverEmail { page: g.page(), email: String::new(), login: String::new(), troubles: Troubles::none() },
    );
    let typo = g.trouble("email", Slip::EmailTypo("tanaka@gmail.com".into()));
    g.add(
        "recover-email-slip",
        &RecoverEmail { page: g.page(), email: "tanaka@gmial.com".into(), login: String::new(), troubles: typo },
    );
    g.add("recover-other", &RecoverOther { page: g.page(), contact_text: None });
    g.add("recover-other-own", &RecoverOther { page: g.page(), contact_text: Some(ASK.into()) });
    let code = |page, channel| RecoverCode {
        page,
        channel,
        mark: "KD".into(),
        state: CodeState::Open,
        seconds_left: 581,
        resend_in: 24,
        reference: "K7-2391-M".into(),
        sender: Some("0005 0123".into()),
        trail: vec![],
        troubles: Troubles::none(),
    };
    g.add("recover-code", &code(g.common(), Channel::Mobile));
    g.add(
        "recover-code-email",
        &RecoverCode {
            sender: Some("no-reply@id.example.jp".into()),
            resend_in: 0,
            ..code(g.common(), Channel::Email)
        },
    );
    g.add(
        "recover-code-wrong",
        &RecoverCode { troubles: g.trouble("code", Slip::CodeWrong(3)), ..code(g.common(), Channel::Mobile) },
    );
    g.add(
        "recover-code-expired",
        &RecoverCode { state: CodeState::Expired, resend_in: 0, ..code(g.common(), Channel::Mobile) },
    );
    g.add("recover-code-dead", &RecoverCode { state: CodeState::Dead, ..code(g.common(), Channel::Mobile) });
    let trail = [(TrailDot::Taken, "12:04:10"), (TrailDot::Handed, "12:04:11"), (TrailDot::Waiting, "")];
    let trail = trail.map(|(dot, at)| Trail { dot, at: at.into() }).to_vec();
    let flash = Some(Said::CodeSentAgain.flash(g.locale));
    g.add("recover-code-known", &RecoverCode { trail, ..code(Frame { flash, ..g.common() }, Channel::Mobile) });
    let id = |workspace: &str, login: &str, name: Option<&str>| FoundId {
        pick: login.into(),
        workspace: workspace.into(),
        login: login.into(),
        name: name.map(Into::into),
    };
    let ids = |page, found, troubles| RecoverIds { page, found, sign_in: "/w/sakura/sign-in".into(), troubles };
    g.add(
        "recover-ids",
        &ids(g.common(), vec![id("さくら商事", "tanaka@sakura", Some("田中 美咲"))], Troubles::none()),
    );
    let two = vec![
        id("さくら商事", "tanaka@sakura", Some("田中 美咲")),
        id("ひかり運送協同組合", "misaki.tanaka@hikari-unso", None),
    ];
    g.add("recover-ids-many", &ids(g.common(), two.clone(), Troubles::none()));
    g.add("recover-ids-none", &ids(g.common(), two, g.trouble("pick", Slip::NothingPicked)));
    let password = |page, troubles| RecoverPassword { page, login: "tanaka@sakura".into(), rules: rules(), troubles };
    g.add("recover-password", &password(g.common(), Troubles::none()));
    g.add(
        "recover-password-short",
        &password(g.common(), g.trouble("password", Slip::PasswordShort { min: 15, have: 9 })),
    );
    g.add("recover-ended", &RecoverEnded { page: g.page(), why: Ended::Expired });
    g.add("recover-ended-used", &RecoverEnded { page: g.common(), why: Ended::Used });
    g.add("too-many", &TooMany { page: g.page(), wait: 840, other: Some(Channel::Email), contact_text: None });
}
