//! The server itself, taken through the steps of the model by its pages: what it answers, and what it has written after every
//! step, is what the model says. A request that lands late is a real one that is left alone between its hashing and its writing.

use std::collections::{HashSet, VecDeque};
use std::pin::Pin;

use aikagi::flows::{members, standing};
use aikagi::model::{ContactKind, MemberState, minutes, seconds};
use aikagi::store;
use aikagi::store::members::Member as Row;
use aikagi::vault::{Busy, HashingPool};
use futures_util::FutureExt as _;
use zeroize::Zeroizing;

use super::world::{self, Hole, LINKS, Member, OWNER, Reach, SATO, State, Step, TANAKA, THIEF, Typed, World};
use super::{EVERYTHING, Scope};
use crate::harness::{Browser, PASSWORD, Page, Server, config, digits, form, is_postgres};

/// A new password for each attempt.
const SET: [&str; 3] =
    ["きつねと歩いた雪の日のバス停まで", "かわうそが魚をくわえて帰る夕暮れ", "みずうみの底に沈んだ古い鐘の音色"];

/// The server, on which one cast after the other plays.
struct Stage {
    server: Server,
    casts: usize,
    steps: usize,
}

/// Ends in the browser as it was and is, and the answer.
type UnderWay = Pin<Box<dyn Future<Output = (Browser, Browser, Page)>>>;

/// Whose form, where to, and its fields.
type Sent = (u8, String, Vec<(&'static str, String)>);

/// Three members and two browsers of their own, with numbers and addresses that nobody else has.
struct Cast {
    number: usize,
    members: [Row; 3],
    contacts: [String; 4],
    browsers: [Browser; 2],
    csrf: [String; 2],
    /// Of each attempt: its handle, its newest code and the one before.
    attempts: Vec<(String, Option<String>, Option<String>)>,
    under_way: [Option<UnderWay>; 2],
}

impl Stage {
    async fn new() -> Self {
        let mut config = config();
        // The rules of the model are no matter of how often; `limits` has those.
        let l = &mut config.limits;
        l.code_tries = world::TRIES.into();
        l.resend_seconds = 0;
        for limit in [
            &mut l.sends_per_15_minutes,
            &mut l.sends_per_hour,
            &mut l.sends_per_day,
            &mut l.network_unproved_per_hour,
            &mut l.network_unproved_per_day,
            &mut l.guesses_per_day,
            &mut l.guesses_in_a_row,
            &mut l.sweep_wrong_codes_per_day,
            &mut l.live_attempts,
            &mut l.sign_in_free_tries,
            &mut l.sign_in_failures_unknown_device,
            &mut l.sign_in_failures_known_device,
        ] {
            *limit = 1_000_000;
        }
        config.hashing.threads = Some(1);
        Self { server: Server::start_with(config).await, casts: 0, steps: 0 }
    }

    async fn cast(&mut self) -> Cast {
        let (server, n) = (&self.server, self.casts);
        self.casts += 1;
        server.carrier.clear();
        let (shared, thiefs) =
            (format!("090-1{:03}-{:04}", n / 10_000, n % 10_000), format!("080-1{:03}-{:04}", n / 10_000, n % 10_000));
        let mail = format!("ichiro{n}@example.jp");
        let tanaka = server.member(&format!("tanaka{n}"), &[&shared, &mail]).await;
        // A member's contacts are older than those of who was added later.
        server.later(seconds(1));
        let sato = server.member(&format!("sato{n}"), &[&shared]).await;
        let mori = server.member(&format!("mori{n}"), &[&thiefs]).await;
        let members = [tanaka, sato, mori];
        let mut contacts = Vec::new();
        for member in &members {
            let mut conn = server.app.db.read().await.expect("the database works");
            let own = store::contacts::list(&mut conn, &member.workspace_id, &member.id).await.expect("rows");
            // The number is the first of tanaka's by kind, whichever id is lower.
            let (mobile, mail): (Vec<_>, Vec<_>) = own.iter().partition(|own| own.kind == ContactKind::Mobile);
            contacts.extend(mobile.into_iter().chain(mail).map(|own| own.id.to_string()));
        }
        let contacts = contacts.try_into().expect("four contacts");
        let at = |who: u8| server.visitor_at(&format!("10.{}.{}.{who}", n / 200, n % 200));
        let mut browsers = [at(1), at(2)];
        let csrf = [browsers[0].csrf().await, browsers[1].csrf().await];
        let attempts = Vec::new();
        Cast { number: n, members, contacts, browsers, csrf, attempts, under_way: [None, None] }
    }

    /// A cast plays these steps from the beginning. Every answer is the model's, and every row after the first `known` steps,
    /// which another cast has played.
    async fn plays(&mut self, steps: &[Step], known: usize) {
        let mut cast = self.cast().await;
        let mut world = World::new();
        for (n, step) in steps.iter().enumerate() {
            let answer = cast.takes(&self.server, *step).await;
            let said = world.step(*step, Hole::Sound);
            let told = || format!("after {:?}", &steps[..=n]);
            assert_eq!(answer, said, "the server (left) answers otherwise {}", told());
            if n >= known {
                cast.is_as(&self.server, &world, &told).await;
            }
            self.steps += 1;
        }
        assert_eq!(world.breach, None, "{steps:?}");
    }
}

fn row_of(answer: &Page) -> String {
    let status = answer.status.as_u16();
    if status == 303 { format!("303 {}", answer.leads_to().trim_end_matches("/checkup")) } else { status.to_string() }
}

impl Cast {
    /// The form that a step sends, if it is one.
    fn sends(&self, step: Step) -> Option<Sent> {
        let n = self.number;
        Some(match step {
            Step::Start(browser, Reach::Shared) => {
                let number = format!("090-1{:03}-{:04}", n / 10_000, n % 10_000);
                (browser, "/recover/mobile".to_owned(), vec![("number", number)])
            }
            Step::Start(browser, Reach::Thiefs) => {
                let number = format!("080-1{:03}-{:04}", n / 10_000, n % 10_000);
                (browser, "/recover/mobile".to_owned(), vec![("number", number)])
            }
            Step::Start(browser, reach) => {
                let login = if reach == Reach::Mail { String::new() } else { format!("sato{n}@sakura") };
                let fields = vec![("email", format!("ichiro{n}@example.jp")), ("login", login)];
                (browser, "/recover/email".to_owned(), fields)
            }
            Step::Resend(browser, _) => (browser, "/recover/resend".to_owned(), Vec::new()),
            Step::Type(browser, number, typed) => {
                let (_, newest, older) = &self.attempts[usize::from(number)];
                let code = match typed {
                    Typed::Of(other) => self.attempts[usize::from(other)].1.clone(),
                    Typed::Older => older.clone(),
                    Typed::Wrong => {
                        let known = [newest, older].map(Option::as_deref);
                        ["00000000", "00000001", "00000002"]
                            .into_iter()
                            .find(|code| !known.contains(&Some(*code)))
                            .map(str::to_owned)
                    }
                };
                (browser, "/recover/code".to_owned(), vec![("code", code.expect("a code that came"))])
            }
            Step::Choose(browser, _, member) => {
                let pick = self.members[usize::from(member)].id.to_string();
                (browser, "/recover/id".to_owned(), vec![("pick", pick)])
            }
            Step::Set(browser, number) | Step::BeginSet(browser, number) => {
                let password = SET[usize::from(number)].to_owned();
                (browser, "/recover/password".to_owned(), vec![("password", password)])
            }
            Step::SignIn(browser, member, password) | Step::BeginSignIn(browser, member, password) => {
                let login = self.members[usize::from(member)].login.clone();
                let password = if password == 0 { PASSWORD } else { SET[usize::from(password) - 1] };
                (browser, "/w/sakura/sign-in".to_owned(), vec![("login", login), ("password", password.to_owned())])
            }
            Step::EndOthers(browser) => (browser, "/w/sakura/me/devices/sign-out-others".to_owned(), Vec::new()),
            Step::Remove(browser, link) => {
                let contact = &self.contacts[usize::from(link)];
                (browser, format!("/w/sakura/me/contacts/{contact}/remove"), Vec::new())
            }
            _ => return None,
        })
    }

    /// The browser with the handle that the step needs, and its form.
    fn ready(&self, step: Step) -> Option<(u8, Browser, String, Vec<u8>)> {
        let (who, path, fields) = self.sends(step)?;
        let at = usize::from(who);
        let mut browser = self.browsers[at].clone();
        if let Step::Resend(_, number)
        | Step::Type(_, number, _)
        | Step::Choose(_, number, _)
        | Step::Set(_, number)
        | Step::BeginSet(_, number) = step
        {
            browser.cookies.insert("aikagi_r".to_owned(), self.attempts[usize::from(number)].0.clone());
        }
        let csrf = ("csrf", self.csrf[at].as_str());
        let fields: Vec<_> =
            [csrf].into_iter().chain(fields.iter().map(|(name, value)| (*name, value.as_str()))).collect();
        Some((who, browser, path, form(&fields).into_bytes()))
    }

    async fn takes(&mut self, server: &Server, step: Step) -> String {
        match step {
            Step::BeginSet(..) | Step::BeginSignIn(..) => {
                self.begins(server, step).await;
                return String::new();
            }
            Step::Land(browser) => {
                let under_way = self.under_way[usize::from(browser)].take().expect("a request under way");
                let (before, after, page) = under_way.await;
                self.keeps(browser, &before, &after);
                return row_of(&page);
            }
            Step::Lose(browser) => {
                self.under_way[usize::from(browser)] = None;
                return String::new();
            }
            Step::Suspend(member) | Step::Resume(member) => {
                let suspended = matches!(step, Step::Suspend(_));
                let member = &self.members[usize::from(member)];
                let done = members::take_step(
                    &server.app,
                    member,
                    if suspended { standing::Step::Suspend } else { standing::Step::Resume },
                )
                .await;
                assert!(done.expect("it works"));
                return String::new();
            }
            Step::Hold(member) => {
                members::take_step(&server.app, &self.members[usize::from(member)], standing::Step::Hold)
                    .await
                    .expect("it works");
                return String::new();
            }
            Step::Release(member) => {
                let member = &self.members[usize::from(member)];
                members::take_step(&server.app, member, standing::Step::Release).await.expect("it works");
                return String::new();
            }
            Step::Tick => {
                server.later(minutes(11));
                return String::new();
            }
            _ => {}
        }
        let (who, mut browser, path, body) = self.ready(step).expect("a form");
        let before = browser.clone();
        let page = browser.post_raw(&path, body).await;
        self.keeps(who, &before, &browser);
        match step {
            Step::Start(..) => {
                let handle = browser.cookies["aikagi_r"].clone();
                self.attempts.push((handle, None, None));
                self.reads_code(server, self.attempts.len() - 1).await;
            }
            Step::Resend(_, number) if row_of(&page) == world::TO_CODE => {
                self.reads_code(server, number.into()).await;
            }
            Step::EndOthers(_) | Step::Remove(..) => return String::new(),
            _ => {}
        }
        row_of(&page)
    }

    /// What the answer told the browser to remember: who is signed in, on which device.
    fn keeps(&mut self, who: u8, before: &Browser, after: &Browser) {
        for name in ["aikagi_s_sakura", "aikagi_d"] {
            if let Some(value) = after.cookies.get(name)
                && before.cookies.get(name) != Some(value)
            {
                self.browsers[usize::from(who)].cookies.insert(name.to_owned(), value.clone());
            }
        }
    }

    async fn reads_code(&mut self, server: &Server, number: usize) {
        server.deliver().await;
        let code = server
            .carrier
            .sent()
            .iter()
            .rev()
            .find(|letter| letter.purpose == "recovery_code")
            .map(|letter| digits(&letter.text));
        server.carrier.clear();
        let attempt = &mut self.attempts[number];
        (attempt.2, attempt.1) = (attempt.1.take(), code);
    }

    /// Sends the form and leaves it alone as soon as everything is hashed.
    async fn begins(&mut self, server: &Server, step: Step) {
        let (who, mut browser, path, body) = self.ready(step).expect("a form");
        let hashing = &server.app.hashing;
        let mut request: UnderWay = Box::pin(async move {
            let before = browser.clone();
            let page = browser.post_raw(&path, body).await;
            (before, browser, page)
        });
        let mut waits = async || {
            while hashing.waiting() == 0 {
                assert!((&mut request).now_or_never().is_none(), "{step:?} was over before it hashed");
                tokio::task::yield_now().await;
            }
        };
        let mut busy = keeps_busy(hashing);
        while hashing.waiting() > 0 {
            tokio::task::yield_now().await;
        }
        waits().await;
        if let Step::BeginSet(..) = step {
            // First the passwords of before are compared, then the new one is hashed.
            busy = keeps_busy(hashing);
            while hashing.waiting() > 0 {
                tokio::task::yield_now().await;
            }
            waits().await;
        }
        drop(busy);
        // The only thread is done with the request when it is done with what came after it.
        hashing.hash(Zeroizing::new(String::new())).await.expect("room");
        self.under_way[usize::from(who)] = Some(request);
    }

    /// Every row that matters is as the model has it.
    async fn is_as(&mut self, server: &Server, world: &World, told: &dyn Fn() -> String) {
        let now = server.app.now();
        let mut conn = server.app.db.read().await.expect("the database works");
        let index = |id: &str| self.members.iter().position(|member| member.id.as_str() == id);
        for (at, account) in world.accounts.iter().enumerate() {
            let member = &self.members[at];
            let row = store::members::by_id(&mut conn, &member.workspace_id, &member.id)
                .await
                .expect("a row")
                .expect("a row");
            let real = (row.state == MemberState::Suspended, row.held_at.is_some(), row.recovered_at.is_some());
            assert_eq!(real, (account.suspended, account.held, account.recovered), "member {at} {}", told());
            let passwords = store::passwords::recent(&mut conn, &member.id, 5).await.expect("rows").len();
            assert_eq!(
                passwords,
                1 + set_so_far(world, u8::try_from(at).expect("few")),
                "passwords of {at} {}",
                told()
            );
            let own = store::contacts::list(&mut conn, &member.workspace_id, &member.id).await.expect("rows");
            for (link, id) in
                self.contacts.iter().enumerate().filter(|(link, _)| usize::from(LINKS[*link].member) == at)
            {
                let there = own.iter().any(|own| own.id.as_str() == id);
                assert_eq!(there, !world.removed[link], "contact {link} {}", told());
            }
        }
        for (number, attempt) in world.attempts.iter().enumerate() {
            let prefix = &self.attempts[number].0["akr_".len()..][..13];
            let row = store::recoveries::by_handle(&mut conn, prefix).await.expect("a row").expect("a row");
            let state = match attempt.state {
                State::Sent => "sent",
                State::Proved => "proved",
                State::Finished => "finished",
            };
            let chosen = row.member_id.as_ref().and_then(|id| index(id.as_str()));
            let only = row.only_member_id.as_ref().and_then(|id| index(id.as_str()));
            assert_eq!(
                (row.state.as_str(), chosen, only, row.expires_at > now),
                (state, attempt.chosen.map(usize::from), attempt.only.map(usize::from), attempt.life > 0),
                "attempt {number} {}",
                told()
            );
            let code = store::codes::state(&mut conn, row.id.as_str()).await.expect("a row");
            let said = (!attempt.code.spent).then_some((i64::from(attempt.code.tries), attempt.code.fresh));
            assert_eq!(code.map(|(tries, until)| (tries, until > now)), said, "code {number} {}", told());
            assert_eq!(self.attempts[number].1.is_some(), attempt.code.delivered, "letter {number} {}", told());
        }
        drop(conn);
        for who in [OWNER, THIEF] {
            let at = usize::from(who);
            let session = world.signed_in(who, Hole::Sound);
            if !self.browsers[at].cookies.contains_key("aikagi_s_sakura") {
                assert_eq!(session, None, "browser {who} {}", told());
                continue;
            }
            let page = self.browsers[at].clone().get("/w/sakura/me/devices").await;
            assert_eq!(page.status == 200, session.is_some(), "browser {who} {}", told());
        }
    }
}

/// Keeps the only hashing thread busy until it is dropped.
fn keeps_busy(hashing: &HashingPool) -> Pin<Box<dyn Future<Output = Result<Option<usize>, Busy>> + '_>> {
    let many = vec![hashing.dummy().to_owned(); 5_000];
    let mut busy = Box::pin(hashing.proved().verify_any(Zeroizing::new(String::new()), many));
    assert!((&mut busy).now_or_never().is_none());
    busy
}

fn set_so_far(world: &World, member: Member) -> usize {
    world.attempts.iter().filter(|attempt| attempt.seen.finished && attempt.chosen == Some(member)).count()
}

/// Every journey that takes each step from each state that `depth` steps lead to after `before`, as short as can be. Steps that
/// change nothing are taken one after another. Beside each: how many of its steps another one has taken.
fn journeys(scope: &Scope, before: &[Step], depth: usize) -> (usize, Vec<(usize, Vec<Step>)>) {
    let mut first = World::new();
    for step in before {
        first.step(*step, Hole::Sound);
    }
    let mut seen = HashSet::from([first.clone()]);
    let mut queue = VecDeque::from([(first, before.to_vec())]);
    let mut all = vec![(0, before.to_vec())];
    while let Some((world, path)) = queue.pop_front() {
        let mut idle = path.clone();
        for step in scope.steps(&world) {
            let mut after = world.clone();
            after.step(step, Hole::Sound);
            let longer = || path.iter().copied().chain([step]).collect::<Vec<_>>();
            if after == world {
                idle.push(step);
            } else if path.len() - before.len() == depth || seen.contains(&after) {
                all.push((path.len(), longer()));
            } else {
                seen.insert(after.clone());
                queue.push_back((after, longer()));
            }
        }
        all.push((path.len(), idle));
    }
    (seen.len(), all)
}

/// Ways to where there is most to win, and what they are.
fn ways() -> [(&'static str, Vec<Step>); 3] {
    use Step::{BeginSet, BeginSignIn, Choose, SignIn, Start, Type};
    let proves = |number| [Start(OWNER, Reach::Shared), Type(OWNER, number, Typed::Of(number))];
    let mut two: Vec<_> = proves(0).into_iter().chain(proves(1)).collect();
    let mut late: Vec<_> = proves(0).to_vec();
    let mut out: Vec<_> = vec![SignIn(THIEF, TANAKA, 0)];
    out.extend(proves(0));
    late.extend([Choose(OWNER, 0, TANAKA), BeginSet(OWNER, 0), BeginSignIn(THIEF, TANAKA, 0)]);
    out.push(Choose(OWNER, 0, TANAKA));
    two.extend([Choose(OWNER, 0, SATO), Choose(OWNER, 1, TANAKA)]);
    [
        ("the thief is signed in, tanaka about to set a password", out),
        ("two attempts were proved and chose two people", two),
        ("a new password and the thief's sign-in are under way", late),
    ]
}

/// Every two steps from the beginning, and every step from each place on the ways.
#[tokio::test]
async fn the_server_takes_every_step_as_the_model_does() {
    let began = std::time::Instant::now();
    let mut stage = Stage::new().await;
    let mut all = vec![("nothing happened", journeys(&EVERYTHING, &[], 1))];
    for (name, way) in ways() {
        let places = (1..=way.len()).map(|to| (name, journeys(&EVERYTHING, &way[..to], 0)));
        all.extend(places);
    }
    for (name, (states, mut journeys)) in all {
        if is_postgres() {
            journeys = journeys.into_iter().step_by(20).collect();
        }
        let (casts, steps) = (stage.casts, stage.steps);
        for (known, journey) in &journeys {
            stage.plays(journey, *known).await;
        }
        println!(
            "{name}: {states} states, {} journeys, {} steps, {:.1} s so far",
            stage.casts - casts,
            stage.steps - steps,
            began.elapsed().as_secs_f32()
        );
    }
}

/// Chance with a seed, so that a walk that fails fails again.
struct Walker(u64);

impl Walker {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).expect("31 bits") % n
    }

    /// A walk that mostly gets on: three of four steps change something.
    fn walk(&mut self, length: usize) -> Vec<Step> {
        let (mut world, mut walk) = (World::new(), Vec::new());
        for _ in 0..length {
            let steps = EVERYTHING.steps(&world);
            let changes = |step: &Step| {
                let mut after = world.clone();
                after.step(*step, Hole::Sound);
                after != world && !matches!(step, Step::Tick | Step::Hold(_) | Step::Suspend(_))
            };
            let moving: Vec<_> = steps.iter().copied().filter(changes).collect();
            let from = if self.below(4) > 0 && !moving.is_empty() { &moving } else { &steps };
            let step = from[self.below(from.len())];
            world.step(step, Hole::Sound);
            walk.push(step);
        }
        walk
    }
}

#[tokio::test]
async fn the_server_goes_long_ways_as_the_model_does() {
    let began = std::time::Instant::now();
    let mut stage = Stage::new().await;
    let mut walker = Walker(20_261_122);
    for _ in 0..if is_postgres() { 5 } else { 50 } {
        let walk = walker.walk(40);
        stage.plays(&walk, 0).await;
    }
    println!("{} walks, {} steps, {:.1} s", stage.casts, stage.steps, began.elapsed().as_secs_f32());
}
