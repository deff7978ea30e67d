//! People who sign in, sign out, change their password and get back in, one thing after the other, and remember every answer. What
//! was answered as done must stay so; what got no answer may have happened or not.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::client::{Answer, Client, text};
use crate::cluster::Tables;
use crate::house::{Node, PASSWORD, digits, email, mobile};

/// Chance from a seed: the same seed makes the same choices.
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    /// The seed of this run: that of `AIKAGI_TEST_SEED`, or one of its own. It is printed, so that a failed run can be looked into.
    pub fn of_this_run() -> Self {
        use std::hash::{BuildHasher as _, Hasher as _};
        let given = std::env::var("AIKAGI_TEST_SEED").ok().and_then(|seed| seed.parse().ok());
        let seed = given.unwrap_or_else(|| std::hash::RandomState::new().build_hasher().finish());
        println!("AIKAGI_TEST_SEED={seed}");
        Self(seed)
    }

    pub fn next(&mut self) -> u64 {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.next() % n as u64).expect("small")
    }
}

/// Where messages can be read.
#[derive(Debug, Clone)]
pub enum Post {
    /// The file that both nodes write.
    File(PathBuf),
    /// A mail server of this test: all that it took so far.
    Mail(Arc<std::sync::Mutex<Vec<Value>>>),
}

impl Post {
    /// The code that came to this address for this attempt.
    fn code(&self, to: &str, reference: &str, mark: &str) -> Option<String> {
        match self {
            Self::File(path) => {
                let all = std::fs::read_to_string(path).unwrap_or_default();
                let line = all.lines().rev().find(|line| line.contains(reference) && line.contains(mark))?;
                digits(serde_json::from_str::<Value>(line).ok()?["text"].as_str()?)
            }
            Self::Mail(taken) => {
                let taken = taken.lock().expect("no panic");
                let is_it = |mail: &&Value| {
                    mail["rcpt_tos"][0] == to
                        && mail["headers"]["subject"]
                            .as_str()
                            .is_some_and(|it| it.contains("コード") && it.contains(mark))
                };
                digits(taken.iter().rev().find(is_it)?["text"].as_str()?)
            }
        }
    }

    /// How often each message came, by its id.
    fn came(&self) -> HashMap<String, usize> {
        let ids: Vec<String> = match self {
            Self::File(path) => {
                let all = std::fs::read_to_string(path).unwrap_or_default();
                let all = all.lines().map(|line| serde_json::from_str::<Value>(line).expect("a whole line"));
                all.map(|line| text(&line["id"])).collect()
            }
            Self::Mail(taken) => {
                let taken = taken.lock().expect("no panic");
                // `<msg_…@host>`
                let id =
                    |mail: &Value| mail["headers"]["message-id"].as_str()?.split(['<', '@']).nth(1).map(str::to_owned);
                taken.iter().map(|mail| id(mail).expect("a message's id")).collect()
            }
        };
        ids.into_iter().fold(HashMap::new(), |mut count, id| {
            *count.entry(id).or_default() += 1;
            count
        })
    }
}

/// One person, who has one client and does one thing at a time.
pub struct Person {
    n: usize,
    dice: Dice,
    client: Client,
    bases: Vec<String>,
    post: Post,
    /// The password of the last answer…
    pub certain: String,
    /// … and those that were sent since without one, in order.
    pub maybe: Vec<String>,
    pub open: Vec<String>,
    /// Sessions whose end was answered.
    pub over: Vec<String>,
    /// References of recoveries whose start was answered.
    pub started: Vec<String>,
    count: usize,
    pub done: usize,
    pub lost: usize,
    /// Statuses of what was lost; 0 where there was no answer.
    pub statuses: Vec<u16>,
    /// What must never be.
    pub faults: Vec<String>,
}

impl Person {
    fn new(n: usize, mut dice: Dice, bases: Vec<String>, post: Post) -> Self {
        dice.0 ^= n as u64 * 0x1234_5677;
        Self {
            n,
            dice,
            client: Client::at(&format!("10.{}.{}.1", n / 200, n % 200)),
            bases,
            post,
            certain: PASSWORD.to_owned(),
            maybe: Vec::new(),
            open: Vec::new(),
            over: Vec::new(),
            started: Vec::new(),
            count: 0,
            done: 0,
            lost: 0,
            statuses: Vec::new(),
            faults: Vec::new(),
        }
    }

    fn login(&self) -> String {
        format!("m{}", self.n)
    }

    fn base(&mut self) -> String {
        let which = self.dice.below(self.bases.len());
        self.bases[which].clone()
    }

    fn new_password(&mut self) -> String {
        self.count += 1;
        format!("くじら{}頭の{}回めの長い旅の終わり", self.n, self.count)
    }

    /// Counts an answer. True where it is done; anything refused that is not in `expected` is a fault.
    fn note(&mut self, what: &str, answer: &Answer, expected: &[&str]) -> bool {
        match answer {
            Answer::Done(_) => self.done += 1,
            Answer::Lost(status, word) => {
                self.lost += 1;
                self.statuses.push(status.unwrap_or_default());
                if !matches!(status, None | Some(503)) {
                    self.faults.push(format!("m{}: {what}: {status:?} {word}", self.n));
                }
            }
            Answer::Refused(_, word) if expected.contains(&word.as_str()) => {}
            Answer::Refused(..) => {
                let maybe = self.maybe.len();
                self.faults.push(format!("m{}: {what}: {answer:?} ({maybe} passwords without an answer)", self.n));
            }
        }
        answer.is_done()
    }

    /// Signs in, by whichever password it now is.
    pub async fn signs_in(&mut self) {
        let all: Vec<String> = self.maybe.iter().chain([&self.certain]).cloned().collect();
        for password in &all {
            let base = self.base();
            let answer = self.client.sign_in(&base, &self.login(), password).await;
            match &answer {
                Answer::Done(signed) => {
                    self.done += 1;
                    self.open.push(text(&signed["session"]));
                    if let Some(at) = self.maybe.iter().position(|maybe| maybe == password) {
                        self.certain.clone_from(password);
                        self.maybe.drain(..=at);
                    }
                    return;
                }
                Answer::Refused(_, word) if word == "wrong-credentials" => {}
                _ => {
                    self.note("sign-in", &answer, &[]);
                    return;
                }
            }
        }
        self.faults.push(format!("m{}: none of {} passwords opens: one that was answered is lost", self.n, all.len()));
    }

    async fn looks(&mut self) {
        let Some(token) = self.open.last().cloned() else { return };
        let base = self.base();
        let answer = self.client.session(&base, &token).await;
        // Where something without an answer may have ended it, that is no fault.
        let expected: &[&str] = if self.maybe.is_empty() { &[] } else { &["not-signed-in"] };
        if !self.note("looking at a session", &answer, expected) && matches!(answer, Answer::Refused(..)) {
            self.open.pop();
        }
    }

    async fn signs_out(&mut self) {
        let Some(token) = self.open.pop() else { return };
        let base = self.base();
        let answer = self.client.sign_out(&base, &token).await;
        let expected: &[&str] = if self.maybe.is_empty() { &[] } else { &["not-signed-in"] };
        if self.note("sign-out", &answer, expected) {
            self.over.push(token);
        }
    }

    async fn changes_password(&mut self) {
        let Some(token) = self.open.pop() else { return };
        let (base, new) = (self.base(), self.new_password());
        let answer = self.client.change_password(&base, &token, &self.certain.clone(), &new).await;
        let expected: &[&str] = if self.maybe.is_empty() { &[] } else { &["wrong", "not-signed-in"] };
        if self.note("changing the password", &answer, expected) {
            (self.certain, self.maybe) = (new, Vec::new());
            // All the others are over.
            self.over.append(&mut self.open);
            self.open.push(token);
        } else if matches!(answer, Answer::Lost(..)) {
            self.maybe.push(new);
            self.open.clear();
        }
    }

    async fn gets_back_in(&mut self) {
        let base = self.base();
        let by_mail = matches!(self.post, Post::Mail(_)) || self.dice.below(2) == 0;
        let (kind, address) = if by_mail { ("email", email(self.n)) } else { ("sms", mobile(self.n)) };
        let answer = self.client.start_recovery(&base, kind, &address).await;
        if !self.note("asking for a code", &answer, &[]) {
            return;
        }
        let started = answer.done();
        let (handle, reference) = (text(&started["handle"]), text(&started["recovery"]["reference"]));
        self.started.push(reference.clone());
        let mark = text(&started["recovery"]["mark"]);
        let patience = Instant::now() + Duration::from_secs(3);
        let code = loop {
            if let Some(code) = self.post.code(&address, &reference, &mark) {
                break code;
            }
            if Instant::now() > patience {
                return; // It may be in the hands of a node that was killed: it comes later.
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        };
        let mut found = None;
        for _ in 0..5 {
            let base = self.base();
            let answer = self.client.check_code(&base, &handle, &code).await;
            // Who changes the password ends attempts that wait for theirs; so does a change that got no answer.
            let expected: &[&str] = if self.maybe.is_empty() { &[] } else { &["recovery-ended"] };
            // By mail the two letters may be those of an older message, too.
            let expected = if matches!(self.post, Post::Mail(_)) { &["wrong", "recovery-ended"] } else { expected };
            if self.note("typing the code", &answer, expected) {
                found = Some(answer.clone().done());
            }
            if found.is_some() || matches!(answer, Answer::Refused(..)) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        let Some(found) = found else { return };
        let (base, new) = (self.base(), self.new_password());
        let answer = self.client.set_password(&base, &handle, &text(&found["ids"][0]["id"]), &new).await;
        let expected: &[&str] = if self.maybe.is_empty() { &[] } else { &["recovery-ended"] };
        if self.note("setting a new password", &answer, expected) {
            (self.certain, self.maybe) = (new, Vec::new());
            self.over.append(&mut self.open);
            let again = self.client.set_password(&base, &handle, &text(&found["ids"][0]["id"]), PASSWORD).await;
            if again.is_done() {
                self.faults.push(format!("m{}: one proof set two passwords", self.n));
            }
        } else if matches!(answer, Answer::Lost(..)) {
            self.maybe.push(new);
            self.open.clear();
        }
    }

    async fn lives(mut self, stop: Arc<AtomicBool>) -> Self {
        while !stop.load(Ordering::Relaxed) {
            let lost = self.lost;
            match self.dice.below(8) {
                0 | 1 => self.signs_in().await,
                2 | 3 => self.looks().await,
                4 => self.signs_out().await,
                5 => self.changes_password().await,
                _ => self.gets_back_in().await,
            }
            if self.lost > lost {
                // As a person who sees an error does.
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
        self
    }

    /// Everything that was answered still holds: asked at every node.
    async fn judge(&mut self) {
        for base in self.bases.clone() {
            for token in self.over.clone() {
                let answer = self.client.session(&base, &token).await;
                if !matches!(&answer, Answer::Refused(_, word) if word == "not-signed-in") {
                    self.faults.push(format!("m{}: a session that was ended: {answer:?}", self.n));
                }
            }
            let open = self.open.last().filter(|_| self.maybe.is_empty()).cloned();
            if let Some(token) = open {
                let answer = self.client.session(&base, &token).await;
                self.note("a session that was opened", &answer, &[]);
            }
        }
        self.signs_in().await;
    }
}

/// People who are at it.
pub struct Load {
    stop: Arc<AtomicBool>,
    people: Vec<tokio::task::JoinHandle<Person>>,
}

impl Load {
    /// Members `m0` to `m{count - 1}` at these nodes.
    pub fn begin(count: usize, dice: &Dice, nodes: &[&Node], post: &Post) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let bases: Vec<String> = nodes.iter().map(|node| node.url()).collect();
        let person = |n| Person::new(n, dice.clone(), bases.clone(), post.clone()).lives(stop.clone());
        let people = (0..count).map(|n| tokio::spawn(person(n))).collect();
        Self { stop, people }
    }

    pub async fn end(self) -> Vec<Person> {
        self.stop.store(true, Ordering::Relaxed);
        let people = futures_util::future::join_all(self.people).await;
        people.into_iter().map(|person| person.expect("no panic")).collect()
    }
}

/// Holds what people were answered against what is there, and fails the test where something is lost.
pub async fn judge(database: &impl Tables, mut people: Vec<Person>) {
    let (done, lost) = people.iter().fold((0, 0), |sum, person| (sum.0 + person.done, sum.1 + person.lost));
    futures_util::future::join_all(people.iter_mut().map(Person::judge)).await;
    let mut faults: Vec<String> = people.iter().flat_map(|person| person.faults.clone()).collect();

    // A proof was taken once, and used once.
    let twice = "select subject, action, count(*) from audit where action in ('recovery_proved', 'recovered')
        group by subject, action having count(*) > 1";
    faults.extend(database.rows(twice).await.iter().map(|row| format!("twice: {row}")));

    // All messages left: those that a killed node had in its hands, after their claim is over.
    let end = Instant::now() + Duration::from_secs(30);
    while !database.rows("select id from outbox where state = 'waiting'").await.is_empty() {
        assert!(Instant::now() < end, "messages wait for ever");
        // Time passes: nobody else has a claim.
        tokio::time::sleep(Duration::from_millis(1_500)).await;
        database.sql("update outbox set next_try_at = 0 where state = 'waiting'").await;
    }
    let wrong = "select * from outbox where state not in ('handed', 'expired', 'dropped') or done_at > expires_at and state = 'handed'";
    faults.extend(database.rows(wrong).await.iter().map(|row| format!("a message: {row}")));
    let rows = "select id, reference, state, tries from outbox where purpose like '%code' and reference is not null and not decoy";
    let rows = database.rows(rows).await;
    let came = people.first().map(|person| person.post.came()).unwrap_or_default();
    for row in &rows {
        let times = row["id"].as_str().and_then(|id| came.get(id)).copied().unwrap_or_default();
        let tries = row["tries"].as_i64().unwrap_or_default();
        match times {
            0 if row["state"] != "expired" => faults.push(format!("a code that never came: {row}")),
            0 | 1 => {}
            // A second one is right only where it was tried again, since nobody knew whether the first had left.
            n if tries >= i64::try_from(n).expect("few") => {}
            n => faults.push(format!("a code that came {n} times: {row}")),
        }
    }
    // Two of some million may have the same reference.
    let written = |reference: &str| rows.iter().any(|row| row["reference"] == *reference);
    let lost_ones = people.iter().flat_map(|person| &person.started).filter(|reference| !written(reference));
    faults.extend(lost_ones.map(|reference| format!("no code was written for {reference}")));
    let started: usize = people.iter().map(|person| person.started.len()).sum();
    println!("{done} answers, {lost} without one, {started} recoveries");
    assert!(faults.is_empty(), "{} faults: {:#?}", faults.len(), &faults[..faults.len().min(20)]);
    assert!(done > 50 && started > 5, "no load: {done} answers, {started} recoveries");
}
