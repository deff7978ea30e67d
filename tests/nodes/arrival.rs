//! Codes by SMS while everything between the server and the telephone is killed at random: nodes, providers, the network, the database. Each message
//! ends in exactly one way, none is lost, none leaves after its end, and whoever gets one twice gets the same text.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use aikagi::clock::{Clock as _, SystemClock};
use serde_json::Value;

use crate::client::{Answer, Client};
use crate::cluster::{Server, SqliteFile, Tables, cluster};
use crate::house::{House, Node, number};
use crate::load::Dice;
use crate::smsc::{Mood, PASSWORD, Smsc, Submit};

/// How many codes are asked for while things break, unless `AIKAGI_TEST_MESSAGES` says otherwise.
const MESSAGES: usize = 500;
/// How often something breaks at least.
const ROUNDS: usize = 12;
/// How many codes are asked for when all is quiet again.
const QUIET: usize = 60;
/// People who ask at once.
const ASKERS: usize = 8;
/// The most codes a second, and the least time that asking for them takes.
const PER_SECOND: usize = 100;
const AT_LEAST: usize = 18;
/// Unanswered messages of one connection.
const WINDOW: usize = 16;

/// The database that the nodes share.
enum Engine {
    Sqlite(SqliteFile),
    Postgres(Server),
}

impl Tables for Engine {
    async fn sql(&self, sql: &str) {
        match self {
            Self::Sqlite(file) => file.sql(sql).await,
            Self::Postgres(server) => server.sql(sql).await,
        }
    }

    async fn rows(&self, query: &str) -> Vec<Value> {
        match self {
            Self::Sqlite(file) => file.rows(query).await,
            Self::Postgres(server) => server.rows(query).await,
        }
    }
}

/// What people were told who asked for codes, one for each number.
#[derive(Default)]
struct Asked {
    next: AtomicUsize,
    stop: AtomicBool,
    answered: Mutex<HashSet<usize>>,
    lost: AtomicUsize,
    faults: Mutex<Vec<String>>,
}

impl Asked {
    fn answered(&self) -> usize {
        self.answered.lock().expect("no panic").len()
    }

    /// One after the other asks, each for a number that nobody asked for before, until so many have an answer.
    async fn ask(&self, bases: &[String], until: usize, pause: Duration, mut dice: Dice) {
        while !self.stop.load(Ordering::Relaxed) && self.answered() < until {
            let n = self.next.fetch_add(1, Ordering::Relaxed);
            let base = &bases[dice.below(bases.len())];
            let client = Client::at(&format!("10.{}.{}.{}", n >> 16, n >> 8 & 255, n & 255));
            if n.is_multiple_of(16) {
                // Nobody has this number, and no provider ever hears of it.
                client.start_recovery(base, "sms", &number(n + 1_000_000)).await;
            }
            match client.start_recovery(base, "sms", &number(n)).await {
                Answer::Done(_) => _ = self.answered.lock().expect("no panic").insert(n),
                Answer::Lost(None | Some(503), _) => {
                    self.lost.fetch_add(1, Ordering::Relaxed);
                    // As a person who sees an error does.
                    tokio::time::sleep(Duration::from_millis(200)).await;
                }
                other => self.faults.lock().expect("no panic").push(format!("asking for {n}: {other:?}")),
            }
            tokio::time::sleep(pause).await;
        }
    }
}

/// A house with its nodes and two providers of SMS, the second asked where the first cannot.
struct Street {
    engine: Engine,
    house: House,
    nodes: Vec<Node>,
    providers: [Smsc; 2],
    dice: Dice,
    /// For how many unanswered messages at most it may not be known whether they were taken.
    unknown: usize,
}

impl Street {
    async fn of(engine: Engine, names: &[&'static str], people: usize) -> Self {
        let mut dice = Dice::of_this_run();
        let url = match &engine {
            Engine::Sqlite(file) => file.0.clone(),
            Engine::Postgres(server) => server.url(),
        };
        let mut house = House::set_up(&url);
        house.numbers(people, &engine).await;
        let providers =
            [Smsc::start(&house, "first", dice.next()).await, Smsc::start(&house, "second", dice.next()).await];
        house.set("MESSAGE_FILE", "");
        house.set("MESSAGES__RECEIPT_SECONDS", "3");
        house.secret("smpp.password", PASSWORD);
        for Smsc { name, network, .. } in &providers {
            house.configure(&format!(
                "[[carriers]]\nname = \"{name}\"\nkind = \"smpp\"\nhost = \"127.0.0.1\"\nport = {}\ntls = false\nsystem_id = \"aikagi\"\n\
                 password_file = \"smpp.password\"\nsource = \"Acme\"\nwindow = {WINDOW}\nenquire_seconds = 2\ntimeout_seconds = 2\n",
                network.port
            ));
        }
        let nodes = names.iter().map(|name| house.running(name)).collect();
        Self { engine, house, nodes, providers, dice, unknown: 0 }
    }

    async fn rest(&mut self, least: u64, more: u64) {
        tokio::time::sleep(Duration::from_millis(least + self.dice.next() % more)).await;
    }

    /// Something breaks, and is mended after a moment.
    async fn breaks(&mut self) {
        let both = self.nodes.len() * WINDOW;
        let (which, node) = (self.dice.below(2), self.dice.below(self.nodes.len()));
        match self.dice.below(10) {
            0..3 => {
                self.unknown += 2 * WINDOW;
                self.nodes[node].kill();
                self.rest(0, 300).await;
                self.nodes[node].start(&self.house);
            }
            3 | 4 => {
                self.unknown += both;
                self.providers[which].kill();
                self.rest(0, 1_500).await;
                self.providers[which].go();
            }
            5 => {
                self.unknown += both;
                self.providers[which].network.cut();
            }
            6 => {
                self.unknown += both;
                self.providers[which].network.becomes(Mood::Closed);
                self.rest(200, 1_500).await;
                self.providers[which].network.becomes(Mood::Open);
            }
            7 => {
                // Messages run out of time one after the other, and a probe follows now and then.
                self.unknown += 2 * both;
                self.providers[which].network.becomes(Mood::Hangs);
                self.rest(500, 3_000).await;
                if self.dice.below(2) == 0 {
                    self.providers[which].network.cut();
                }
                self.providers[which].network.becomes(Mood::Open);
            }
            8 => {
                self.all_is_dark().await;
            }
            _ => match &self.engine {
                Engine::Sqlite(_) => {
                    self.unknown += 2 * WINDOW;
                    self.nodes[node].kill();
                    self.nodes[node].start(&self.house);
                }
                Engine::Postgres(server) => {
                    self.unknown += both;
                    if which == 0 {
                        server.kill();
                    } else {
                        server.stop("immediate");
                    }
                    tokio::time::sleep(Duration::from_millis(self.dice.next() % 1_000)).await;
                    server.start_again();
                }
            },
        }
    }

    /// No provider, no network, and a node less, for longer than some codes live.
    async fn all_is_dark(&mut self) {
        self.unknown += 2 * self.nodes.len() * WINDOW;
        for provider in &mut self.providers {
            provider.network.becomes(Mood::Closed);
            provider.kill();
        }
        let node = self.dice.below(self.nodes.len());
        self.nodes[node].kill();
        self.nodes[node].start(&self.house);
        self.rest(500, 1_000).await;
        self.lives_are_short().await;
        self.rest(2_000, 2_000).await;
        for provider in &mut self.providers {
            provider.go();
            provider.network.becomes(Mood::Open);
        }
    }

    async fn lives_are_short(&self) {
        let begun = Instant::now();
        self.engine.sql(&short_lives()).await;
        assert!(begun.elapsed() < Duration::from_secs(3), "a life was over before it was short");
    }

    /// Everything works, and nobody has a claim left of what they were at.
    async fn all_is_well(&mut self) {
        for provider in &mut self.providers {
            provider.network.becomes(Mood::Open);
            provider.calms_down();
        }
        for node in &mut self.nodes {
            node.signal("TERM");
            assert!(node.wait(), "{} does not end well", node.name);
        }
        self.engine.sql("update outbox set next_try_at = 0 where state = 'waiting'").await;
        for node in &mut self.nodes {
            node.start(&self.house);
        }
        let end = Instant::now() + Duration::from_secs(30);
        // Time passes.
        while !self.is_written().await {
            assert!(Instant::now() < end, "messages wait for ever");
            self.engine.sql("update outbox set next_try_at = 0 where state = 'waiting' and claim is null").await;
            tokio::time::sleep(Duration::from_millis(1_500)).await;
        }
    }

    /// Whether no message waits any more, and all that providers told is written down.
    async fn is_written(&mut self) -> bool {
        let known = "select e.provider_id from early_receipts e
            join handings h on h.carrier = e.carrier and h.provider_id = e.provider_id limit 1";
        self.engine.rows("select id from outbox where state = 'waiting' limit 1").await.is_empty()
            && self.providers.iter_mut().all(|provider| provider.pending() == 0)
            && self.engine.rows(known).await.is_empty()
    }
}

/// As though the codes that nobody has taken and no node has in its hands had little time left, most of them.
fn short_lives() -> String {
    let now = SystemClock.now().0;
    format!(
        "update outbox set expires_at = {now} + 3000000
        where state = 'waiting' and claim is null and handed_at is null and expires_at > {now} + 60000000
            and substr(id, length(id), 1) in ('0', '2', '4', '6', '8', 'a', 'c', 'e', 'g', 'j', 'm', 'p', 'r', 't', 'w', 'y')"
    )
}

/// `070-2000-0001` as an SMSC has it.
fn digits(n: usize) -> String {
    format!("81{}", number(n).replace('-', "").trim_start_matches('0'))
}

/// A message as the database has it in the end.
#[derive(serde::Deserialize)]
struct Row {
    id: String,
    login: String,
    state: String,
    cause: Option<String>,
    expires_at: i64,
    tries: i64,
    kept: i64,
}

/// A try that the database says was taken.
#[derive(serde::Deserialize)]
struct Try {
    message_id: String,
    provider_id: Option<String>,
    state: String,
}

/// Holds the providers' books, what left, and what people were told against the database. Answers how often a provider took what it had taken before.
async fn judge(street: &Street, asked: &Asked) -> usize {
    let mut faults = asked.faults.lock().expect("no panic").clone();
    let rows = "select o.id, m.login, o.state, o.cause, o.expires_at, o.tries,
            case when o.body is null and o.destination is null and o.claim is null then 0 else 1 end as kept
        from outbox o join members m on m.id = o.member_id where o.kind = 'sms' and not o.decoy";
    let rows: Vec<Row> = street.engine.rows(rows).await.into_iter().map(read).collect();
    let tries = "select message_id, provider_id, state from handings where provider_id is not null";
    let mut tries_of = HashMap::<String, Vec<Try>>::new();
    for one in street.engine.rows(tries).await.into_iter().map(read::<Try>) {
        tries_of.entry(one.message_id.clone()).or_default().push(one);
    }
    let mut came = HashMap::<String, Vec<(&str, Submit)>>::new();
    for provider in &street.providers {
        for submit in provider.book() {
            came.entry(submit.to.clone()).or_default().push((provider.name, submit));
        }
    }
    let mut left = HashMap::<String, Vec<i64>>::new();
    for (to, at) in street.providers.iter().flat_map(|provider| provider.network.left()) {
        left.entry(to).or_default().push(at);
    }
    let mut by_login = HashMap::<&str, Vec<&Row>>::new();
    for row in &rows {
        by_login.entry(row.login.as_str()).or_default().push(row);
    }

    // None is lost, and none is there twice.
    let answered = asked.answered.lock().expect("no panic").clone();
    let counted = answered.iter().map(|n| (n, by_login.get(format!("p{n}").as_str()).map_or(0, Vec::len)));
    let wrong = counted.filter(|(_, count)| *count != 1);
    faults.extend(wrong.map(|(n, count)| format!("{count} messages for p{n}, who was told that one is on its way")));
    let (mut ends, mut again, mut elsewhere) = (BTreeMap::<String, usize>::new(), 0, 0);
    for row in &rows {
        let n: usize = row.login[1..].parse().expect("a number");
        let none = Vec::new();
        let came = came.remove(&digits(n)).unwrap_or_default();
        let tries = tries_of.get(&row.id).unwrap_or(&none);
        let of = |id: &str| came.iter().map(|(_, submit)| submit).find(|submit| submit.id == id);
        let told: Vec<_> = tries.iter().filter_map(|one| of(one.provider_id.as_deref()?)).collect();
        *ends.entry(row.state.clone()).or_default() += 1;
        let mut fault = |what: &str| {
            let Row { id, login, state, cause, tries, .. } = row;
            faults.push(format!("{what}: {id} of {login}, {state} ({cause:?}) after {tries} tries; {came:?}"));
        };

        if !is_an_end(row, &told, &came) {
            fault("this is no end");
        }
        if row.kept != 0 {
            fault("text or destination are kept");
        }
        // What was heard is written down.
        for one in tries {
            let submit = one.provider_id.as_deref().and_then(of);
            match submit {
                None => fault("no provider knows of a try"),
                Some(submit) if submit.heard && submit.arrived() && one.state != "delivered" => {
                    fault("an acknowledged receipt is lost");
                }
                Some(submit) if submit.heard && submit.arrived() && row.state != "delivered" => {
                    fault("it arrived, and the message does not say so");
                }
                Some(_) => {}
            }
        }
        // The same text, whoever has it, and nothing after its end.
        if came.iter().any(|(_, submit)| submit.text != came[0].1.text) {
            fault("two texts");
        }
        let left = left.get(&digits(n)).map_or(&[][..], Vec::as_slice);
        if left.iter().any(|at| *at >= row.expires_at) {
            fault("it left after its end");
        }
        // Counted from when it left; the SMSC tells the span in whole seconds.
        let is_short = |submit: &Submit| {
            let span = submit.left.map(|left| left * 1_000_000 - 500_000);
            let may_be =
                |at: &&i64| **at / 1_000 <= submit.at && span.is_some_and(|span| **at + span <= row.expires_at);
            left.iter().find(may_be).is_some()
        };
        if !told.iter().all(|submit| is_short(submit)) {
            fault("it may be tried for too long");
        }
        let mut taken = BTreeMap::<&str, usize>::new();
        for (name, _) in came.iter().filter(|(_, submit)| submit.is_taken()) {
            *taken.entry(name).or_default() += 1;
        }
        again += taken.values().map(|count| count - 1).sum::<usize>();
        elsewhere += taken.len().saturating_sub(1);
    }
    for (to, came) in came {
        faults.push(format!("nobody sent this to {to}: {came:?}"));
    }
    let decoys = street.engine.rows("select id from outbox where decoy and state <> 'dropped'").await;
    faults.extend(decoys.iter().map(|row| format!("a decoy: {row}")));
    println!(
        "{} messages ({} asked for without an answer): {ends:?}; {again} taken again by the same provider, {elsewhere} by the other, too",
        rows.len(),
        asked.lost.load(Ordering::Relaxed)
    );
    for end in ["delivered", "undeliverable", "expired"] {
        assert!(ends.contains_key(end), "no message ended as {end}");
    }
    assert!(faults.is_empty(), "{} faults: {:#?}", faults.len(), &faults[..faults.len().min(20)]);
    again
}

/// One end, and all that an end must have: `told` are the providers' own lines of its tries, `came` all that came.
fn is_an_end(row: &Row, told: &[&Submit], came: &[(&str, Submit)]) -> bool {
    match row.state.as_str() {
        "delivered" => row.cause.is_none() && told.iter().any(|submit| submit.heard && submit.arrived()),
        // It was taken, and nobody ever said more.
        "handed" => row.cause.is_none() && told.iter().any(|submit| submit.end.is_none()),
        "undeliverable" => row.cause.is_some() && told.iter().any(|submit| submit.heard && !submit.arrived()),
        "failed" => row.cause.is_some() && told.is_empty() && came.iter().any(|(_, submit)| !submit.is_taken()),
        "expired" => row.cause.is_some() && told.is_empty(),
        _ => false,
    }
}

fn read<T: serde::de::DeserializeOwned>(row: Value) -> T {
    serde_json::from_value(row).expect("a row")
}

async fn messages_arrive(engine: impl AsyncFnOnce() -> Engine, names: &[&'static str]) {
    let wanted = std::env::var("AIKAGI_TEST_MESSAGES").ok().map_or(MESSAGES, |count| count.parse().expect("a number"));
    let people = wanted + wanted / 4 + 200 + QUIET;
    let mut street = Street::of(engine().await, names, people).await;
    let asked = Arc::new(Asked::default());
    let bases: Vec<_> = street.nodes.iter().map(Node::url).collect();
    let seconds = (wanted / PER_SECOND).max(AT_LEAST);
    let pause =
        Duration::from_secs(1) * u32::try_from(ASKERS * seconds).expect("few") / u32::try_from(wanted).expect("few");
    let ask = |asked: &Arc<Asked>, dice: &mut Dice, until: usize, pause| {
        let asking = (0..ASKERS).map(|_| {
            let (asked, bases, mut dice) = (asked.clone(), bases.clone(), dice.clone());
            dice.next();
            tokio::spawn(async move { asked.ask(&bases, until, pause, dice).await })
        });
        asking.collect::<Vec<_>>()
    };
    let begun = Instant::now();
    let asking = ask(&asked, &mut street.dice, wanted, pause);
    let mut rounds = 0;
    while rounds < ROUNDS || asked.answered() < wanted {
        assert!(asked.next.load(Ordering::Relaxed) < people - QUIET, "too many had no answer");
        street.rest(100, 700).await;
        if street.dice.below(3) == 0 {
            street.lives_are_short().await;
        }
        if rounds == ROUNDS / 2 {
            street.all_is_dark().await;
        } else {
            street.breaks().await;
        }
        rounds += 1;
    }
    for one in asking {
        one.await.expect("no panic");
    }
    let broken = begun.elapsed().as_secs();
    street.all_is_well().await;
    println!(
        "{rounds} times something broke in {broken} s, all was written {} s later",
        begun.elapsed().as_secs() - broken
    );
    let again = judge(&street, &asked).await;
    assert!(
        again <= street.unknown,
        "{again} went twice to the same provider, more than the {} that nobody could know of",
        street.unknown
    );

    // When all is well each goes once, to one provider, whichever node was asked.
    let before: usize = street.providers.iter().map(|provider| provider.book().len()).sum();
    let quiet = Arc::new(Asked { next: AtomicUsize::new(people - QUIET), ..Asked::default() });
    for one in ask(&quiet, &mut street.dice, QUIET - ASKERS, Duration::ZERO) {
        one.await.expect("no panic");
    }
    let end = Instant::now() + Duration::from_secs(30);
    while !street.is_written().await {
        assert!(Instant::now() < end, "messages wait though all is well");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    judge(&street, &quiet).await;
    let after: usize = street.providers.iter().map(|provider| provider.book().len()).sum();
    assert_eq!(after - before, quiet.answered(), "each went once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_code_ends_in_one_way_whatever_breaks_under_sqlite() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = SqliteFile(format!("sqlite:{}", folder.path().join("aikagi.db").display()));
    messages_arrive(async || Engine::Sqlite(file), &["a"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_code_ends_in_one_way_whatever_breaks_on_two_nodes() {
    messages_arrive(async || Engine::Postgres(cluster()), &["a", "b"]).await;
}
