//! The connection to the SMSC: how we are let in, TLS, silence, breaks in the middle, farewells from either side, and octets that mean nothing.

use std::time::Instant;

use super::*;

/// Who asks after a second of silence, and waits for no answer longer than this.
fn impatient(smsc: &Smsc) -> SmppSettings {
    SmppSettings { timeout: Duration::from_secs(3), enquire: Duration::from_secs(1), ..smsc.settings() }
}

#[tokio::test]
async fn we_say_who_we_are_and_say_goodbye() {
    let smsc = Smsc::start().await;
    let kept = Kept::of(smsc.settings()).await;
    let bind = smsc.event("bind").await;
    let shown =
        ["command", "system_id", "system_type", "version", "right", "encrypted"].map(|field| bind[field].clone());
    assert_eq!(json!(shown), json!(["bind_transceiver", "aikagi", "otp", 0x34, true, false]));
    assert_eq!(kept.hand_over("1").await, taken("id-1"));
    kept.end().await;
    smsc.event("unbind").await;
    smsc.event("closed").await;
}

#[tokio::test]
async fn what_is_on_its_way_has_its_answer_before_we_go() {
    let smsc = Smsc::start().await;
    let kept = Kept::of(smsc.settings()).await;
    smsc.submits(&json!([{ "delay": 700 }]));
    let sent = kept.begin("12345678");
    smsc.event("submit").await;
    kept.end().await;
    assert_eq!(sent.await.expect("no panic"), taken("id-1"));
    smsc.event("unbind").await;
}

#[tokio::test]
async fn inside_tls_only_who_can_prove_themselves_learns_the_password() {
    let smsc = Smsc::with("tls", &json!({ "password": PASSWORD, "tls": true })).await;
    let settings = SmppSettings { tls: true, ..smsc.settings() };
    // Nobody vouches for it, or it is somebody else.
    let unknown = SmppSettings { ca_file: None, ..settings.clone() };
    let other = SmppSettings { server_name: Some("smsc.example.jp".to_owned()), ..settings.clone() };
    for settings in [unknown, other] {
        assert_eq!(refusal(carrier(settings).hand_over(&letter("12345678")).await), (false, Cause::Provider));
    }
    let kept = Kept::of(settings).await;
    assert_eq!(kept.hand_over("確認コードは 12345678 です。").await, taken("id-1"));
    let bind = smsc.event("bind").await;
    assert_eq!((&bind["right"], &bind["encrypted"]), (&json!(true), &json!(true)), "the first that was told");
    kept.end().await;
}

#[tokio::test]
async fn a_wrong_password_is_our_account_s_trouble_and_messages_do_not_wait_for_it() {
    let smsc = Smsc::start().await;
    let wrong = SmppSettings { password: "wrong".to_owned().into(), ..smsc.settings() };
    let kept = Kept::of(wrong).await;
    for _ in 0..2 {
        assert_eq!(smsc.event("bind").await["right"], false);
    }
    // Known to be hopeless for now: said at once, with the provider's number, so that the next carrier is asked.
    let refused = loop {
        let begun = Instant::now();
        let refused = kept.hand_over("12345678").await.expect_err("refused");
        if begun.elapsed() < Duration::from_secs(1) {
            break refused;
        }
    };
    assert_eq!((refused.cause, refused.code.as_deref()), (Cause::Account, Some("0x0000000E")));
    assert!(!refused.is_final);
    kept.end().await;
}

#[tokio::test]
async fn the_doctor_knocks_and_goes() {
    let smsc = Smsc::start().await;
    assert_eq!(carrier(smsc.settings()).knock().await, Ok(()));
    assert_eq!(smsc.event("bind").await["command"], "bind_transceiver");
    smsc.event("unbind").await;
    let wrong = SmppSettings { password: "wrong".to_owned().into(), ..smsc.settings() };
    let refused = carrier(wrong).knock().await.expect_err("refused");
    assert_eq!((refused.cause, refused.why.contains("0x0000000E")), (Cause::Account, true), "{}", refused.why);
    smsc.binds(&json!([{ "hang": true }, { "drop": true }, { "status": 0x0D }]));
    for cause in [Cause::Provider, Cause::Provider, Cause::Account] {
        let refused = carrier(impatient(&smsc)).knock().await.expect_err("refused");
        assert_eq!((refused.is_final, refused.cause), (false, cause), "{}", refused.why);
    }
    let nobody = SmppSettings { port: Some(1), ..smsc.settings() };
    assert_eq!(carrier(nobody).knock().await.expect_err("refused").cause, Cause::Provider);
}

#[tokio::test]
async fn a_break_in_the_middle_is_told_to_all_and_mended() {
    let smsc = Smsc::start().await;
    let kept = Kept::of(smsc.settings()).await;
    smsc.submits(&json!([{ "hang": true }, { "hang": true }, { "drop": true }]));
    let mut sent = Vec::new();
    for text in ["one", "two", "three"] {
        sent.push(kept.begin(text));
        smsc.event("submit").await;
    }
    for sent in sent {
        assert_eq!(refusal(sent.await.expect("no panic")), (false, Cause::Provider));
    }
    // The next one waits for the next connection.
    assert_eq!(kept.hand_over("again").await, taken("id-4"));
    kept.end().await;
}

#[tokio::test]
async fn who_still_waited_for_a_place_goes_by_the_next_connection() {
    let smsc = Smsc::start().await;
    let kept = Kept::of(SmppSettings { window: 1, ..smsc.settings() }).await;
    smsc.submits(&json!([{ "hang": true }]));
    let first = kept.begin("first");
    smsc.event("submit").await;
    let waiting = [kept.begin("second"), kept.begin("third")];
    smsc.order(&json!({ "do": "drop" }));
    assert_eq!(refusal(first.await.expect("no panic")), (false, Cause::Provider), "nobody knows whether it was taken");
    for waiting in waiting {
        assert!(waiting.await.expect("no panic").is_ok());
    }
    kept.end().await;
}

#[tokio::test]
async fn an_answer_that_does_not_come_ends_the_wait_and_not_the_connection() {
    let smsc = Smsc::start().await;
    let settings = SmppSettings { timeout: Duration::from_secs(3), ..smsc.settings() };
    let kept = Kept::of(settings).await;
    assert_eq!(kept.hand_over("one").await, taken("id-1"));
    smsc.event("submit").await;
    smsc.submits(&json!([{ "delay": 4_000 }, { "delay": 1_500 }]));
    assert_eq!(refusal(kept.hand_over("12345678").await), (false, Cause::Provider));
    // The late answer to the second is nobody's: not that of the third, which is answered after it.
    assert_eq!(kept.hand_over("three").await, taken("id-3"));
    kept.end().await;
    // One connection for all of them.
    loop {
        let said = smsc.next().await;
        assert_ne!(said["event"], "bind");
        if said["event"] == "closed" {
            break;
        }
    }
}

#[tokio::test]
async fn silence_is_asked_about_and_a_provider_that_does_not_answer_is_left() {
    let smsc = Smsc::start().await;
    let kept = Kept::of(impatient(&smsc)).await;
    for _ in 0..2 {
        smsc.event("enquire").await;
    }
    assert_eq!(kept.hand_over("still there").await, taken("id-1"));
    smsc.order(&json!({ "do": "deaf" }));
    // It reads nothing any more: a new connection, on which it does.
    smsc.event("bind").await;
    assert_eq!(kept.hand_over("there again").await, taken("id-2"));
    kept.end().await;
}

#[tokio::test]
async fn the_provider_asks_whether_we_are_there_and_sends_us_away() {
    let smsc = Smsc::start().await;
    let kept = Kept::of(smsc.settings()).await;
    smsc.event("bind").await;
    smsc.order(&json!({ "do": "enquire" }));
    assert_eq!(smsc.event("answer").await, json!({ "event": "answer", "to": "enquire", "status": 0 }));
    smsc.order(&json!({ "do": "unbind" }));
    assert_eq!(smsc.event("answer").await, json!({ "event": "answer", "to": "unbind", "status": 0 }));
    smsc.event("closed").await;
    assert_eq!(kept.hand_over("back").await, taken("id-1"));
    kept.end().await;
}

#[tokio::test]
async fn a_provider_that_has_forgotten_us_is_told_again_who_we_are() {
    let smsc = Smsc::start().await;
    let kept = Kept::of(smsc.settings()).await;
    smsc.submits(&json!([{ "status": 0x04 }]));
    assert_eq!(refusal(kept.hand_over("12345678").await), (false, Cause::Provider));
    smsc.event("bind").await;
    smsc.event("bind").await;
    assert_eq!(kept.hand_over("again").await, taken("id-2"));
    kept.end().await;
}

#[tokio::test]
async fn octets_that_mean_nothing_are_refused_one_by_one() {
    let smsc = Smsc::start().await;
    let kept = Kept::of(smsc.settings()).await;
    assert!(kept.hand_over("first").await.is_ok());
    let raw = |hex: &str| smsc.order(&json!({ "do": "raw", "hex": hex }));
    // A request that nobody knows, one that is not ours to answer, and a delivery that breaks off.
    raw("00000010000000770000000000000009");
    assert_eq!(smsc.event("nack").await, json!({ "event": "nack", "status": 3, "sequence": 9 }));
    raw("00000010000000040000000000000009");
    assert_eq!(smsc.event("nack").await, json!({ "event": "nack", "status": 3, "sequence": 9 }));
    raw("0000001400000005000000000000000900ff00ff");
    // Answers to nothing.
    raw("00000010800000040000000000000777");
    raw("000000108000001500000000000007770000001080000000000000080000000000000010800000060000000000000001");
    assert!(kept.hand_over("still there").await.is_ok());
    // A length that none can have: what follows could be anything.
    raw("ffffffff000000050000000000000001");
    assert_eq!(smsc.event("nack").await["status"], 2);
    smsc.event("closed").await;
    assert!(kept.hand_over("on a new connection").await.is_ok());
    kept.end().await;
}

#[tokio::test]
async fn the_configuration_leads_there() {
    use std::os::unix::fs::PermissionsExt as _;
    let smsc = Smsc::start().await;
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("smpp.password");
    std::fs::write(&file, format!("{PASSWORD}\n")).expect("written");
    let text = format!(
        "public_url = \"https://id.example.jp\"\n[[carriers]]\nname = \"sms\"\nkind = \"smpp\"\nhost = \"127.0.0.1\"\nport = {}\n\
         tls = false\nsystem_id = \"acme\"\npassword_file = \"smpp.password\"\nsource = \"Acme\"\n",
        smsc.port
    );
    let path = folder.path().join("aikagi.toml");
    let layers = aikagi::config::read::Layers { file: Some((&path, &text)), ..Default::default() };
    let config = aikagi::config::read::read(&layers).expect("a good configuration");
    let carriers = || aikagi::server::carriers(&config);
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).expect("set");
    assert!(format!("{:#}", carriers().err().expect("refused")).contains("chmod 600"), "a password that all can read");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).expect("set");
    let carriers = carriers().expect("good carriers");
    assert_eq!(carriers[0].name(), "sms");
    assert!(carriers[0].carries(Channel::Sms) && !carriers[0].carries(Channel::Email) && carriers[0].tells_receipts());
    assert_eq!(carriers[0].knock().await, Ok(()));
    let bind = smsc.event("bind").await;
    assert_eq!((&bind["system_id"], &bind["system_type"], &bind["right"]), (&json!("acme"), &json!(""), &json!(true)));
}
