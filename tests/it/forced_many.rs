//! A new password is demanded of many: counted beforehand without a change, in short transactions, and gone on with where it stopped.

use aikagi::flows::desk::Seat;
use aikagi::flows::desk::forced_change::{By, Lifetime, Refused};
use aikagi::flows::desk::many::{self, What};
use aikagi::flows::members;
use aikagi::flows::standing::Step;
use aikagi::model::id::MemberId;
use aikagi::model::{Action, Role};

use crate::forced::{colleague, secret_in, signed};
use crate::harness::{PASSWORD, Server};
use crate::raw;

const FORCE: What = What::Force(Lifetime::of_hours(1).expect("an hour"));

/// Forty-five who can be reached, and one of each who cannot.
async fn house(server: &Server) -> Vec<MemberId> {
    let mut ids = Vec::new();
    for n in 0..45 {
        ids.push(server.member(&format!("m{n:02}"), &[&format!("m{n:02}@example.jp")]).await.id);
    }
    ids.push(server.member("without", &[]).await.id);
    ids.push(server.invited("invited").await.id);
    let suspended = server.member("suspended", &["suspended@example.jp"]).await;
    members::take_step(&server.app, &suspended, Step::Suspend).await.expect("it works");
    ids.push(suspended.id);
    ids.push(colleague(server, "owner", Role::Owner, &["owner@example.jp"]).await.id);
    ids.push(colleague(server, "suzuki", Role::Administrator, &["suzuki@example.jp"]).await.id);
    ids.push(MemberId("mem_nobody".to_owned()));
    ids
}

#[tokio::test]
async fn all_get_a_secret_of_their_own_and_who_cannot_is_named_with_the_reason() {
    let server = Server::start().await;
    let ids = house(&server).await;
    let (signed_in, asks) = signed(&server, "suzuki").await;
    let seat = Seat::take(&signed_in, &asks, Action::DemandPassword).expect("the seat");
    let by = By::Seat(&seat);
    let before = server.dump().await;
    let dry = many::try_out(&server.app, by, FORCE, ids.clone()).await.expect("it works");
    assert_eq!(before, server.dump().await, "only counted");

    let run = many::new_run(&server.app);
    let mut seen = Vec::new();
    let tally =
        many::demand(&server.app, by, FORCE, &run, ids.clone(), |tally| seen.push(tally.done)).await.expect("it works");
    assert_eq!(tally.done, 45);
    assert!(!tally.stopped);
    for reason in [Refused::WithoutContact, Refused::Rank, Refused::Oneself, Refused::NotFound] {
        assert_eq!(tally.count(reason), 1, "{reason:?}");
    }
    assert_eq!(tally.count(Refused::State), 2);
    assert_eq!((dry.done, dry.passed_over.len()), (tally.done, tally.passed_over.len()));
    for (id, reason) in &dry.passed_over {
        assert!(tally.passed_over.contains(&(id.clone(), *reason)), "{reason:?}");
    }
    assert!(seen.len() > 2 && seen.windows(2).all(|pair| pair[0] <= pair[1]), "{seen:?}");

    server.deliver().await;
    let mut secrets: Vec<_> = server.carrier.sent().iter().filter_map(|letter| secret_in(&letter.text)).collect();
    assert_eq!(secrets.len(), 45);
    secrets.sort();
    secrets.dedup();
    assert_eq!(secrets.len(), 45, "each has its own");
    server.visitor().signs_in("m07", PASSWORD).await.is(403);
    server.visitor().signs_in("without", PASSWORD).await.is(200);

    // Begun again it goes on behind the last one: nobody gets a second one.
    let again = many::demand(&server.app, by, FORCE, &run, ids.clone(), |_| {}).await.expect("it works");
    assert_eq!((again.done, again.count(Refused::Already)), (0, 45));
    server.deliver().await;
    assert_eq!(server.carrier.sent().iter().filter(|letter| secret_in(&letter.text).is_some()).count(), 45);
}

#[tokio::test]
async fn what_stopped_midway_goes_on_where_it_stopped() {
    let server = Server::start().await;
    let ids = house(&server).await;
    let owner = By::Operator(&server.workspace.id);
    let run = many::new_run(&server.app);
    let first: Vec<_> = ids[..30].to_vec();
    let stopped = many::demand(&server.app, owner, FORCE, &run, first, |_| {}).await.expect("it works");
    assert_eq!(stopped.done, 30);
    let rest = many::demand(&server.app, owner, FORCE, &run, ids.clone(), |_| {}).await.expect("it works");
    assert_eq!((rest.done, rest.count(Refused::Already)), (17, 30), "the operator stands above all");
    // Another demand is another run.
    let anew = many::new_run(&server.app);
    let anew = many::demand(&server.app, owner, FORCE, &anew, ids, |_| {}).await.expect("it works");
    assert_eq!(anew.done, 47);
}

#[tokio::test]
async fn it_stops_with_the_session_of_whoever_demands_it() {
    let server = Server::start().await;
    let ids = house(&server).await;
    let (signed_in, asks) = signed(&server, "suzuki").await;
    let seat = Seat::take(&signed_in, &asks, Action::DemandPassword).expect("the seat");
    let run = many::new_run(&server.app);
    let suzuki = &signed_in.member;
    assert!(members::take_step(&server.app, suzuki, Step::Suspend).await.expect("it works"));
    let tally = many::demand(&server.app, By::Seat(&seat), FORCE, &run, ids, |_| {}).await.expect("it works");
    assert!(tally.stopped && tally.done == 0, "{tally:?}");
    assert!(raw::rows(&server.dump().await, "forced_changes").is_empty());
}

#[tokio::test]
async fn many_are_asked_for_the_next_sign_in() {
    let server = Server::start().await;
    let ids = house(&server).await;
    let by = By::Operator(&server.workspace.id);
    let dry = many::try_out(&server.app, by, What::Request, ids.clone()).await.expect("it works");
    let tally = many::demand(&server.app, by, What::Request, "run", ids.clone(), |_| {}).await.expect("it works");
    assert_eq!((dry.done, tally.done), (48, 48), "also who has no contact");
    let again = many::demand(&server.app, by, What::Request, "run", ids, |_| {}).await.expect("it works");
    assert_eq!((again.done, again.count(Refused::Already)), (0, 48));
    assert_eq!(raw::count(&server.dump().await, "members", "demand", "requested"), 48);
    server.visitor().signs_in("without", PASSWORD).await.says("変更を求めています");
}
