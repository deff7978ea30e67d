//! Messages on their way to the SMSC: exact texts, who they come from, the window, too many at once, and every kind of refusal.

use aikagi::model::seconds;

use super::*;

#[tokio::test]
async fn a_text_arrives_to_the_letter() {
    let smsc = Smsc::start().await;
    let kept = Kept::of(smsc.settings()).await;
    let gsm = "Your code is 12345678.\n[{^~}] €5 @£$¥ àéñ \\|_\n@id.example.jp #12345678";
    let japanese = "確認コードは 12345678 です。誰にも教えないでください。髙橋﨑𠮷\n@id.example.jp #12345678";
    let ends = format!("{}€", "a".repeat(158));
    for (text, coding) in [(gsm, 0), (japanese, 8), (&ends, 0), ("あ", 8), ("1", 0), (&"漢".repeat(70), 8)] {
        let answer = kept.hand_over(text).await;
        let got = smsc.event("submit").await;
        assert_eq!(answer, taken(got["id"].as_str().expect("an id")));
        assert_eq!((&got["text"], &got["coding"]), (&json!(text), &json!(coding)));
        assert_eq!(got["source"], json!([5, 0, "Aikagi"]));
        assert_eq!(got["destination"], json!([1, 1, "819012345678"]));
        assert_eq!((&got["registered"], &got["esm_class"]), (&json!(1), &json!(0)));
        let left = got["left"].as_i64().expect("a time");
        assert!((580..=600).contains(&left), "{left}");
    }
    kept.end().await;
}

#[tokio::test]
async fn what_does_not_fit_is_refused_before_it_leaves() {
    let smsc = Smsc::start().await;
    let kept = Kept::of(smsc.settings()).await;
    for text in ["a".repeat(161), "あ".repeat(71), String::new(), "code\u{1b}12345678".to_owned()] {
        assert_eq!(refusal(kept.hand_over(&text).await), (true, Cause::Malformed));
    }
    let nobody = Letter { to: "taro@example.jp".to_owned(), ..letter("12345678") };
    assert_eq!(refusal(kept.carrier.hand_over(&nobody).await), (true, Cause::Malformed));
    assert_eq!(refusal(kept.carrier.hand_over(&letter_for("12345678", seconds(0))).await), (true, Cause::Expired));
    let stranger = Letter { sender: Some("a sender too long".to_owned()), ..letter("12345678") };
    assert_eq!(refusal(kept.carrier.hand_over(&stranger).await), (true, Cause::RefusedSender));
    assert_eq!(kept.hand_over("the first that went").await, taken("id-1"));
    kept.end().await;
}

#[tokio::test]
async fn a_workspace_has_its_own_sender() {
    let smsc = Smsc::start().await;
    let settings =
        SmppSettings { source: "12345".to_owned(), source_ton: Some(3), source_npi: Some(0), ..smsc.settings() };
    let kept = Kept::of(settings).await;
    assert!(kept.hand_over("1").await.is_ok());
    assert_eq!(smsc.event("submit").await["source"], json!([3, 0, "12345"]));
    let own = Letter { sender: Some("+81 3-1234-5678".to_owned()), ..letter("1") };
    assert!(kept.carrier.hand_over(&own).await.is_ok());
    assert_eq!(smsc.event("submit").await["source"], json!([1, 1, "81312345678"]));
    kept.end().await;
}

#[tokio::test]
async fn no_more_wait_for_their_answer_than_the_window_has_places() {
    let smsc = Smsc::start().await;
    let kept = Kept::of(SmppSettings { window: 3, ..smsc.settings() }).await;
    smsc.submits(&json!(vec![json!({ "delay": 50 }); 20]));
    let sent: Vec<_> = (0..20).map(|number| kept.begin(&number.to_string())).collect();
    for sent in sent {
        assert!(sent.await.expect("no panic").is_ok());
    }
    smsc.order(&json!({ "do": "most" }));
    assert_eq!(smsc.event("most").await["most"], 3);
    kept.end().await;
}

#[tokio::test]
async fn answers_in_any_order_find_their_messages() {
    let smsc = Smsc::start().await;
    let kept = Kept::of(smsc.settings()).await;
    smsc.submits(&json!([{ "delay": 400 }, { "delay": 200 }, { "twice": true }]));
    let mut sent = Vec::new();
    for text in ["one", "two", "three"] {
        let begun = kept.begin(text);
        let got = smsc.event("submit").await;
        assert_eq!(got["text"], text);
        sent.push((begun, got["id"].as_str().expect("an id").to_owned()));
    }
    for (sent, id) in sent {
        assert_eq!(sent.await.expect("no panic"), taken(&id));
    }
    kept.end().await;
}

#[tokio::test]
async fn a_provider_that_is_asked_too_quickly_is_left_alone_for_a_while() {
    let smsc = Smsc::start().await;
    let kept = Kept::of(smsc.settings()).await;
    smsc.submits(&json!([{ "status": 0x58 }, { "status": 0x14 }]));
    let begun = std::time::Instant::now();
    for pause in [1, 2] {
        let refused = kept.hand_over("12345678").await.expect_err("throttled");
        assert_eq!((refused.is_final, refused.cause), (false, Cause::Throttled));
        let asked = refused.retry_after.expect("a pause").as_seconds();
        assert!((pause..=pause + 1).contains(&asked), "{asked}");
    }
    // Who comes meanwhile waits, and then it goes on.
    assert_eq!(kept.hand_over("12345678").await, taken("id-3"));
    assert!(begun.elapsed() >= Duration::from_secs(3), "{:?}", begun.elapsed());
    kept.end().await;
}

#[tokio::test]
async fn so_many_a_second_as_were_agreed() {
    let smsc = Smsc::start().await;
    let kept = Kept::of(SmppSettings { per_second: Some(10), ..smsc.settings() }).await;
    assert!(kept.hand_over("first").await.is_ok());
    let begun = std::time::Instant::now();
    let sent: Vec<_> = (0..8).map(|number| kept.begin(&number.to_string())).collect();
    for sent in sent {
        assert!(sent.await.expect("no panic").is_ok());
    }
    assert!(begun.elapsed() >= Duration::from_millis(700), "{:?}", begun.elapsed());
    kept.end().await;
}

#[tokio::test]
async fn each_refusal_has_its_cause() {
    let smsc = Smsc::start().await;
    let kept = Kept::of(smsc.settings()).await;
    for (status, is_final, cause) in [
        (0x0B, true, Cause::UnknownDestination),
        (0x0A, true, Cause::RefusedSender),
        (0x103, true, Cause::Blocked),
        (0x01, true, Cause::Malformed),
        (0x62, true, Cause::Malformed),
        (0x08, false, Cause::Provider),
        (0x45, false, Cause::Provider),
        (0x101, false, Cause::Account),
        (0x66, true, Cause::Unknown),
        (0x404, false, Cause::Unknown),
    ] {
        smsc.submits(&json!([{ "status": status }]));
        let answer = kept.hand_over("12345678").await;
        assert_eq!(answer.as_ref().expect_err("refused").code, Some(format!("0x{status:08X}")));
        assert_eq!(refusal(answer), (is_final, cause), "0x{status:X}");
    }
    // A message that was taken without an id was taken.
    smsc.submits(&json!([{ "no_id": true }]));
    assert_eq!(kept.hand_over("12345678").await, Ok(HandedOver { provider_id: None }));
    kept.end().await;
}

/// Without a running server, as when the doctor sends a message to try the provider with.
#[tokio::test]
async fn a_message_alone_has_a_connection_of_its_own() {
    let smsc = Smsc::start().await;
    let carrier = carrier(smsc.settings());
    assert_eq!(carrier.hand_over(&letter("12345678")).await, taken("id-1"));
    assert_eq!(smsc.event("submit").await["text"], "12345678");
    smsc.event("unbind").await;
    smsc.event("closed").await;
    let wrong = SmppSettings { password: "wrong".to_owned().into(), ..smsc.settings() };
    assert_eq!(refusal(super::carrier(wrong).hand_over(&letter("12345678")).await), (false, Cause::Account));
}
