//! Writes every page in every state, in both languages, as static files: `cargo run --example gallery -- DIRECTORY`. For looking, and for axe-core.

#![allow(
    missing_docs,
    clippy::wildcard_imports,
    clippy::format_collect,
    reason = "an example that shows every view there is"
)]

use std::{fs, path::PathBuf};

use aikagi::{
    deliver::html::{Dress, html},
    flows::sheet::Cells,
    model::{
        AlertEvent, Cause, ContactKind, ContactState, ForcedSecret, HandingState, IncidentKind, IncidentThing, JobKind,
        JobState, Locale, LossStep, MessageKind, MessageState, OwnerStep, Plight, Policy, Readiness, RequestState,
        Role, RowTrouble, Scope, Secret, SignInResult, Timestamp, WipeCause, WipeState, WipeWay, WipeWhat, days, hours,
        tally::{Counts, Tally},
        time::Span,
    },
    web::view::{
        agents::*,
        asking::{self, *},
        chart::{Chart, Column, Ink, Series, Shape},
        desk::messages::{
            AskedShown, FaredShown, MessagePage, MessageShown, MessagesPage, Stop, cause_key, handing_key, kind_key,
            purpose_key, state_key,
        },
        desk::policy::{rows as rows_of, *},
        desk::*,
        desk_queue::*,
        management::*,
        *,
    },
    wording::messages::{self, Forced, Invitation, Notice, Rendered, event_text},
};
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
    fn member(&self, rest: &str) -> Frame {
        let member = Some("田中 美咲".into());
        Frame { member, signed_in_links: true, here: format!("/w/sakura/{rest}"), ..self.page() }
    }
    fn say(&self, ja: &str, en: &str) -> String {
        if self.locale == Locale::Ja { ja.into() } else { en.into() }
    }
    fn t(&self, key: &str) -> String {
        aikagi::wording::text(self.locale, key, &[])
    }
    fn at(&self) -> String {
        moment(self.locale, Timestamp(1_795_334_700_000_000))
    }
    fn add(&mut self, name: &str, page: &impl Template) {
        let html = page.render().expect("a page of the gallery renders");
        assert!(html.len() < 100 * 1024, "{name} holds {} bytes", html.len());
        let name = format!("{name}.{}.html", self.locale.as_str());
        fs::write(self.out.join(&name), html.replace("\"/assets/", "\"assets/")).expect("the gallery can be written");
        self.names.push(name);
    }
    fn trouble(&self, field: &'static str, slip: Slip) -> Troubles {
        Troubles::one(self.locale, field, slip)
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
        alarm(&mut gallery);
        help(&mut gallery);
        profile(&mut gallery);
        contacts(&mut gallery);
        demo(&mut gallery);
        mail(&mut gallery);
        desk(&mut gallery);
        desk_policy(&mut gallery);
        asking(&mut gallery);
        mending(&mut gallery);
        queue(&mut gallery);
        readiness(&mut gallery);
        drill(&mut gallery);
        tokens(&mut gallery);
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

/// Emails as programs for reading them show them.
fn mail(g: &mut Gallery) {
    let (locale, kind) = (g.locale, ContactKind::Email);
    let (code, secret) = (Secret::from("00482190".to_owned()), Secret::from("CDF-234-HJK-567-LMN-89P".to_owned()));
    let (workspace, login) = ("さくら商事", "tanaka@sakura");
    let link = "https://id.example.jp/not-me/aka_0123456789abcdefghjkmnpqrstvwxyz0123456789abcdef";
    let facts = Forced { workspace, login, secret: &secret, seconds: 86_400 };
    let invitation = Invitation { workspace, login, code: &secret, link, host: "id.example.jp" };
    let notice = Notice {
        event: "recovered",
        workspace,
        login,
        at: Timestamp(1_795_334_700_000_000),
        about: Some("090-••••-5678"),
        way_out: Some(link),
        reference: Some("K7-2391-M"),
    };
    for (name, mail) in [
        ("mail-code", messages::recovery_code(locale, kind, "id.example.jp", &code, "KD")),
        ("mail-forced", messages::forced_secret(locale, kind, &facts)),
        ("mail-invitation", messages::invitation(locale, kind, &invitation)),
        ("mail-notice", messages::notice(locale, kind, &notice)),
        ("mail-activation", messages::activation_email(locale, workspace, login, link, 86_400)),
    ] {
        let dress = Dress { locale, code: mail.code.as_deref(), link: mail.link.as_deref() };
        let html = html(mail.subject.as_deref().unwrap_or_default(), &mail.text, &dress).expect("an email renders");
        let name = format!("{name}.{}.html", locale.as_str());
        fs::write(g.out.join(&name), html).expect("the gallery can be written");
        g.names.push(name);
    }
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
        |page: Frame| SignIn { page, login: String::new(), troubles: Troubles::none(), wait: None, own_texts: vec![] };
    g.add("sign-in", &sign_in(g.page()));
    g.add("sign-in-common", &sign_in(Frame { demo: true, ..g.common() }));
    g.add(
        "sign-in-failed",
        &SignIn {
            login: "tanaka".into(),
            troubles: g.trouble("", Slip::SignInFailed),
            own_texts: vec!["初めての方は、入社のしおりの5ページをごらんください。".into(), ASK.into()],
            ..sign_in(g.page())
        },
    );
    g.add("sign-in-wait", &SignIn { login: "tanaka".into(), wait: Some(8), ..sign_in(g.page()) });
    let mut empty = g.trouble("login", Slip::LoginEmpty);
    empty.push(g.locale, "password", Slip::PasswordEmpty);
    g.add("sign-in-empty", &SignIn { troubles: empty, ..sign_in(g.page()) });
    let flash = Some(Said::PasswordSet.flash(g.locale));
    g.add("sign-in-recovered", &SignIn { login: "tanaka".into(), ..sign_in(Frame { flash, ..g.page() }) });
    g.add("cannot-sign-in", &CannotSignIn { page: g.page(), contact_text: Some(ASK.into()) });
    let set = |page, forced, troubles| SetPassword {
        forced,
        page,
        action: "/set-password/x".into(),
        workspace: "さくら商事".into(),
        login: "tanaka@sakura".into(),
        rules: rules(),
        troubles,
    };
    g.add("set-password", &set(g.common(), false, Troubles::none()));
    g.add("set-password-forced", &set(g.common(), true, Troubles::none()));
    g.add("stopped-demanded", &Stopped { page: g.page(), kind: StoppedKind::Demanded, contact_text: Some(ASK.into()) });
    g.add("stopped-held", &Stopped { page: g.page(), kind: StoppedKind::Held, contact_text: Some(ASK.into()) });
    g.add("stopped-outside", &Stopped { page: g.page(), kind: StoppedKind::Outside, contact_text: Some(ASK.into()) });
    g.add("wiped", &Wiped { page: g.page(), token: Some("akx_1".into()) });
    g.add("wiped-done", &Wiped { page: g.page(), token: None });
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
        does_not_arrive: false,
        trail: None,
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
    let stops = trail.map(|(dot, at)| TrailStop { dot, at: at.into(), note: None }).to_vec();
    let last = TrailStop { dot: TrailDot::Failed, at: "12:04:19".into(), note: Some(g.t("cause-blocked")) };
    let trail = TrailShown { stops, state: "#".into(), is_over: false, reference: "K7-2391-M".into() };
    let stops = trail.stops[..2].iter().cloned().chain([last]).collect();
    let failed = TrailShown { stops, is_over: true, ..trail.clone() };
    trying(g, &trail, &failed);
    g.add("recover-code-failed", &RecoverCode { trail: Some(failed), ..code(g.common(), Channel::Mobile) });
    let flash = Some(Said::CodeSentAgain.flash(g.locale));
    g.add(
        "recover-code-known",
        &RecoverCode { trail: Some(trail), ..code(Frame { flash, ..g.common() }, Channel::Mobile) },
    );
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

fn alarm(g: &mut Gallery) {
    g.add("not-me", &NotMe { page: g.common(), word: String::new(), troubles: Troubles::none() });
    g.add(
        "not-me-slip",
        &NotMe { page: g.common(), word: "BCDF-GHJK".into(), troubles: g.trouble("word", Slip::WordUnknown) },
    );
    let event = event_text(g.locale, "contact_added");
    g.add(
        "not-me-confirm",
        &NotMeConfirm {
            page: g.common(),
            action: "/not-me/x".into(),
            word: None,
            workspace: "さくら商事".into(),
            event,
            at: g.at(),
            freezes: true,
        },
    );
    g.add(
        "not-me-done",
        &NotMeDone { page: g.common(), already: false, freezes: true, release: None, contact_text: Some(ASK.into()) },
    );
    let release = Some(("/not-me/x/release".into(), None));
    g.add(
        "not-me-held",
        &NotMeDone { page: g.common(), already: false, freezes: false, release, contact_text: Some(ASK.into()) },
    );
    g.add(
        "not-me-already",
        &NotMeDone { page: g.common(), already: true, freezes: false, release: None, contact_text: None },
    );
    g.add(
        "not-me-release",
        &NotMeRelease {
            page: g.common(),
            action: "/not-me/x/release".into(),
            word: None,
            contact: String::new(),
            contact_text: Some(ASK.into()),
            troubles: Troubles::none(),
        },
    );
    let guide = |id: &str, name: &str, settings: &[&str], steps: &[&str]| Guide {
        id: id.into(),
        name: name.into(),
        settings: settings.iter().map(|text| (*text).into()).collect(),
        steps: steps.iter().map(|text| (*text).into()).collect(),
        note: None,
    };
    let checks = vec![
        g.say("機内モードになっていませんか。", "Is aeroplane mode off?"),
        g.say("SIMが2枚のとき、登録した番号のほうで受け取れますか。", "With two SIMs, can the registered one receive?"),
    ];
    let carriers = vec![
        guide(
            "docomo",
            "docomo",
            &["SMS一括拒否", "国際SMS拒否", "国内他事業者SMS拒否"],
            &["My docomo を開きます。", "「SMS拒否設定」をえらび、拒否を解除します。"],
        ),
        guide("au", "au / UQ mobile / povo", &["迷惑SMSブロック"], &["auのSMSフィルターのページを開きます。"]),
        guide("softbank", "SoftBank / Y!mobile / LINEMO", &["迷惑SMS対策"], &["My SoftBank を開きます。"]),
    ];
    let phones =
        vec![guide("iphone", "iPhone", &["不明な差出人をフィルタ"], &["「メッセージ」で、もう一方のタブを見ます。"])];
    g.add("help-sms", &HelpSms { page: g.common(), checks, carriers, phones });
    for (name, kind) in [
        ("not-found", ProblemKind::NotFound),
        ("form", ProblemKind::FormExpired),
        ("busy", ProblemKind::Busy(130)),
        ("away", ProblemKind::Away),
        ("closed", ProblemKind::Closed),
        ("broken", ProblemKind::Broken),
        ("link", ProblemKind::LinkOver),
    ] {
        g.add(
            &format!("problem-{name}"),
            &Problem { page: g.page(), kind, reference: (kind == ProblemKind::Broken).then(|| "K7-2391-M".into()) },
        );
    }
}

fn help(g: &mut Gallery) {
    g.add("help", &HelpList { page: g.page(), topics: TOPICS });
    for name in TOPICS.iter().flat_map(|(_, names)| names.iter()) {
        let article = article(g.locale, name).expect("a name of the list");
        let contact_text = (*name == "stopped").then(|| ASK.to_owned());
        g.add(
            &format!("help-{name}"),
            &HelpArticle { page: g.page(), article, contact_text, at_desk: is_for_desk(name) },
        );
    }
}

fn profile(g: &mut Gallery) {
    let home = |page, reminder, contacts, sessions| Home {
        page,
        call: None,
        reminder,
        asked: false,
        contacts,
        password_at: Some("11月22日 17:05".into()),
        sessions,
    };
    g.add("home", &home(g.member("me"), None, 2, 3));
    g.add("home-add", &home(g.member("me"), Some(Reminder::AddContact { can_wait: true, until: None }), 0, 1));
    g.add(
        "home-add-must",
        &home(g.member("me"), Some(Reminder::AddContact { can_wait: false, until: Some(g.at()) }), 0, 1),
    );
    let reconfirm = Reminder::Reconfirm { id: "con_x".into(), shown: "090-1234-5678".into() };
    let flash = Some(Said::RecoveryRunning.flash(g.locale));
    g.add("home-reconfirm", &home(Frame { flash, ..g.member("me") }, Some(reconfirm), 1, 1));
    g.add("home-checkup", &home(g.member("me"), Some(Reminder::Checkup), 1, 1));
    let reauth =
        |page, troubles| Reauth { page, next: "/w/sakura/me/contacts".into(), login: "tanaka@sakura".into(), troubles };
    g.add("reauth", &reauth(g.member("me/confirm"), Troubles::none()));
    g.add("reauth-wrong", &reauth(g.member("me/confirm"), g.trouble("password", Slip::PasswordWrong)));
    let change =
        |page, asked, troubles| ChangePassword { page, login: "tanaka@sakura".into(), asked, rules: rules(), troubles };
    g.add("change-password", &change(g.member("me/password"), false, Troubles::none()));
    let mut troubles = g.trouble("current", Slip::PasswordWrong);
    troubles.push(g.locale, "password", Slip::PasswordCommon);
    g.add("change-password-slips", &change(g.member("me/password"), false, troubles));
    g.add("change-password-asked", &change(g.member("me/password"), true, Troubles::none()));
    let at = g.at();
    let device = |name: Option<&str>, kind: &str, this| DeviceShown {
        id: "dev_x".into(),
        name: name.unwrap_or(kind).into(),
        kind: name.map(|_| kind.into()),
        place: "203.0.113.24".into(),
        first: at.clone(),
        seen: at.clone(),
        is_in: kind != "Chrome, Android",
        this,
    };
    let list = vec![
        device(None, "Safari, iPhone", true),
        device(Some("会社のパソコン"), "Edge, Windows", false),
        device(None, "Chrome, Android", false),
    ];
    g.add("devices", &Devices { page: g.member("me/devices"), list: list.clone() });
    g.add("devices-one", &Devices { page: g.member("me/devices"), list: list[..1].to_vec() });
    let named = |g: &Gallery, value: &str, troubles| DeviceNamePage {
        page: g.member("me/devices/dev_x/name"),
        device: list[1].clone(),
        value: value.into(),
        troubles,
    };
    g.add("device-name", &named(g, "会社のパソコン", Troubles::none()));
    g.add("device-name-long", &named(g, &"あ".repeat(31), g.trouble("name", Slip::TextLong(30))));
    losses(g);
    let changes = ["recovered", "contact_added"]
        .map(|event| ChangeShown { at: g.at(), text: event_text(g.locale, event) })
        .to_vec();
    g.add(
        "offline",
        &Offline {
            page: g.member("me/offline"),
            kept: g.at(),
            contact_text: Some(ASK.into()),
            changes: vec![ChangeShown { at: g.at(), text: event_text(g.locale, "password_changed") }],
        },
    );
    g.add("checkup", &Checkup { page: g.member("me/checkup"), contacts: some_contacts(), devices: list, changes });
    g.add(
        "checkup-empty",
        &Checkup {
            page: g.member("me/checkup"),
            contacts: vec![],
            devices: vec![device(None, "Safari, iPhone", true)],
            changes: vec![],
        },
    );
}

fn contact(channel: Channel, shown: &str, state: Standing) -> ContactShown {
    ContactShown { id: "con_x".into(), channel, shown: shown.into(), states: vec![state], frozen: None }
}

fn losses(g: &mut Gallery) {
    let at = g.at();
    let choice = |field: &str, name: &str, note: Option<String>, chosen| LossChoice {
        field: field.into(),
        name: name.into(),
        note,
        chosen,
    };
    let form = |chosen| LossForm {
        kind: IncidentKind::Lost,
        devices: vec![
            choice("device_1", "会社のパソコン", Some(format!("{at}　203.0.113.24")), false),
            choice("device_2", "Chrome, Android", Some(format!("{at}　198.51.100.7")), chosen),
        ],
        contacts: vec![
            choice("contact_1", "090-1234-5678", None, true),
            choice("contact_2", "ichiro@example.jp", None, false),
        ],
        contacts_shut: false,
    };
    let report = |g: &Gallery, form, stays, troubles| Lost { page: g.member("me/lost"), form, stays, troubles };
    g.add("lost", &report(g, form(false), None, Troubles::none()));
    g.add("lost-nothing", &report(g, form(false), None, g.trouble("devices", Slip::NothingChosen)));
    let empty = LossForm { kind: IncidentKind::Stolen, devices: vec![], contacts: vec![], contacts_shut: false };
    g.add("lost-empty", &report(g, empty, None, Troubles::none()));
    let stays = |provers| LossStays { until: at.clone(), provers, contact_text: None };
    g.add("lost-stays", &report(g, form(true), Some(stays(some_contacts()[1..].to_vec())), Troubles::none()));
    let loss = |g: &Gallery, (is_open, by_desk), back| Loss {
        page: g.member("me/lost"),
        case: some_case(g, is_open, by_desk),
        back,
        contact_text: None,
    };
    g.add("loss", &loss(g, (true, false), LossBack::Prove(some_contacts()[1..].to_vec())));
    g.add("loss-back", &loss(g, (true, true), LossBack::Open));
    g.add("loss-alone", &loss(g, (false, false), LossBack::Prove(vec![])));
}

fn wipe_shown(g: &Gallery, name: &str, what: WipeWhat, state: WipeState, cause: Option<WipeCause>) -> WipeShown {
    WipeShown {
        id: "wip_1".into(),
        name: name.into(),
        what,
        state,
        cause,
        asked: g.at(),
        sent: (state == WipeState::Confirmed).then(|| g.at()),
        ended: state.is_over().then(|| g.at()),
        until: g.at(),
        managed: false,
        answer: None,
    }
}

fn agents(g: &mut Gallery) {
    let told = |what, state, cause| wipe_shown(g, "", what, state, cause);
    let device = |name: &str, told| AgentShown {
        id: "agt_1".into(),
        name: name.into(),
        platform: "linux x86_64".into(),
        enrolled: g.at(),
        seen: g.at(),
        told,
    };
    let list = vec![
        device("sakura-note-12", Some(told(WipeWhat::Data, WipeState::Queued, None))),
        device(
            "sakura-note-07.honsha.sakura.example.jp-keiri-tanaka-yoko-long",
            Some(told(WipeWhat::Device, WipeState::Impossible, Some(WipeCause::Refused))),
        ),
        device("mac", None),
    ];
    let text = |text: &str| text.to_owned();
    let (id, name) = (text("mem_tanaka"), g.say("田中 美咲", "Misaki Tanaka"));
    let code = text("AGT-CDFH-JKLM-NPRT-VWX2");
    let command = format!("sudo aikagi-agent enrol --server https://id.example.jp --code {code}");
    let place = "admin/members/mem_tanaka/agents";
    let own = Agents { page: g.member("me/devices/agents"), list: list.clone() };
    let none = Agents { page: g.member("me/devices/agents"), list: vec![] };
    let own_code = AgentCodePage {
        page: g.member("me/devices/agents"),
        command: command.clone(),
        code: code.clone(),
        until: g.at(),
    };
    let desk = DeskAgents {
        page: at_desk(g, place),
        id: id.clone(),
        name: name.clone(),
        login: text("tanaka@sakura"),
        list: list.clone(),
        keeps: true,
    };
    let desk_code =
        DeskAgentCode { page: at_desk(g, place), id: id.clone(), name: name.clone(), command, code, until: g.at() };
    let wipe =
        DeskAgentWipe { page: at_desk(g, place), id, name, login: text("tanaka@sakura"), device: list[0].clone() };
    g.add("agents", &own);
    g.add("agents-none", &none);
    g.add("agent-code", &own_code);
    g.add("desk-agents", &desk);
    g.add("desk-agent-code", &desk_code);
    g.add("desk-agent-wipe", &wipe);
}

fn managed_devices(g: &Gallery) -> Vec<ManagedShown> {
    let told =
        |state, cause, answer| WipeShown { managed: true, answer, ..wipe_shown(g, "", WipeWhat::Device, state, cause) };
    let device = |name: &str, way, device: &str, known, told| ManagedShown {
        id: "mng_1".into(),
        name: name.into(),
        way,
        device: device.into(),
        known,
        added: g.at(),
        told,
    };
    let known = ("iPhone-4F2K".to_owned(), "iOS".to_owned(), "misaki.tanaka@sakura.example.jp".to_owned());
    let waits = told(WipeState::Queued, None, Some(("HTTP 429 TooManyRequests".to_owned(), g.at())));
    vec![
        device("iPhone", WipeWay::Graph, "0f3a2b1c-1111-2222-3333-444455556666", Some(known), Some(waits)),
        device(
            "Tablet",
            WipeWay::Webhook,
            "00008030-001A2D3E4F5A6B7C-UDID-OF-A-DEVICE-THAT-IS-LONG",
            None,
            Some(told(WipeState::Failed, Some(WipeCause::Unlisted), None)),
        ),
    ]
}

fn managements(g: &mut Gallery) {
    let (id, name) = ("mem_tanaka".to_owned(), g.say("田中 美咲", "Misaki Tanaka"));
    let place = "admin/members/mem_tanaka/managed";
    let list = managed_devices(g);
    let both = vec![("graph", "management-graph", true), ("webhook", "management-webhook", false)];
    let devices = |g: &Gallery, list: Vec<ManagedShown>, ways: Vec<_>, troubles| DeskManaged {
        page: at_desk(g, place),
        id: id.clone(),
        name: name.clone(),
        login: "tanaka@sakura".into(),
        list,
        keeps: true,
        ways,
        may_set: true,
        device: String::new(),
        device_name: String::new(),
        troubles,
    };
    let wrong = Troubles::one(g.locale, "device", Slip::ManagedUnreachable("HTTP 503".to_owned()));
    let wipe = DeskManagedWipe {
        page: at_desk(g, place),
        id: id.clone(),
        name: name.clone(),
        login: "tanaka@sakura".into(),
        device: list[0].clone(),
    };
    let reached =
        |g: &Gallery, place: &str| Some(ReachedShown { place: place.into(), since: g.at(), both_until: Some(g.at()) });
    let tried = |good, said: &str| Some(TriedShown { way: WipeWay::Graph, good, said: said.to_owned() });
    let page = |g: &Gallery, set: bool, tried| ManagementPage {
        page: at_desk(g, "admin/management"),
        webhook: reached(g, "https://mdm.sakura.example.jp/…").filter(|_| set),
        graph: reached(g, "sakura.onmicrosoft.com / aaaabbbb-1111-2222-3333-ccccddddeeee").filter(|_| set),
        tried,
        url: String::new(),
        tenant: String::new(),
        client: String::new(),
        troubles: Troubles::none(),
    };
    let pages = [
        ("desk-managed", devices(g, list, both.clone(), Troubles::none())),
        ("desk-managed-none", devices(g, vec![], vec![], Troubles::none())),
        ("desk-managed-wrong", devices(g, vec![], both, wrong)),
    ];
    for (name, page) in &pages {
        g.add(name, page);
    }
    g.add("desk-managed-wipe", &wipe);
    let pages = [
        ("desk-management", page(g, false, None)),
        ("desk-management-good", page(g, true, tried(true, "HTTP 200"))),
        ("desk-management-bad", page(g, true, tried(false, "HTTP 401 invalid_client"))),
    ];
    for (name, page) in &pages {
        g.add(name, page);
    }
}

fn desk_losses(g: &mut Gallery) {
    let form = LossForm {
        kind: IncidentKind::Lost,
        devices: vec![LossChoice {
            field: "device_1".into(),
            name: "Safari, iPhone".into(),
            note: Some(g.at()),
            chosen: true,
        }],
        contacts: vec![LossChoice {
            field: "contact_1".into(),
            name: "090-••••-5678".into(),
            note: None,
            chosen: true,
        }],
        contacts_shut: false,
    };
    let (id, name, login) = ("mem_tanaka", g.say("田中 美咲", "Misaki Tanaka"), "tanaka@sakura");
    let report = |g: &Gallery, form, troubles| DeskLost {
        page: at_desk(g, "admin/members/mem_tanaka/lost"),
        id: id.into(),
        call: None,
        name: name.clone(),
        login: login.into(),
        form,
        troubles,
    };
    g.add("desk-lost", &report(g, form.clone(), Troubles::none()));
    g.add("desk-lost-nothing", &report(g, form, g.trouble("devices", Slip::NothingChosen)));
    let loss = |g: &Gallery, is_open| DeskLoss {
        page: at_desk(g, "admin/members/mem_tanaka/lost"),
        id: id.into(),
        name: name.clone(),
        login: login.into(),
        case: some_case(g, is_open, true),
        steps: LossStep::ALL
            .iter()
            .map(|step| {
                let done = *step == LossStep::SignOut;
                let seen = if done { "1".to_owned() } else { String::new() };
                LossStepShown { step: *step, seen, done: done.then(|| g.at()) }
            })
            .collect(),
        managed: managed_devices(g),
        agents: vec![AgentShown {
            id: "agt_1".into(),
            name: "sakura-note-12".into(),
            platform: "linux x86_64".into(),
            enrolled: g.at(),
            seen: g.at(),
            told: None,
        }],
        lives: vec![
            LivesShown { name: "Chrome, Windows".into(), is_token: false, until: g.at() },
            LivesShown { name: "在席表".into(), is_token: true, until: g.at() },
        ],
    };
    g.add("desk-loss", &loss(g, true));
    g.add("desk-loss-closed", &loss(g, false));
}

fn some_case(g: &Gallery, is_open: bool, by_desk: bool) -> CaseShown {
    let thing = |kind, name: &str, refused: Option<String>| ThingShown {
        kind,
        name: name.into(),
        told: g.at(),
        refused,
        undone: None,
        wipe: (kind == IncidentThing::Device).then(|| "dev_1".into()),
    };
    let wipe = |state, cause| wipe_shown(g, "Chrome, Android", WipeWhat::Data, state, cause);
    CaseShown {
        opened: g.at(),
        kind: IncidentKind::Stolen,
        by_desk,
        is_open,
        things: vec![
            thing(IncidentThing::Device, "Chrome, Android", None),
            thing(IncidentThing::Session, "Chrome, Android", Some(g.at())),
            thing(IncidentThing::Contact, "090-1234-5678", None),
        ],
        wipes: vec![
            wipe(WipeState::Queued, None),
            wipe(WipeState::Confirmed, None),
            wipe(WipeState::Impossible, Some(WipeCause::Found)),
        ],
        deeds: vec![ChangeShown { at: g.at(), text: event_text(g.locale, "loss_reported") }],
        password_at: by_desk.then(|| g.at()),
    }
}

fn some_contacts() -> Vec<ContactShown> {
    vec![
        contact(Channel::Mobile, "090-1234-5678", Standing::Verified),
        contact(Channel::Mobile, "080-9876-5432", Standing::Waiting(23)),
        contact(Channel::Email, "misaki.tanaka.1987@example.com", Standing::Frozen),
        contact(Channel::Email, "tanaka@example.jp", Standing::Unverified),
    ]
}

fn contacts(g: &mut Gallery) {
    let here = "me/contacts";
    let flash = Some(Said::ContactAdded.flash(g.locale));
    let (mobiles, emails) = some_contacts().into_iter().partition(|contact: &ContactShown| contact.channel.is_mobile());
    g.add("contacts", &Contacts { page: Frame { flash, ..g.member(here) }, mobiles, emails });
    g.add("contacts-empty", &Contacts { page: g.member(here), mobiles: vec![], emails: vec![] });
    g.add(
        "add-mobile",
        &AddContact {
            page: g.member(here),
            channel: Channel::Mobile,
            value: String::new(),
            troubles: Troubles::none(),
        },
    );
    let work = g.trouble("email", Slip::EmailWork);
    g.add(
        "add-email-slip",
        &AddContact {
            page: g.member(here),
            channel: Channel::Email,
            value: "tanaka@sakura.example".into(),
            troubles: work,
        },
    );
    let verify = |page, state| VerifyContact {
        page,
        id: "con_x".into(),
        channel: Channel::Mobile,
        shown: "080-9876-5432".into(),
        state,
        seconds_left: 600,
        resend_in: 60,
        sender: Some("0005 0123".into()),
        trail: None,
        next: None,
        troubles: Troubles::none(),
    };
    g.add("verify", &verify(g.member(here), CodeState::Open));
    g.add("verify-expired", &VerifyContact { resend_in: 0, ..verify(g.member(here), CodeState::Expired) });
    let first = some_contacts().swap_remove(0);
    g.add("remove", &ConfirmRemove { page: g.member(here), contact: first.clone(), last: false, stays: None });
    g.add("remove-last", &ConfirmRemove { page: g.member(here), contact: first.clone(), last: true, stays: None });
    let stays = |g: &Gallery, provers| {
        let next = "/w/sakura/me/contacts/con_x/remove".into();
        Some(RemovalStays { until: g.at(), provers, next, contact_text: Some(ASK.into()) })
    };
    let email = some_contacts().swap_remove(3);
    let wait = |page, stays| ConfirmRemove { page, contact: first.clone(), last: false, stays };
    g.add("remove-wait", &wait(g.member(here), stays(g, vec![email])));
    g.add("remove-wait-alone", &wait(g.member(here), stays(g, vec![])));
    g.add("removal-held", &RemovalHeld { page: g.page(), contact_text: Some(ASK.into()) });
    decisions(g, here);
}

fn decisions(g: &mut Gallery, here: &str) {
    let frozen = FrozenShown { at: g.at(), changed_at: g.at(), verified_at: Some(g.at()) };
    let contact = ContactShown { frozen: Some(frozen), ..some_contacts().swap_remove(2) };
    let decide = |page, state| DecideContact { page, contact: contact.clone(), state };
    let next = "/w/sakura/me/contacts/con_x/decide".into();
    g.add("decide", &decide(g.member(here), Deciding::Open { hours: 24 }));
    let first = Deciding::ProveFirst { older: some_contacts().drain(..2).collect(), next };
    g.add("decide-prove", &decide(g.member(here), first));
    g.add("decide-ask", &decide(g.member(here), Deciding::Closed { from: None, contact_text: Some(ASK.into()) }));
    let from = Some(g.at());
    g.add("decide-wait", &decide(g.member(here), Deciding::Closed { from, contact_text: None }));
}

fn demo(g: &mut Gallery) {
    let at = g.at();
    let letter = |kind, to: &str, rendered: Rendered| DemoMessage {
        kind,
        from: if kind == "sms" { "0005 0123".into() } else { "no-reply@id.example.jp".into() },
        to: to.into(),
        at: at.clone(),
        subject: rendered.subject,
        text: rendered.text,
    };
    let notice = |kind, way_out| {
        let (workspace, login, at) = ("さくら商事", "tanaka@sakura", Timestamp(1_795_334_700_000_000));
        let reference = Some("K7-2391-M");
        let notice =
            Notice { event: "recovered", workspace, login, at, about: None, way_out: Some(way_out), reference };
        messages::notice(g.locale, kind, &notice)
    };
    let code = |kind| messages::recovery_code(g.locale, kind, "localhost", &"48219037".into(), "KD");
    let (mobile, email) = (ContactKind::Mobile, ContactKind::Email);
    let link = "https://id.example.jp/not-me/k3v9x7q2m4w8r6t1";
    let sms = vec![
        letter("sms", "090-1234-5678", notice(mobile, "BCDF-GHJK-MNPQ")),
        letter("sms", "090-1234-5678", code(mobile)),
    ];
    let emails = vec![
        letter("email", "tanaka@example.com", notice(email, link)),
        letter("email", "tanaka@example.com", code(email)),
    ];
    let person = |name: &str, login: &str, mobile: Option<&str>, email: Option<&str>| DemoPerson {
        name: name.into(),
        login: login.into(),
        password: "yuki-no-hi-no-kagi".into(),
        mobile: mobile.map(Into::into),
        email: email.map(Into::into),
    };
    let people = vec![
        person("田中 美咲", "tanaka@sakura", Some("090-1234-5678"), Some("tanaka@example.com")),
        person("佐藤 健", "sato@sakura", None, Some("sato@example.com")),
        person("鈴木 一郎", "suzuki@sakura", None, None),
    ];
    let demo = |page, sms, emails| Demo {
        page,
        sign_in: "/w/sakura/sign-in".into(),
        people: people.clone(),
        sms,
        emails,
        newest: "0".into(),
    };
    let page = Frame { here: "/demo".into(), ..g.common() };
    g.add("demo", &demo(page.clone(), sms, emails));
    g.add("demo-empty", &demo(page, vec![], vec![]));
}

/// A week of a workplace so many times as large as a small one.
fn recent(locale: Locale, size: i64) -> Recent {
    let counts = |spans: i64, length: Span| -> Vec<_> {
        let span = |nth: i64| {
            let mut counts = Counts::default();
            for (what, times) in [
                (Tally::SignedIn, 30 + nth * 7 % 23),
                (Tally::Refused, nth * 5 % 8),
                (Tally::ProvedBySms, nth % 5 + 3),
                (Tally::ProvedByEmail, nth % 3 + 1),
                (Tally::BackBySms, nth % 5 + 2),
                (Tally::BackByEmail, nth % 3),
                (Tally::BackByHelp, i64::from(nth % 3 == 1)),
            ] {
                counts.add(what, times * size);
            }
            (Timestamp(1_795_273_200_000_000 - (spans - 1 - nth) * length.as_micros()), counts)
        };
        (0..spans).map(span).collect()
    };
    Recent::of(locale, &counts(24, hours(1)), &counts(7, days(1)), None)
}

#[expect(clippy::too_many_lines, reason = "a page after the other")]
fn desk(g: &mut Gallery) {
    let frame = |g: &Gallery, rest: &str| Frame { role: Role::Owner, signed_in_links: false, ..g.member(rest) };
    let row = |g: &Gallery, ja: &str, en: &str, login: &str, role, standing, last: (&str, &str)| MemberRow {
        id: format!("mem_{login}"),
        name: g.say(ja, en),
        kana: "たなか みさき".into(),
        login: login.into(),
        department: g.say("営業部 第一課", "Sales, first section"),
        role,
        standing,
        readiness: (login == "tanaka").then_some(ReadinessShown(Readiness::NoContact)),
        last: g.say(last.0, last.1),
    };
    let rows = |g: &Gallery| {
        vec![
            row(g, "田中 美咲", "Misaki Tanaka", "tanaka", None, AccountStanding::Active, ("今日", "Today")),
            row(g, "鈴木 一郎", "Ichiro Suzuki", "suzuki.ichiro", None, AccountStanding::Held, ("昨日", "Yesterday")),
            row(
                g,
                "佐藤 健",
                "Ken Sato",
                "sato",
                Some(Role::Administrator),
                AccountStanding::Active,
                ("3日前", "3 days ago"),
            ),
            row(
                g,
                "高橋 あゆみ",
                "Ayumi Takahashi",
                "takahashi",
                None,
                AccountStanding::Invited,
                ("まだない", "Never yet"),
            ),
            row(
                g,
                "小笠原 勘九郎左衛門",
                "Kankuro Ogasawara",
                "ogasawara",
                Some(Role::HelpDesk),
                AccountStanding::Suspended,
                ("41日前", "41 days ago"),
            ),
        ]
    };
    let page = frame(g, "admin");
    g.add(
        "desk-start",
        &Start {
            page,
            may_look: true,
            alerts: alert_rows(g),
            losses: vec![LossRow {
                id: "mem_tanaka".into(),
                name: "田中 一郎".into(),
                login: "tanaka@sakura".into(),
                kind: IncidentKind::Stolen,
                at: g.at(),
            }],
            held: vec![rows(g).remove(1)],
            recent: Some(recent(g.locale, 1)),
        },
    );
    let page = frame(g, "admin");
    g.add(
        "desk-start-large",
        &Start {
            page,
            may_look: true,
            alerts: Vec::new(),
            losses: Vec::new(),
            held: vec![rows(g).remove(1)],
            recent: Some(recent(g.locale, 12_345)),
        },
    );
    let page = frame(g, "admin");
    g.add(
        "desk-start-empty",
        &Start {
            page,
            may_look: true,
            alerts: Vec::new(),
            losses: Vec::new(),
            held: Vec::new(),
            recent: Some(recent(g.locale, 0)),
        },
    );
    let page = Frame { role: Role::HelpDesk, ..frame(g, "admin") };
    g.add(
        "desk-start-helper",
        &Start { page, may_look: false, alerts: Vec::new(), losses: Vec::new(), held: Vec::new(), recent: None },
    );
    let words = ["present", "invited", "active", "suspended", "held", "above", "away30", "away90", "deleted"];
    let list = |g: &Gallery, typed: &str, rows: Vec<MemberRow>, next: Option<&str>| Members {
        page: frame(g, "admin/members"),
        typed: typed.into(),
        which: words.iter().map(|word| Which { word, chosen: *word == "present" }).collect(),
        further: false,
        narrowed: !typed.is_empty(),
        sealed: "s1.x".into(),
        may_export: (true, true),
        whats: vec![
            ("force-4".into(), g.say("強制変更（仮パスワード 4時間）", "Force new passwords (4 hours)")),
            ("suspend".into(), g.say("利用を停止する", "Suspend")),
        ],
        before: String::new(),
        troubles: Troubles::none(),
        next: next.map(str::to_owned),
        rows,
    };
    g.add("desk-members", &list(g, "", rows(g), Some("?s=next")));
    g.add("desk-members-none", &list(g, "さとう 営業", Vec::new(), None));
    let member = |g: &Gallery, nth: usize, note: Option<String>| MemberPage {
        page: frame(g, "admin/members/mem_tanaka"),
        row: rows(g).remove(nth),
        login: "tanaka@sakura".into(),
        added: g.at(),
        password_at: Some(g.at()),
        demand: None,
        owner_step: note.is_some(),
        messages: vec![MessageShown {
            id: None,
            at: g.at(),
            purpose: purpose_key("recovery_code"),
            kind: kind_key(MessageKind::Mobile),
            state: MessageState::Undeliverable,
            cause: Some(g.t(cause_key(Cause::Blocked))),
            carrier: None,
            reference: Some("K7-2391-M".into()),
            member: None,
            way: vec![],
        }],
        all_messages: Some("#".into()),
        readiness: ReadinessShown(Readiness::Ready),
        invitation: Vec::new(),
        drilled: Some(g.at()),
        contacts: vec![
            ContactLine {
                id: "con_1".into(),
                entered: false,
                channel: Channel::Mobile,
                shown: "090-••••-5678".into(),
                state: ContactState::Verified,
                waits: None,
                confirmed: Some(g.at()),
            },
            ContactLine {
                id: "con_2".into(),
                entered: true,
                channel: Channel::Email,
                shown: "m•••@example.jp".into(),
                state: ContactState::Verified,
                waits: Some(g.at()),
                confirmed: None,
            },
        ],
        devices: vec![
            DeviceShown {
                id: "dev_1".into(),
                name: "Safari, iPhone".into(),
                kind: None,
                place: "198.51.100.7".into(),
                first: g.at(),
                seen: g.at(),
                is_in: true,
                this: false,
            },
            DeviceShown {
                id: "dev_2".into(),
                name: "会社のパソコン".into(),
                kind: Some("Edge, Windows".into()),
                place: "203.0.113.24".into(),
                first: g.at(),
                seen: g.at(),
                is_in: false,
                this: false,
            },
        ],
        sign_ins: vec![
            SignInLine {
                at: g.at(),
                result: SignInResult::Done,
                device: "Safari, iPhone".into(),
                place: "198.51.100.7".into(),
            },
            SignInLine {
                at: g.at(),
                result: SignInResult::WrongPassword,
                device: "Chrome, Windows".into(),
                place: "2001:db8:1:2::7".into(),
            },
        ],
        history: vec![
            ChangeShown { at: g.at(), text: g.say("パスワードが変わりました", "The password was changed") },
            ChangeShown { at: g.at(), text: g.say("メンバーに追加されました", "Added as a member") },
        ],
        doings: Doings(vec![Way::Force, Way::Request, Way::SignOut, Way::Hold, Way::Suspend, Way::Role, Way::Delete]),
        mends: note.is_none(),
        note,
    };
    g.add("desk-member", &member(g, 0, None));
    let note = g.say(
        "ご自身と同じか、上の役割の方です。この画面からは変えられません。",
        "This person’s role is not below yours. Nothing can be changed from here.",
    );
    let mut other = member(g, 2, Some(note));
    other.contacts.clear();
    g.add("desk-member-above", &other);
    people(g, &frame);
    for way in [Way::Suspend, Way::Delete, Way::Release] {
        let page = Before {
            page: frame(g, "admin/members/mem_tanaka/suspend"),
            id: "mem_tanaka".into(),
            call: None,
            name: g.say("田中 美咲", "Misaki Tanaka"),
            login: "tanaka@sakura".into(),
            sessions: 2,
            told: 2,
            way,
        };
        g.add(&format!("desk-before-{}", way.path()), &page);
    }
    agents(g);
    managements(g);
    desk_losses(g);
    messages(g);
    let log = |g: &Gallery, lines: Lines, troubles| LogPage {
        page: frame(g, &format!("admin/{}", lines.which().path())),
        login: String::new(),
        place: String::new(),
        from: "2026-11-01".into(),
        to: String::new(),
        choices: vec![("done", "result-done", false), ("wrong_password", "result-wrong-password", false)],
        older: Some("?s=older".into()),
        further: true,
        sealed: "x".into(),
        may_export: true,
        troubles,
        lines,
    };
    let sign_in = |g: &Gallery, result, member: bool| SignInShown {
        at: g.at(),
        result,
        member: member.then(|| "mem_tanaka".into()),
        name: g.say("田中 美咲", "Misaki Tanaka"),
        login: "tanaka".into(),
        device: "Chrome, Windows".into(),
        place: "2001:db8:1:2::7".into(),
    };
    let lines = vec![
        sign_in(g, SignInResult::Done, true),
        sign_in(g, SignInResult::BudgetSpent, true),
        sign_in(g, SignInResult::UnknownId, false),
    ];
    g.add("desk-log-sign-ins", &log(g, Lines::SignIns(lines), Troubles::none()));
    let change = |g: &Gallery, ja: &str, en: &str, changes: &[&str]| AuditShown {
        at: g.at(),
        what: g.say(ja, en),
        by: "sato".into(),
        member: Some("mem_tanaka".into()),
        name: g.say("田中 美咲", "Misaki Tanaka"),
        login: "tanaka".into(),
        changes: changes.iter().map(|change| (*change).to_owned()).collect(),
    };
    let lines = vec![
        change(
            g,
            "管理者が、アカウントを一時停止しました",
            "An administrator suspended the account",
            &["state: active → suspended"],
        ),
        change(
            g,
            "規則が変わりました",
            "The policy changed",
            &["password.min_length: 15 → 20", "session.admin_idle_min: 15 → 5"],
        ),
        change(g, "もう一度招待されました", "Invited again", &[]),
    ];
    g.add("desk-log-audit", &log(g, Lines::Audit(lines), Troubles::none()));
    let wrong = g.trouble("place", Slip::PlaceUnreadable);
    g.add("desk-log-none", &log(g, Lines::Audit(Vec::new()), wrong));
    let to = |id: &str, channel, shown: &str, chosen| ForceTo { id: id.into(), channel, shown: shown.into(), chosen };
    for (name, to) in [
        (
            "desk-force",
            vec![
                to("con_1", Channel::Mobile, "090-••••-5678", true),
                to("con_2", Channel::Email, "m•••@example.jp", false),
            ],
        ),
        ("desk-force-none", Vec::new()),
    ] {
        let page = Force {
            page: frame(g, "admin/members/mem_tanaka/force"),
            id: "mem_tanaka".into(),
            call: None,
            name: g.say("田中 美咲", "Misaki Tanaka"),
            login: "tanaka@sakura".into(),
            sessions: 2,
            waiver: if to.is_empty() { Waiver::Good } else { Waiver::Unneeded },
            hours: vec![1, 4, 24],
            to,
        };
        g.add(name, &page);
    }
    let page = RolePage {
        page: frame(g, "admin/members/mem_tanaka/role"),
        id: "mem_tanaka".into(),
        name: g.say("田中 美咲", "Misaki Tanaka"),
        login: "tanaka@sakura".into(),
        choices: Role::ALL.iter().map(|&role| RoleChoice { role, chosen: role == Role::Member }).collect(),
    };
    g.add("desk-role", &page);
    let page = Confirm {
        page: frame(g, "admin/members/mem_tanaka/role"),
        login: "sato@sakura".into(),
        fields: vec![("role".into(), "member".into())],
        troubles: g.trouble("again", Slip::PasswordWrong),
    };
    g.add("desk-confirm", &page);
}

fn mending(g: &mut Gallery) {
    let page = |g: &Gallery, rest: &str| Frame { role: Role::Owner, signed_in_links: false, ..g.member(rest) };
    let mend = |g: &Gallery, old: Option<Old>, sure: Option<Sure>, waiver: Waiver, troubles: Troubles| MendPage {
        page: page(g, "admin/members/mem_tanaka/contacts/con_1"),
        id: "mem_tanaka".into(),
        name: g.say("田中 美咲", "Misaki Tanaka"),
        login: "tanaka@sakura".into(),
        old,
        value: "080-9876-5432".into(),
        troubles,
        sure,
        waiver,
    };
    let old = |goes| Some(Old { id: "con_1".into(), shown: "090-••••-5678".into(), goes });
    let sure = |g: &Gallery, goes: bool| {
        let shown = if goes { String::new() } else { "080-9876-5432".into() };
        Some(Sure { shown, counts: "hold", from: (!goes).then(|| g.at()), now: false, told: 2 })
    };
    g.add("desk-mend", &mend(g, old(false), None, Waiver::Good, Troubles::none()));
    let wrong = g.trouble("address", Slip::NumberShort);
    g.add("desk-mend-add-wrong", &mend(g, None, None, Waiver::Lacking { alone: true }, wrong));
    g.add("desk-mend-sure", &mend(g, old(false), sure(g, false), Waiver::Good, Troubles::none()));
    g.add("desk-mend-remove", &mend(g, old(true), sure(g, true), Waiver::Good, Troubles::none()));
    let edit = EditPage {
        page: page(g, "admin/members/mem_tanaka/edit"),
        id: "mem_tanaka".into(),
        shown: g.say("田中 美咲", "Misaki Tanaka"),
        login: "tanaka".into(),
        full_name: g.say("田中 美咲", "Misaki Tanaka"),
        kana: g.say("たなか みさき", ""),
        department: g.say("営業部", "Sales"),
        locale: g.locale,
        seen: "0".into(),
        troubles: Troubles::from(vec![Trouble {
            field: "login",
            text: aikagi::wording::text(g.locale, "edit-login-taken", &[]),
        }]),
    };
    g.add("desk-edit", &edit);
    let declare = |g: &Gallery, others, from| DeclarePage {
        page: page(g, "admin/members/mem_tanaka/declare"),
        id: "mem_tanaka".into(),
        name: g.say("田中 美咲", "Misaki Tanaka"),
        login: "tanaka@sakura".into(),
        others,
        from,
        told: 2,
        value: String::new(),
        troubles: Troubles::none(),
    };
    g.add("desk-declare", &declare(g, false, Some(g.at())));
    g.add("desk-declare-others", &declare(g, true, None));
    let secret = ForcedSecret::from_bytes([7; 32]);
    let groups = |g: &Gallery| -> Vec<_> {
        secret.groups().map(str::to_owned).zip(aikagi::wording::read_out(g.locale, &secret)).collect()
    };
    let shown = SecretPage {
        page: page(g, "admin/members/mem_tanaka/show-secret"),
        id: "mem_tanaka".into(),
        name: g.say("田中 美咲", "Misaki Tanaka"),
        login: "tanaka@sakura".into(),
        groups: groups(g),
        until: g.at(),
    };
    g.add("desk-secret", &shown);
    let step = |step, ripe: bool| OwnerStepRow {
        id: "ost_1".into(),
        step,
        by: g.say("佐藤 健一", "Kenichi Sato"),
        whom: g.say("上田 恵", "Megumi Ueda"),
        login: "ueda".into(),
        from: (!ripe).then(|| g.at()),
        ripe,
        may_agree: !ripe,
        own: ripe,
        until: g.at(),
    };
    let waiting = vec![step(OwnerStep::Suspend, false), step(OwnerStep::Demote, true)];
    let mut asked = OwnerStepPage {
        page: page(g, "admin/members/mem_ueda/owner"),
        id: "mem_ueda".into(),
        name: g.say("上田 恵", "Megumi Ueda"),
        login: "ueda@sakura".into(),
        steps: OwnerStep::ALL.iter().map(|&step| (step, step_key(step))).collect(),
    };
    g.add("desk-owner-step", &asked);
    asked.steps.clear();
    g.add("desk-owner-step-none", &asked);
    for (name, second_owner, made) in [("desk-owners", false, None), ("desk-owners-safe", true, Some(g.at()))] {
        let good = made.is_some();
        let steps = if second_owner { waiting.clone() } else { Vec::new() };
        g.add(name, &OwnersPage { page: page(g, "admin/owners"), second_owner, made, used: None, good, steps });
    }
    let path = "https://id.example.jp/w/sakura/break-glass".into();
    g.add("desk-sealed", &SealedPage { page: page(g, "admin/owners"), groups: groups(g), path, at: g.at() });
    let wrong = Trouble { field: "code", text: aikagi::wording::text(g.locale, "break-glass-wrong", &[]) };
    let glass = BreakGlassPage { page: g.page(), login: "suzuki".into(), troubles: Troubles::from(vec![wrong]) };
    g.add("break-glass", &glass);
}

fn desk_policy(g: &mut Gallery) {
    let (frame, list) = (at_desk, some_networks);
    let now = Policy::nist();
    let then = Policy { password: Policy::contract().password, ..Policy::strict() };
    let page = PolicyPage {
        page: frame(g, "admin/policy"),
        groups: groups(g.locale, &then),
        warnings: then.departures().into_iter().map(warning_key).collect(),
        texts: vec![
            TextShown { path: "contact-text", key: "own-text-contact", ja: Some(ASK.into()), en: Some(ASK.into()) },
            TextShown { path: "failure-text", key: "own-text-failure", ja: None, en: None },
        ],
        networks: Some(list(true)),
        may_networks: true,
    };
    g.add("desk-policy", &page);
    let page = PolicyPage {
        page: frame(g, "admin/policy"),
        groups: groups(g.locale, &now),
        warnings: vec![],
        networks: None,
        may_networks: false,
        ..page
    };
    g.add("desk-policy-plain", &page);
    let changed = now.differs(&then);
    let change = |g: &Gallery, meanwhile, troubles| PolicyChange {
        page: frame(g, "admin/policy/change"),
        presets: [
            ("nist", "policy-preset-nist", "policy-preset-nist-about"),
            ("contract", "policy-preset-contract", "policy-preset-contract-about"),
            ("strict", "policy-preset-strict", "policy-preset-strict-about"),
        ]
        .map(|(word, key, about)| PresetShown { word, key, about, chosen: word == "strict" })
        .into(),
        groups: form(g.locale, |field| now.value(field).map_or_else(String::new, |n| n.to_string())),
        meanwhile,
        was: String::new(),
        troubles,
    };
    g.add("desk-policy-change", &change(g, vec![], Troubles::none()));
    let mut troubles = g.trouble("", Slip::Meanwhile);
    troubles.push(g.locale, "password.min_length", Slip::OutOfRange(8, 64));
    g.add("desk-policy-change-wrong", &change(g, rows_of(g.locale, ["password.history"], &now, &then), troubles));
    let effects: Vec<String> = [
        (
            "パスワードの期限が過ぎている12人は、新しいパスワードを決めるよう求められます。",
            "12 members are asked for a new password.",
        ),
        ("サインイン中の端末340台は、すぐにサインアウトになります。", "340 devices are signed out at once."),
    ]
    .map(|(ja, en)| g.say(ja, en))
    .into();
    let mut review = PolicyReview {
        page: frame(g, "admin/policy/change"),
        rows: rows_of(g.locale, changed, &now, &then),
        effects: effects.clone(),
        warnings: then.departures().into_iter().map(warning_key).collect(),
        for_owners: vec![],
        fields: vec![],
    };
    g.add("desk-policy-review", &review);
    review.page = frame(g, "admin/policy/change");
    review.for_owners = vec![g.say("文字の種類", "Kinds of characters"), g.say("パスワードの期限", "Passwords expire")];
    g.add("desk-policy-review-owners", &review);
    desk_texts(g);
    desk_networks(g, &effects);
    desk_alerts(g);
}

fn at_desk(g: &Gallery, rest: &str) -> Frame {
    Frame { role: Role::Owner, signed_in_links: false, ..g.member(rest) }
}

fn alert_rows(g: &Gallery) -> Vec<AlertRow> {
    let row = |event: AlertEvent, n: &str, member: Option<(&str, &str)>, seen: bool| {
        let values = [("n", n), ("network", "203.0.113.9/32")];
        AlertRow {
            id: event.to_string(),
            event,
            at: g.at(),
            what: aikagi::wording::text(g.locale, alert_what(event), &values),
            member: member.map(|(name, login)| ("mem_1".to_owned(), name.to_owned(), login.to_owned())),
            log: (event == AlertEvent::NetworkFailures || member.is_some()).then(|| "?s=log".to_owned()),
            seen: seen.then(|| (g.say("佐藤 健", "Ken Sato"), g.at())),
            may_see_to: !seen,
        }
    };
    let tanaka = g.say("田中 美咲", "Misaki Tanaka");
    vec![
        row(AlertEvent::ChainBroken, "4128", None, false),
        row(AlertEvent::SignInAfterFailures, "12", Some((&tanaka, "tanaka")), false),
        row(AlertEvent::NetworkFailures, "31", None, false),
    ]
}

fn desk_alerts(g: &mut Gallery) {
    let frame = |g: &Gallery, rest: &str| at_desk(g, rest);
    let mut rows = alert_rows(g);
    let like = |row: &AlertRow, event: AlertEvent, seen: bool| AlertRow {
        event,
        what: aikagi::wording::text(g.locale, alert_what(event), &[("n", "100"), ("network", "")]),
        seen: seen.then(|| (g.say("佐藤 健", "Ken Sato"), g.at())),
        may_see_to: false,
        log: None,
        ..row.clone()
    };
    let others = [
        like(&rows[1], AlertEvent::GuessesInARow, true),
        like(&rows[0], AlertEvent::Sweep, true),
        like(&rows[0], AlertEvent::MessagesFailing, false),
    ];
    rows.extend(others);
    let page = frame(g, "admin/alerts");
    let next = Some("?s=next".to_owned());
    g.add("desk-alerts", &AlertsPage { page, rows, next, further: false, may_set: true });
    let page = frame(g, "admin/alerts");
    g.add("desk-alerts-none", &AlertsPage { page, rows: Vec::new(), next: None, further: false, may_set: false });
    let settings = |g: &Gallery, webhook: Option<&str>, troubles| AlertSettingsPage {
        page: frame(g, "admin/alerts/settings"),
        kinds: AlertEvent::ALL
            .iter()
            .map(|event| (event.as_str(), alert_key(*event), true, !event.is_always_told()))
            .collect(),
        counts: ["10".into(), "20".into()],
        mails: "all".into(),
        heads: "address".into(),
        heads_address: "audit@example.jp".into(),
        heads_to_webhook: false,
        webhook: webhook.map(str::to_owned),
        url: String::new(),
        both_until: webhook.map(|_| g.at()),
        sent: webhook
            .iter()
            .flat_map(|_| {
                let row = |what: &str, state, tries, again, answer: &str| SentRow {
                    at: g.at(),
                    what: what.into(),
                    state,
                    tries,
                    again,
                    answer: answer.into(),
                };
                [
                    row("test", "handed", 1, None, "HTTP 200 ok"),
                    row("alert.network_failures", "waiting", 3, Some(g.at()), "HTTP 503 Service Unavailable"),
                    row("chain.head", "failed", 30, None, "no connection: connection refused"),
                ]
            })
            .collect(),
        was: "s1.x".into(),
        troubles,
    };
    g.add(
        "desk-alert-settings",
        &settings(g, Some("https://hooks.example.jp/services/aikagi/T01/B02"), Troubles::none()),
    );
    let mut troubles = Troubles::one(g.locale, "failures", Slip::OutOfRange(3, 100));
    troubles.push(g.locale, "url", Slip::UrlInside);
    g.add("desk-alert-settings-slip", &settings(g, None, troubles));
    let secret = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oDazGm7k2LK0Q=".to_owned();
    g.add(
        "desk-webhook-secret",
        &WebhookSecretPage {
            page: frame(g, "admin/alerts"),
            secret,
            renewed: true,
            back: "admin/alerts/settings",
            lead: "webhook-secret-lead",
        },
    );
}

fn some_networks(only_desk: bool) -> NetworksShown {
    NetworksShown { only_desk, from: vec!["203.0.113.0/24".into(), "2001:db8:aaaa:bbbb::/64".into()] }
}

fn tokens(g: &mut Gallery) {
    let frame = at_desk;
    let row = |g: &Gallery, nth: usize, called: &str, maker: Option<&str>, scopes: &[Scope]| TokenRow {
        id: format!("act_{nth}"),
        called: called.into(),
        maker: maker.map(str::to_owned),
        scopes: scopes.iter().map(|scope| scope_key(*scope)).collect(),
        made: g.at(),
        until: g.at(),
        used: (nth == 0).then(|| g.at()),
        may_end: nth < 2,
    };
    let rows = vec![
        row(g, 0, &g.say("人事システム（入社と退社）", "HR system (joiners and leavers)"), None, Scope::ALL),
        row(g, 1, &g.say("毎朝の見張り", "Morning watch"), Some("鈴木 一郎"), &[Scope::LogsRead, Scope::MembersStop]),
        row(g, 2, "backup-script-01.example.jp", Some("佐藤 花子"), &[Scope::PolicyRead]),
    ];
    let page = TokensPage { page: frame(g, "admin/tokens"), rows, next: Some("#".into()) };
    g.add("desk-tokens", &page);
    g.add("desk-tokens-none", &TokensPage { page: frame(g, "admin/tokens"), rows: vec![], next: None });
    let new = |g: &Gallery, troubles: Troubles| NewTokenPage {
        page: frame(g, "admin/tokens/new"),
        called: String::new(),
        scopes: Scope::ALL.iter().map(|&scope| ScopeChoice { scope, chosen: scope == Scope::MembersRead }).collect(),
        days: vec![(7, false), (30, true), (60, false), (90, false)],
        troubles,
    };
    g.add("desk-token-new", &new(g, Troubles::none()));
    let say = |key| aikagi::wording::text(g.locale, key, &[]);
    let wrong = vec![
        Trouble { field: "name", text: say("line-empty") },
        Trouble { field: "scopes", text: say("token-none-chosen") },
    ];
    g.add("desk-token-new-wrong", &new(g, Troubles::from(wrong)));
    let made = TokenMadePage {
        page: frame(g, "admin/tokens/new"),
        called: g.say("人事システム", "HR system"),
        token: format!("akt_{}", "0123456789abc".repeat(5)),
        until: g.at(),
    };
    g.add("desk-token-made", &made);
}

fn desk_texts(g: &mut Gallery) {
    let frame = at_desk;
    let text = "初めての方は、入社のしおりの5ページをごらんください。\n<b>総務部</b> 内線 1234";
    let own = |g: &Gallery, is_failure, meanwhile, troubles| OwnTextPage {
        page: frame(g, if is_failure { "admin/policy/failure-text" } else { "admin/policy/contact-text" }),
        is_failure,
        ja: text.into(),
        en: String::new(),
        meanwhile,
        was: String::new(),
        troubles,
    };
    g.add("desk-own-text", &own(g, true, None, Troubles::none()));
    let troubles = g.trouble("ja", Slip::TextLookAlike("sаkura".into()));
    g.add("desk-own-text-wrong", &own(g, false, Some([Some(ASK.into()), None]), troubles));
    let preview = OwnTextPreview {
        page: frame(g, "admin/policy/failure-text"),
        is_failure: true,
        ja: Some(text.into()),
        en: Some(text.into()),
        fields: vec![],
    };
    g.add("desk-own-text-preview", &preview);
}

fn desk_networks(g: &mut Gallery, effects: &[String]) {
    let (frame, list) = (at_desk, some_networks);
    let networks = |g: &Gallery, meanwhile, troubles| NetworksPage {
        page: frame(g, "admin/policy/networks"),
        who: "desk".into(),
        from: "203.0.113.0/24\n2001:db8:aaaa:bbbb::/64".into(),
        address: "2001:db8:aaaa:bbbb:cccc:dddd:eeee:1".into(),
        meanwhile,
        was: String::new(),
        troubles,
    };
    g.add("desk-networks", &networks(g, None, Troubles::none()));
    let troubles = g.trouble("from", Slip::NetworkOwn("2001:db8:aaaa:bbbb:cccc:dddd:eeee:1".into()));
    g.add("desk-networks-wrong", &networks(g, Some(Meanwhile(Some(list(false)))), troubles));
    let review = |g: &Gallery, networks| NetworksReview {
        page: frame(g, "admin/policy/networks"),
        networks,
        effects: effects.to_vec(),
        fields: vec![],
    };
    g.add("desk-networks-review", &review(g, Some(list(false))));
    g.add("desk-networks-review-open", &review(g, None));
}

fn asking(g: &mut Gallery) {
    let ask = |page: Frame, troubles: Troubles, typed: [&str; 5]| AskPage {
        page,
        typed: typed.map(str::to_owned),
        causes: Plight::ALL
            .iter()
            .map(|&cause| (cause, asking::cause_key(cause), cause == Plight::PhoneLost))
            .collect(),
        troubles,
    };
    g.add("ask", &ask(g.page(), Troubles::none(), [""; 5]));
    let empty = |field, key| Trouble { field, text: aikagi::wording::text(g.locale, key, &[]) };
    let all = vec![
        empty("workspace", "ask-empty-workspace"),
        empty("name", "ask-empty-name"),
        empty("reach", "ask-empty-reach"),
        empty("cause", "ask-empty-cause"),
        empty("more", "ask-unreadable"),
    ];
    g.add("ask-common-wrong", &ask(g.common(), Troubles::from(all), ["", "", "tanaka", "", "?"]));
    g.add("ask-busy", &AskBusy { page: g.page(), wait: 3_600 });
    let answer = g.say(
        "総務の窓口へ、社員証を持って来てください。\n平日 9時から17時まで。",
        "Come to the office with your card.",
    );
    for (name, state, answer) in [
        ("asked-new", RequestState::Waiting, None),
        ("asked-taken", RequestState::Taken, None),
        ("asked-answered", RequestState::Answered, Some(answer)),
        ("asked-closed", RequestState::Closed, None),
    ] {
        let (page, at) = (g.common(), g.at());
        g.add(name, &AskedPage { page, reference: "K7-2391-M".into(), at, state, answer });
    }
    let home = Home {
        page: g.member("me"),
        call: Some(("cal_1".into(), 47)),
        reminder: None,
        asked: false,
        contacts: 2,
        password_at: None,
        sessions: 1,
    };
    g.add("home-call", &home);
}

fn queue(g: &mut Gallery) {
    let desk = |g: &Gallery, rest: &str, role: Role| {
        let page = g.member(rest);
        Frame { signed_in_links: false, role, waiting: 2, ..page }
    };
    let row = |g: &Gallery, n: usize| RequestRow {
        id: format!("req_{n}"),
        name: ["佐藤 美咲", "鈴木 一郎", "高橋 健"][n % 3].into(),
        login: ["sato.misaki", "suzuki", ""][n % 3].into(),
        cause: Plight::ALL[n % 5],
        age: lasting(g.locale, [1_080, 180, 7_200][n % 3]),
        proved: n == 1,
        other: (n == 2).then(|| "森 みどり".into()),
        own: n == 1,
    };
    let (rows, done) = ((0..3).map(|n| row(g, n)).collect(), vec![row(g, 1)]);
    g.add("desk-queue", &QueuePage { page: desk(g, "admin/queue", Role::Owner), open: rows, done, to_agree: 1 });
    let page = desk(g, "admin/queue", Role::HelpDesk);
    g.add("desk-queue-empty", &QueuePage { page, open: vec![], done: vec![], to_agree: 0 });
    let request = |g: &Gallery, row: RequestRow| RequestPage {
        page: desk(g, "admin/queue/req_1", Role::HelpDesk),
        row,
        reference: "K7-2391-M".into(),
        reach: "内線 1234".into(),
        more: "携帯を機種変更し、番号も変わりました。\n個人のメールは登録していません。".into(),
        at: g.at(),
        network: "198.51.100.7".into(),
        can_take: true,
        is_over: false,
        answer: None,
        typed: String::new(),
        call: None,
        member: None,
        troubles: Troubles::none(),
    };
    g.add("desk-request", &request(g, row(g, 0)));
    g.add("desk-request-other", &RequestPage { can_take: false, ..request(g, row(g, 2)) });
    let own = RequestRow { proved: false, ..row(g, 1) };
    g.add("desk-request-own", &request(g, own));
    let proved = RequestPage { call: Some("cal_1".into()), member: Some("mem_1".into()), ..request(g, row(g, 1)) };
    g.add("desk-request-proved", &proved);
    let page = desk(g, "admin/calls/new", Role::HelpDesk);
    let troubles = g.trouble("login", Slip::LoginEmpty);
    g.add("desk-call-new", &CallNew { page, login: String::new(), request: String::new(), troubles });
    let call = |g: &Gallery, stage: CallStage| CallPage {
        page: desk(g, "admin/calls/cal_1", Role::HelpDesk),
        id: "cal_1".into(),
        login: "sato.misaki".into(),
        request: Some("req_1".into()),
        stage,
        until: g.at(),
        sent_by: None,
        can_send: true,
        resend_in: 0,
        can_type: false,
        prompted: false,
        can_number: false,
        second_asked: false,
        troubles: Troubles::none(),
    };
    g.add("desk-call-open", &call(g, CallStage::Open));
    let text = aikagi::wording::text(g.locale, "call-code-wrong", &[("left", "2")]);
    let all = CallPage {
        sent_by: Some(ContactKind::Mobile),
        resend_in: 24,
        can_type: true,
        prompted: true,
        can_number: true,
        second_asked: true,
        troubles: Troubles::from(vec![Trouble { field: "letters", text }]),
        ..call(g, CallStage::Open)
    };
    g.add("desk-call-all", &all);
    g.add("desk-call-proved", &call(g, CallStage::Proved("mem_1".into())));
    g.add("desk-call-ended", &call(g, CallStage::Ended));
    let agree = |name: Option<&str>| AgreeRow {
        id: "cal_1".into(),
        opener: "加藤 るい".into(),
        login: "sato.misaki".into(),
        name: name.map(str::to_owned),
        at: g.at(),
    };
    let calls = vec![agree(Some("佐藤 美咲")), agree(None)];
    g.add("desk-agree", &AgreePage { page: desk(g, "admin/calls", Role::Owner), calls });
}

/// Who could not get back in alone, and asking them.
fn readiness(g: &mut Gallery) {
    let frame = |g: &Gallery, rest: &str| Frame { role: Role::Owner, signed_in_links: false, ..g.member(rest) };
    let days = (0..46).filter(|n| !(17..20).contains(n)).map(|n| {
        let day = Timestamp(1_795_334_700_000_000).day() - 45 + n;
        (day, format!("11/{n}"), 212 + n * 3, 141 - n * 3)
    });
    let members = [38, 21, 2, 64, 3, 12];
    let reasons = Readiness::REASONS.iter().zip(members);
    let page = |g: &Gallery| ReadinessPage {
        page: frame(g, "admin/readiness"),
        taken: Some(g.at()),
        share: Some((67, 283, 423)),
        trend: Trend::new(days.clone().collect()),
        reasons: reasons
            .clone()
            .map(|(reason, members)| ReasonLine { readiness: ReadinessShown(*reason), members })
            .collect(),
        drilled: 57,
        run: Some(g.say(
            "「連絡先なし」の人にお願いしています。20人にお願いし、3人をとばしました。続いています。",
            "Asking those with “No contact”.",
        )),
        may_export: true,
    };
    g.add("desk-readiness", &page(g));
    let none = ReadinessPage { taken: None, share: None, trend: Trend::default(), drilled: 0, run: None, ..page(g) };
    g.add("desk-readiness-first", &none);
    let row = |g: &Gallery, login: &str| MemberRow {
        id: format!("mem_{login}"),
        name: g.say("田中 美咲", "Misaki Tanaka"),
        kana: "たなか みさき".into(),
        login: login.into(),
        department: g.say("営業部 第一課", "Sales, first section"),
        role: None,
        standing: AccountStanding::Active,
        readiness: Some(ReadinessShown(Readiness::Stale)),
        last: g.say("3日前", "3 days ago"),
    };
    let list = ReadinessList {
        page: frame(g, "admin/readiness/of/stale"),
        readiness: ReadinessShown(Readiness::Stale),
        taken: Some(g.at()),
        rows: vec![row(g, "tanaka"), row(g, "suzuki.ichiro")],
        next: Some("#".into()),
        further: true,
        may_export: true,
        may_nudge: true,
    };
    g.add("desk-readiness-list", &list);
    let who = [("mem_1", "田中 美咲", "tanaka"), ("mem_2", "鈴木 一郎", "suzuki.ichiro")];
    let lines = who.map(|(id, name, login)| [id.to_owned(), name.to_owned(), login.to_owned(), g.at()]);
    let drills =
        DrillsPage { page: frame(g, "admin/readiness/drills"), lines: lines.into(), next: None, further: false };
    g.add("desk-drills", &drills);
    let one = |g: &Gallery, email: Option<&str>, wait: Option<String>| Nudged::One {
        id: "mem_tanaka".into(),
        name: g.say("田中 美咲", "Misaki Tanaka"),
        login: "tanaka@sakura".into(),
        email: email.map(str::to_owned),
        asked: wait.clone(),
        wait,
    };
    let all = Nudged::All { members: 64, taken: g.at() };
    for (name, readiness, whom) in [
        ("desk-nudge", Readiness::Stale, one(g, Some("m•••@example.jp"), None)),
        ("desk-nudge-wait", Readiness::NoContact, one(g, None, Some(g.at()))),
        ("desk-nudge-all", Readiness::Stale, all),
    ] {
        let page = frame(g, "admin/readiness");
        g.add(name, &NudgePage { page, readiness: ReadinessShown(readiness), whom });
    }
    let slip = |g: &Gallery, readiness| SlipShown {
        name: g.say("田中 美咲", "Misaki Tanaka"),
        department: g.say("営業部 第一課", "Sales, first section"),
        login: "tanaka@sakura".into(),
        readiness: ReadinessShown(readiness),
    };
    let slips = SlipsPage {
        page: frame(g, "admin/readiness"),
        slips: Readiness::REASONS.iter().map(|reason| slip(g, *reason)).collect(),
        address: "https://id.example.jp/w/sakura".into(),
        contact_text: Some(ASK.into()),
        next: Some(("#".into(), "tanaka".into())),
    };
    g.add("desk-slips", &slips);
}

/// A member tries it out.
fn drill(g: &mut Gallery) {
    let to = |id: &str, channel, shown: &str| ContactShown {
        id: id.into(),
        channel,
        shown: shown.into(),
        states: vec![Standing::Verified],
        frozen: None,
    };
    let choose = |page, to, last| DrillChoose { page, to, last };
    let both = vec![to("con_1", Channel::Mobile, "090-1234-5678"), to("con_2", Channel::Email, "misaki@example.jp")];
    g.add("drill", &choose(g.member("me/drill"), both, Some(g.at())));
    g.add("drill-no-contact", &choose(g.member("me/drill"), vec![], None));
    let code = |page, state, troubles| DrillCode {
        page,
        channel: Channel::Mobile,
        shown: "090-1234-5678".into(),
        mark: "KD".into(),
        state,
        seconds_left: 581,
        resend_in: 24,
        sender: Some("0005 0123".into()),
        trail: None,
        troubles,
    };
    g.add("drill-code", &code(g.member("me/drill/code"), CodeState::Open, Troubles::none()));
    let wrong = g.trouble("code", Slip::CodeWrong(3));
    g.add("drill-code-wrong", &code(g.member("me/drill/code"), CodeState::Open, wrong));
    g.add("drill-code-expired", &code(g.member("me/drill/code"), CodeState::Expired, Troubles::none()));
    g.add("drill-done", &DrillDone { page: g.member("me/drill/done") });
    let asked = Home {
        page: g.member("me"),
        call: None,
        reminder: Some(Reminder::AddContact { can_wait: true, until: None }),
        asked: true,
        contacts: 0,
        password_at: None,
        sessions: 1,
    };
    g.add("home-asked", &asked);
}

/// Adding members, inviting them, and long work.
/// Drafts of one thing for many.
fn many(g: &mut Gallery, frame: &dyn Fn(&Gallery, &str) -> Frame) {
    for (name, kind, failed) in [("desk-job-many", JobKind::Force, 2), ("desk-job-many-none", JobKind::Resume, 1_250)] {
        let left_out = |line, typed: &str, why: RowTrouble| ToldRow {
            line,
            column: String::new(),
            typed: typed.into(),
            why: aikagi::wording::sheet::trouble(g.locale, why),
        };
        let page = JobPage {
            page: frame(g, "admin/jobs/job_1"),
            row: JobRow {
                id: "job_1".into(),
                kind,
                state: JobState::Draft,
                began: g.at(),
                done: 0,
                total: 1_250,
                failed,
            },
            by: g.say("佐藤 健", "Ken Sato"),
            own: true,
            cause: None,
            ended: None,
            told: vec![left_out(3, "ito", RowTrouble::Unreachable), left_out(1_031, "tanaka", RowTrouble::Standing)],
        };
        g.add(name, &page);
    }
}

fn people(g: &mut Gallery, frame: &dyn Fn(&Gallery, &str) -> Frame) {
    let wrong = |g: &Gallery, field, ja: &str, en: &str| Troubles::from(vec![Trouble { field, text: g.say(ja, en) }]);
    let page = ImportPage { page: frame(g, "admin/members/import"), troubles: Troubles::none() };
    g.add("desk-import", &page);
    let troubles = wrong(g, "file", "知らない列があります: 社員番号。", "It has unknown columns: number.");
    g.add("desk-import-wrong", &ImportPage { page: frame(g, "admin/members/import"), troubles });
    let row = |g: &Gallery, state, done, failed| JobRow {
        id: "job_1".into(),
        kind: JobKind::Import,
        state,
        began: g.at(),
        done,
        total: 1_250,
        failed,
    };
    let told = |g: &Gallery| {
        vec![
            ToldRow {
                line: 14,
                column: g.say("携帯番号", "mobile"),
                typed: "03-1234-5678".into(),
                why: g.say("固定電話にはSMSが届きません", "this is a fixed line, which gets no SMS"),
            },
            ToldRow {
                line: 1_031,
                column: g.say("ログインID", "login"),
                typed: "tanaka".into(),
                why: g.say(
                    "このIDは、ほかの方が使っているか、最近まで使われていました",
                    "somebody has this ID, or had it until a short while ago",
                ),
            },
        ]
    };
    for (name, state, done, failed) in [
        ("desk-job-draft", JobState::Draft, 0, 0),
        ("desk-job-draft-wrong", JobState::Draft, 0, 2),
        ("desk-job-running", JobState::Running, 500, 0),
        ("desk-job-done", JobState::Done, 1_250, 2),
    ] {
        let page = JobPage {
            page: frame(g, "admin/jobs/job_1"),
            row: row(g, state, done, failed),
            by: g.say("佐藤 健", "Ken Sato"),
            own: true,
            cause: None,
            ended: (state == JobState::Done).then(|| g.at()),
            told: if failed > 0 { told(g) } else { Vec::new() },
        };
        g.add(name, &page);
    }
    many(g, frame);
    let rows = vec![row(g, JobState::Running, 500, 0), row(g, JobState::Done, 1_250, 2)];
    g.add("desk-jobs", &JobsPage { page: frame(g, "admin/jobs"), rows });
    let cells = Cells { login: "tanaka".into(), name: g.say("田中 美咲", "Misaki Tanaka"), ..Cells::default() };
    let roles = Role::ALL.iter().map(|&role| RoleChoice { role, chosen: role == Role::Member }).collect();
    let troubles = wrong(g, "login", "このIDは、ほかの方が使っています", "somebody has this ID");
    g.add("desk-add", &AddPage { page: frame(g, "admin/members/new"), cells, roles, troubles });
    let to =
        vec![ForceTo {
            id: "con_1".into(), channel: Channel::Email, shown: "m•••@example.jp".into(), chosen: true
        }];
    let (name, login) = (g.say("田中 美咲", "Misaki Tanaka"), "tanaka@sakura".to_owned());
    let page = InvitePage {
        page: frame(g, "admin/members/mem_tanaka/invite"),
        id: "mem_tanaka".into(),
        name: name.clone(),
        login: login.clone(),
        to,
    };
    g.add("desk-invite", &page);
    let slip = InvitationSlip {
        name,
        login,
        code: "CDF-234-HJK-567-LMN-89P".into(),
        qr: "<svg viewBox=\"0 0 2 2\" width=\"200\" height=\"200\"><path d=\"M0 0h1v1H0zM1 1h1v1H1z\"/></svg>".into(),
    };
    let page = SlipPage {
        page: frame(g, "admin/members/mem_tanaka/invite"),
        back: String::new(),
        slips: vec![slip.clone(), slip],
        address: "https://id.example.jp/invitation".into(),
        until: g.at(),
        next: Some((String::new(), 1)),
    };
    g.add("desk-slip", &page);
    let page = InvitationPage { page: g.common(), code: String::new(), troubles: Troubles::none() };
    g.add("invitation", &page);
}

/// The message log.
fn messages(g: &mut Gallery) {
    let shown = |g: &Gallery, state, purpose, cause: Option<Cause>| MessageShown {
        id: Some("msg_1".into()),
        at: g.at(),
        purpose: purpose_key(purpose),
        kind: kind_key(MessageKind::Mobile),
        state,
        cause: cause.map(|cause| g.t(cause_key(cause))),
        carrier: Some("domestic".into()),
        reference: Some("K7-2391-M".into()),
        member: Some(("mem_1".into(), g.say("田中 美咲", "Misaki Tanaka"), "tanaka".into())),
        way: vec![],
    };
    let stop = |g: &Gallery, key: &str, note: Option<String>, class| Stop { at: g.at(), text: g.t(key), note, class };
    let way = vec![
        stop(g, "message-way-written", None, "done"),
        stop(g, handing_key(HandingState::PutOff), Some(format!("domestic {}", g.t("cause-provider"))), "failed"),
        stop(g, handing_key(HandingState::Accepted), Some("overseas".into()), "done"),
        stop(g, "message-way-not-arrived", Some(g.t("cause-blocked")), "failed"),
        stop(g, "message-code-expired", None, "waiting"),
    ];
    let lines = vec![
        shown(g, MessageState::Delivered, "recovery_code", None),
        shown(g, MessageState::Undeliverable, "recovery_code", Some(Cause::Blocked)),
        shown(g, MessageState::Waiting, "invitation", None),
        shown(g, MessageState::Failed, "password_changed", Some(Cause::Budget)),
    ];
    let chart = Chart {
        id: "carriers",
        title: g.t("messages-chart"),
        about: g.t("messages-chart-about"),
        shape: Shape::Bars,
        series: [
            ("messages-arrived", Ink::Main),
            ("messages-unknown", Ink::Second),
            ("messages-not-arrived", Ink::Gold),
        ]
        .map(|(key, ink)| Series { name: g.t(key), ink: Some(ink) })
        .into(),
        across: g.t("messages-carrier"),
        columns: vec![
            Column {
                name: "domestic".into(),
                tick: Some("domestic".into()),
                values: vec![Some(812), Some(31), Some(12)],
            },
            Column { name: "mail".into(), tick: Some("mail".into()), values: vec![Some(0), Some(402), Some(3)] },
        ],
    };
    let fared = vec![
        FaredShown {
            carrier: "domestic".into(),
            toward: "JP".into(),
            all: 855,
            arrived: 812,
            took: aikagi::wording::lasting(g.locale, 4),
            causes: vec![(g.t("cause-blocked"), 9), (g.t("cause-unreachable"), 3)],
        },
        FaredShown {
            carrier: "mail".into(),
            toward: "docomo.ne.jp".into(),
            all: 405,
            arrived: 0,
            took: "-".into(),
            causes: vec![],
        },
    ];
    let page = |g: &Gallery, lines: Vec<MessageShown>, may_read| MessagesPage {
        page: at_desk(g, "admin/messages"),
        may_read,
        asked: AskedShown::default(),
        kinds: vec![("sms", "message-sms", false), ("email", "message-email", false)],
        states: vec![("delivered", state_key(MessageState::Delivered), false)],
        is_answer: true,
        lines,
        older: Some("?s=older".into()),
        newest: None,
        sealed: "x".into(),
        may_export: may_read,
        chart: None,
        fared: vec![],
        troubles: Troubles::none(),
    };
    g.add("desk-messages", &MessagesPage { chart: Some(chart), fared, ..page(g, lines, true) });
    g.add("desk-messages-none", &MessagesPage { older: None, ..page(g, vec![], true) });
    let one = MessageShown { way, ..shown(g, MessageState::Undeliverable, "recovery_code", Some(Cause::Blocked)) };
    let of_helper = MessageShown { id: None, member: None, ..one.clone() };
    g.add("desk-messages-found", &MessagesPage { older: None, ..page(g, vec![of_helper], false) });
    g.add("desk-message", &MessagePage { page: at_desk(g, "admin/messages"), line: one });
}

/// A test message to a contact of one's own.
fn trying(g: &mut Gallery, trail: &TrailShown, failed: &TrailShown) {
    let tried = |page, trail: Option<&TrailShown>| TryContact {
        page,
        id: "con_1".into(),
        channel: Channel::Mobile,
        shown: "090-1234-5678".into(),
        trail: trail.cloned(),
    };
    g.add("try-contact", &tried(g.member("me/contacts"), None));
    g.add("try-contact-underway", &tried(g.member("me/contacts"), Some(trail)));
    g.add("try-contact-failed", &tried(g.member("me/contacts"), Some(failed)));
}
