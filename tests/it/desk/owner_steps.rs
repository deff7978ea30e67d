//! One owner about another: nobody does it alone, everybody hears of it, and a workspace keeps an owner.

use aikagi::model::{MemberState, Role, days, hours, minutes};
use aikagi::store::members::Member;

use super::DESK;
use crate::forced::secret_in;
use crate::harness::{Browser, PASSWORD, Server};
use crate::raw;

/// An owner with an address, signed in.
async fn owner(server: &Server, login: &str) -> (Member, Browser) {
    let owner = server.member(login, &[&format!("{login}@example.jp")]).await;
    server.sql(&format!("update members set role = 'owner' where id = '{}'", owner.id)).await;
    let desk = server.signed_in(login, "192.0.2.5").await;
    (server.reload(&owner).await, desk)
}

async fn asks(desk: &mut Browser, whom: &Member, step: &str) -> crate::harness::Page {
    desk.submit(&format!("{DESK}/members/{}/owner", whom.id), &[("step", step)]).await
}

/// The paths of the words that this owner can say.
async fn words(desk: &mut Browser) -> Vec<String> {
    let page = desk.get(&format!("{DESK}/owners")).await;
    let all = page.text.split("action=\"").skip(1).map(|rest| rest.split_once('"').expect("its end").0.to_owned());
    all.filter(|path| path.contains("/steps/")).collect()
}

async fn path(server: &Server, word: &str) -> String {
    let dump = server.dump().await;
    let row = raw::rows(&dump, "owner_steps").iter().find(|row| row["ended_at"].is_null()).expect("one waits");
    format!("{DESK}/owners/steps/{}/{word}", row["id"].as_str().expect("an id"))
}

async fn again(server: &Server, login: &str) -> Browser {
    server.signed_in(login, "192.0.2.5").await
}

#[tokio::test]
async fn a_third_owner_agrees_and_it_is_done_at_once() {
    let server = Server::start().await;
    let (sato, mut asker) = owner(&server, "sato").await;
    let (ueda, mut about) = owner(&server, "ueda").await;
    let (_, mut third) = owner(&server, "mori").await;
    // Alone nothing is done, by no page of the desk.
    asker.get(&format!("{DESK}/members/{}", ueda.id)).await.says("ほかのオーナーについて");
    for step in ["suspend", "delete", "hold", "sign-out", "force"] {
        asker.submit(&format!("{DESK}/members/{}/{step}", ueda.id), &[]).await.does_not_say("ました。上田");
    }
    assert_eq!(server.reload(&ueda).await.state, MemberState::Active);
    asks(&mut asker, &ueda, "suspend").await.says("手続きを始めました").says("取り下げる");
    for to in ["ueda@example.jp", "mori@example.jp", "sato@example.jp"] {
        assert!(server.received(to).await.iter().any(|letter| letter.purpose == "owner_step_asked"), "{to}");
    }
    // Neither who asked nor whom it is about agrees, and time alone changes nothing while a third owner is there.
    let agree = path(&server, "agree").await;
    asker.submit(&agree, &[]).await.is(200);
    about.submit(&agree, &[]).await.is(200);
    server.later(hours(25));
    let (mut asker, mut about) = (again(&server, "sato").await, again(&server, "ueda").await);
    asker.submit(&path(&server, "carry-out").await, &[]).await.is(200);
    assert_eq!(server.reload(&ueda).await.state, MemberState::Active);
    assert!(words(&mut about).await.iter().all(|path| !path.ends_with("agree")));
    third.get(&format!("{DESK}/owners")).await;
    let mut third = again(&server, "mori").await;
    third.get(&format!("{DESK}/owners")).await.says("ueda").says("利用を止める").says("同意して");
    third.submit(&agree, &[]).await.says("行いました");
    assert_eq!(server.reload(&ueda).await.state, MemberState::Suspended);
    assert!(!about.is_signed_in().await);
    third.submit(&agree, &[]).await.says("することがありませんでした");
    // And back: asked for by one, agreed by the other.
    asks(&mut third, &ueda, "resume").await.says("手続きを始めました");
    server.later(hours(24) + minutes(1));
    let mut third = again(&server, "mori").await;
    third.submit(&path(&server, "refuse").await, &[]).await.says("何も変わっていません");
    asks(&mut third, &ueda, "resume").await.is(200);
    let mut asker = again(&server, "sato").await;
    asker.submit(&path(&server, "agree").await, &[]).await.says("行いました");
    assert_eq!(server.reload(&ueda).await.state, MemberState::Active);
    let dump = server.dump().await;
    for (action, times) in
        [("owner_step_asked", 3), ("owner_step_done", 2), ("owner_step_refused", 1), ("suspended", 1)]
    {
        assert_eq!(raw::count(&dump, "audit", "action", action), times, "{action}");
    }
    assert_eq!(server.reload(&sato).await.role, Role::Owner);
}

#[tokio::test]
async fn of_two_owners_one_waits_a_day_and_the_other_can_refuse() {
    let server = Server::start().await;
    let (_, mut asker) = owner(&server, "sato").await;
    let (ueda, mut about) = owner(&server, "ueda").await;
    asks(&mut asker, &ueda, "demote").await.says("から行えます");
    let carry_out = path(&server, "carry-out").await;
    asker.submit(&carry_out, &[]).await.is(200);
    assert_eq!(server.reload(&ueda).await.role, Role::Owner, "not before its time");
    asks(&mut asker, &ueda, "suspend").await.says("することがありませんでした");
    about.submit(&path(&server, "refuse").await, &[]).await.says("何も変わっていません");
    server.later(hours(25));
    let mut asker = again(&server, "sato").await;
    asker.submit(&carry_out, &[]).await.is(200);
    assert_eq!(server.reload(&ueda).await.role, Role::Owner, "it was refused");

    asks(&mut asker, &ueda, "demote").await.is(200);
    server.later(hours(24) + minutes(1));
    let (mut asker, mut about) = (again(&server, "sato").await, again(&server, "ueda").await);
    let carry_out = path(&server, "carry-out").await;
    about.submit(&carry_out, &[]).await.is(200);
    assert_eq!(server.reload(&ueda).await.role, Role::Owner, "not by whom it is about");
    asker.get(&format!("{DESK}/owners")).await.says("いま行う");
    asker.submit(&carry_out, &[]).await.says("行いました");
    assert_eq!(server.reload(&ueda).await.role, Role::Administrator);
    assert!(!about.is_signed_in().await);
    assert!(server.received("ueda@example.jp").await.iter().any(|letter| letter.purpose == "role_changed"));

    // What nobody carries out within a week is over.
    server.sql(&format!("update members set role = 'owner', state = 'suspended' where id = '{}'", ueda.id)).await;
    asks(&mut asker, &ueda, "resume").await.is(200);
    server.later(days(7) + minutes(1));
    let mut asker = again(&server, "sato").await;
    asker.get(&format!("{DESK}/owners")).await.does_not_say("待っている手続き");
    asks(&mut asker, &ueda, "resume").await.says("手続きを始めました");
}

#[tokio::test]
async fn a_held_owner_is_released_and_a_temporary_password_goes_to_their_own_contact() {
    let server = Server::start().await;
    let (_, mut asker) = owner(&server, "sato").await;
    let (ueda, _) = owner(&server, "ueda").await;
    let (_, mut third) = owner(&server, "mori").await;
    server.sql(&format!("update members set held_at = 1 where id = '{}'", ueda.id)).await;
    asks(&mut asker, &ueda, "force").await.says("することがありませんでした");
    asks(&mut asker, &ueda, "release").await.is(200);
    third.submit(&path(&server, "agree").await, &[]).await.says("行いました");
    assert!(server.reload(&ueda).await.held_at.is_none());
    asks(&mut asker, &ueda, "force").await.is(200);
    third.submit(&path(&server, "agree").await, &[]).await.says("行いました");
    let letters = server.received("ueda@example.jp").await;
    assert_eq!(letters.iter().filter(|letter| secret_in(&letter.text).is_some()).count(), 1);
    for to in ["sato@example.jp", "mori@example.jp"] {
        assert!(server.received(to).await.iter().all(|letter| secret_in(&letter.text).is_none()));
    }
    server.visitor().signs_in("ueda", PASSWORD).await.is(403);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_who_want_each_other_away_leave_an_owner() {
    for word in ["suspend", "demote"] {
        let server = Server::start().await;
        let (sato, mut one) = owner(&server, "sato").await;
        let (ueda, mut other) = owner(&server, "ueda").await;
        asks(&mut one, &ueda, word).await.is(200);
        asks(&mut other, &sato, word).await.is(200);
        server.later(hours(24) + minutes(1));
        let dump = server.dump().await;
        let mut ready = Vec::new();
        for row in raw::rows(&dump, "owner_steps") {
            let own = row["by_member"] == sato.id.as_str();
            let mut browser = again(&server, if own { "sato" } else { "ueda" }).await;
            let csrf = browser.csrf().await;
            let path = format!("{DESK}/owners/steps/{}/carry-out", row["id"].as_str().expect("an id"));
            ready.extend((0..25).map(|_| (browser.clone(), path.clone(), format!("csrf={csrf}"))));
        }
        let press = |(mut browser, path, body): (Browser, String, String)| {
            tokio::spawn(async move { browser.post_raw(&path, body.into_bytes()).await })
        };
        for press in ready.into_iter().map(press).collect::<Vec<_>>() {
            assert!(press.await.expect("an answer").status.as_u16() < 500);
        }
        let mut left = 0;
        for member in [&sato, &ueda] {
            let now = server.reload(member).await;
            left += i32::from(now.role == Role::Owner && now.state == MemberState::Active);
        }
        assert_eq!(left, 1, "{word}: one of them came first");
        assert_eq!(raw::count(&server.dump().await, "audit", "action", "owner_step_done"), 1);
    }
}

#[tokio::test]
async fn it_is_for_owners_about_owners_of_the_same_workspace() {
    let server = Server::start().await;
    let (sato, mut desk) = owner(&server, "sato").await;
    let (ueda, _) = owner(&server, "ueda").await;
    let (kato, mut administrator) = server.keeper("kato", Role::Administrator).await;
    let momiji = server.workspace("momiji", "もみじ運送").await;
    let theirs = server.member_of(&momiji, "theirs", &["theirs@example.jp"]).await;
    server.sql(&format!("update members set role = 'owner' where id = '{}'", theirs.id)).await;
    let mut away = server.visitor_at("198.51.100.77");
    away.submit("/w/momiji/sign-in", &[("login", "theirs"), ("password", PASSWORD)]).await.is(200);

    administrator.post(&format!("{DESK}/members/{}/owner", ueda.id), &[("step", "suspend")]).await.is(403);
    asks(&mut desk, &theirs, "suspend").await.is(404);
    asks(&mut desk, &sato, "suspend").await.is(200).says("自分");
    asks(&mut desk, &kato, "suspend").await.says("することがありませんでした");
    for step in ["", "delete", "owner"] {
        asks(&mut desk, &ueda, step).await.is(400);
    }
    asks(&mut desk, &ueda, "suspend").await.is(200);
    for word in ["agree", "carry-out", "refuse"] {
        let path = path(&server, word).await;
        administrator.post(&path, &[]).await.is(403);
        away.submit(&path.replace("sakura", "momiji"), &[]).await.says("することがありませんでした");
    }
    // Who asked for it lost the role meanwhile: it is nobody's wish any more.
    let (_, mut third) = owner(&server, "mori").await;
    server.sql(&format!("update members set role = 'administrator' where id = '{}'", sato.id)).await;
    third.submit(&path(&server, "agree").await, &[]).await.does_not_say("行いました");
    assert_eq!(server.reload(&ueda).await.state, MemberState::Active);
    // The password is asked for again.
    server.later(minutes(6));
    third.submit(&path(&server, "refuse").await, &[]).await.says("もう一度");
}
