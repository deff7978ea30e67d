//! The model: what members, attempts, sessions and requests under way are, and what one step makes of them. It says every
//! answer that a page would give, so that `real` can hold it against the server, and can be given a hole to be found.
//!
//! What an honest observer saw is written down apart from what the rules look at (`seen`): the properties read only that.

/// Who holds a browser.
pub type Browser = u8;
/// Reads what comes to tanaka's and sato's contacts.
pub const OWNER: Browser = 0;
/// Knows every ID, number and first password, and reads only what comes to his own contact.
pub const THIEF: Browser = 1;

pub type Member = u8;
/// Has the shared number and an address.
pub const TANAKA: Member = 0;
/// Has the shared number.
pub const SATO: Member = 1;
/// The thief's own account.
pub const MORI: Member = 2;

/// What somebody types where a code is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reach {
    /// The number of tanaka and sato.
    Shared,
    /// tanaka's address.
    Mail,
    /// tanaka's address with sato's ID, which does not go with it.
    MailOfAnother,
    /// The thief's own number.
    Thiefs,
}

/// A contact of a member: one number may be two of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Link {
    pub member: Member,
    pub reach: Reach,
}

/// Every contact, the oldest first.
pub const LINKS: [Link; 4] = [
    Link { member: TANAKA, reach: Reach::Shared },
    Link { member: TANAKA, reach: Reach::Mail },
    Link { member: SATO, reach: Reach::Shared },
    Link { member: MORI, reach: Reach::Thiefs },
];

/// Tries that a code has, in the model and on the server that it is held against.
pub const TRIES: u8 = 2;
/// Ticks of eleven minutes that an attempt lives, from its beginning and again from its proof.
const LIFE: u8 = 3;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    Sent,
    Proved,
    Finished,
}

/// An attempt to get back in.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Attempt {
    pub holder: Browser,
    pub reach: Reach,
    /// The contact that its codes go to, a place in [`LINKS`].
    pub link: Option<u8>,
    pub only: Option<Member>,
    pub state: State,
    pub chosen: Option<Member>,
    pub life: u8,
    pub code: Code,
    /// Whether a second code took the place of the first.
    pub resent: bool,
    pub seen: Seen,
}

/// The newest code of an attempt.
#[expect(clippy::struct_excessive_bools, reason = "four facts, each of its own")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Code {
    /// Somebody can read it.
    pub delivered: bool,
    /// The one before it was delivered, too.
    pub older: bool,
    pub fresh: bool,
    pub spent: bool,
    pub tries: u8,
}

/// What an honest observer remembers of an attempt.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Seen {
    /// Who typed this attempt's own newest code, which had come to its contact.
    pub typed_by: Option<Browser>,
    /// How often its newest code was taken.
    pub spent: u8,
    /// It set a password.
    pub finished: bool,
    /// Members whose account was closed, or recovered otherwise, since the code was typed.
    pub superseded: u8,
}

/// A sign-in of a browser.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Session {
    pub member: Member,
    /// It belongs to the member's present epoch.
    pub current: bool,
    /// The password was given a short while ago.
    pub fresh: bool,
    /// Seen: something that ends sessions happened since.
    pub closed: bool,
}

/// A request that has read and hashed, and has not written yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Flight {
    Set { attempt: u8, member: Member, superseded: bool },
    SignIn { member: Member, password: u8, current: bool, fresh: bool, closed: bool },
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Account {
    pub suspended: bool,
    pub held: bool,
    pub recovered: bool,
    /// 0 is the first one, n the one that attempt n - 1 set.
    pub password: u8,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct World {
    pub accounts: [Account; 3],
    pub removed: [bool; 4],
    pub attempts: Vec<Attempt>,
    pub sessions: [Option<Session>; 2],
    pub flights: [Option<Flight>; 2],
    /// The first thing that must never happen.
    pub breach: Option<Breach>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Breach {
    /// A new password without this attempt's own code, typed by this browser.
    WithoutCode,
    /// A code was taken twice.
    SpentTwice,
    /// An account that was closed got a password or a session.
    Closed,
    /// An attempt that was over, or overtaken, set a password.
    Superseded,
    /// A session came about, or a contact went, on what an ended epoch knew.
    OldEpoch,
}

/// A rule left out of the model, to see that the checker notices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hole {
    /// None: the rules as they are.
    Sound,
    /// A step does not ask which browser holds the attempt.
    AnyBrowser,
    /// "Set the password" does not ask for the proof.
    ProofNotAsked,
    /// Setting the password leaves the proof as it was.
    ProofKept,
    /// Any member may be chosen.
    AnyMember,
    /// A spent code can be typed again.
    CodeKept,
    /// A code opens every attempt to the same contact.
    CodeNotBound,
    /// A new password ends no other attempts.
    OthersKept,
    /// What proved the contact and chose somebody else may choose anew.
    ChoiceNotKept,
    /// Closing an account ends no attempts, and whether it is open is not asked again when the password is set.
    StateNotAsked,
    /// A sign-in under way does not notice a new epoch.
    EpochNotAsked,
    /// A session is not compared with the epoch.
    SessionKept,
}

impl Hole {
    pub const ALL: [Self; 11] = [
        Self::AnyBrowser,
        Self::ProofNotAsked,
        Self::ProofKept,
        Self::AnyMember,
        Self::CodeKept,
        Self::CodeNotBound,
        Self::OthersKept,
        Self::ChoiceNotKept,
        Self::StateNotAsked,
        Self::EpochNotAsked,
        Self::SessionKept,
    ];
}

/// What is typed as a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Typed {
    /// The newest one of the attempt with this number.
    Of(u8),
    /// The attempt's own one that a newer one took the place of.
    Older,
    Wrong,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    Start(Browser, Reach),
    Resend(Browser, u8),
    Type(Browser, u8, Typed),
    Choose(Browser, u8, Member),
    Set(Browser, u8),
    /// "Set the password" up to where everything is read and hashed.
    BeginSet(Browser, u8),
    SignIn(Browser, Member, u8),
    BeginSignIn(Browser, Member, u8),
    /// What was begun writes.
    Land(Browser),
    /// What was begun is lost on its way.
    Lose(Browser),
    EndOthers(Browser),
    /// The contact at this place in [`LINKS`].
    Remove(Browser, u8),
    Suspend(Member),
    Resume(Member),
    Hold(Member),
    Release(Member),
    /// Eleven minutes pass: longer than a code lives.
    Tick,
}

/// What a page answers: its status, and where it leads.
pub type Answer = &'static str;
pub const TO_CODE: Answer = "303 /recover/code";
pub const TO_IDS: Answer = "303 /recover/id";
pub const TO_PASSWORD: Answer = "303 /recover/password";
pub const TO_DOOR: Answer = "303 /w/sakura/sign-in";
pub const SIGNED_IN: Answer = "303 /w/sakura/me";
pub const REFUSED: Answer = "422";
pub const STOPPED: Answer = "403";
pub const OVER: Answer = "410";
/// The operator's hand, the clock, and requests that nobody hears of.
pub const SILENT: Answer = "";

impl World {
    pub fn new() -> Self {
        Self {
            accounts: [Account::default(); 3],
            removed: [false; 4],
            attempts: Vec::new(),
            sessions: [None; 2],
            flights: [None; 2],
            breach: None,
        }
    }

    /// Whether the account is neither suspended nor held.
    pub fn is_open(&self, member: Member) -> bool {
        let account = &self.accounts[usize::from(member)];
        !account.suspended && !account.held
    }

    fn counts(&self, link: usize) -> bool {
        !self.removed[link] && self.is_open(LINKS[link].member)
    }

    /// The contacts that an address means now.
    fn found(&self, reach: Reach, only: Option<Member>) -> impl Iterator<Item = usize> + '_ {
        (0..LINKS.len()).filter(move |link| {
            LINKS[*link].reach == reach && only.is_none_or(|only| LINKS[*link].member == only) && self.counts(*link)
        })
    }

    /// Whose the contact is that the attempt's codes go to.
    fn candidates(&self, attempt: &Attempt) -> Vec<Member> {
        let found: Vec<_> = self.found(attempt.reach, attempt.only).collect();
        if !attempt.link.is_some_and(|link| found.contains(&link.into())) {
            return Vec::new();
        }
        found.into_iter().map(|link| LINKS[link].member).collect()
    }

    /// Whether the browser's session opens pages.
    pub fn signed_in(&self, browser: Browser, hole: Hole) -> Option<Session> {
        let session = self.sessions[usize::from(browser)]?;
        let lives = session.current || hole == Hole::SessionKept;
        (lives && self.is_open(session.member)).then_some(session)
    }

    /// Whether this browser can read the newest code of an attempt, whosever it is.
    pub fn reads(browser: Browser, attempt: &Attempt) -> bool {
        let link = attempt.link.map(|link| LINKS[usize::from(link)].member);
        attempt.code.delivered && link.is_some_and(|member| (member == MORI) == (browser == THIEF))
    }

    /// Whether this browser knows the member's present password.
    pub fn knows_password(&self, browser: Browser, member: Member) -> bool {
        match self.accounts[usize::from(member)].password {
            0 => true,
            n => self.attempts[usize::from(n) - 1].holder == browser,
        }
    }

    fn breaks(&mut self, breach: Breach) {
        self.breach.get_or_insert(breach);
    }

    fn supersede(&mut self, member: Member) {
        for attempt in self.attempts.iter_mut().filter(|attempt| attempt.seen.typed_by.is_some()) {
            attempt.seen.superseded |= 1 << member;
        }
        for flight in self.flights.iter_mut().flatten() {
            if let Flight::Set { member: whose, superseded, .. } = flight
                && *whose == member
            {
                *superseded = true;
            }
        }
    }

    /// Every session of the member but the browser's is over, and so is what is about to become one.
    fn begin_epoch(&mut self, member: Member, keep: Option<Browser>) {
        for (browser, session) in self.sessions.iter_mut().enumerate() {
            if let Some(session) = session
                && session.member == member
                && keep.map(usize::from) != Some(browser)
            {
                (session.current, session.closed) = (false, true);
            }
        }
        for flight in self.flights.iter_mut().flatten() {
            if let Flight::SignIn { member: whose, current, closed, .. } = flight
                && *whose == member
            {
                (*current, *closed) = (false, true);
            }
        }
    }

    /// Ends what was proved and could still set the member's password.
    fn end_attempts(&mut self, member: Member, hole: Hole) {
        self.supersede(member);
        if hole == Hole::OthersKept || (hole == Hole::StateNotAsked && !self.is_open(member)) {
            return;
        }
        for attempt in &mut self.attempts {
            if attempt.state != State::Proved {
                continue;
            }
            let reaches = attempt.only.is_none_or(|only| only == member)
                && LINKS.contains(&Link { member, reach: attempt.reach });
            match attempt.chosen {
                Some(chosen) if chosen == member => attempt.state = State::Finished,
                None if reaches => attempt.state = State::Finished,
                Some(chosen) if reaches && hole != Hole::ChoiceNotKept => attempt.only = Some(chosen),
                _ => {}
            }
        }
    }

    /// The attempt, if this browser holds its handle and it has not run out.
    fn open(&self, browser: Browser, number: u8, hole: Hole) -> Option<&Attempt> {
        let attempt = &self.attempts[usize::from(number)];
        ((attempt.holder == browser || hole == Hole::AnyBrowser) && attempt.life > 0).then_some(attempt)
    }

    fn start(&mut self, browser: Browser, reach: Reach) -> Answer {
        let (reach, only) = match reach {
            Reach::MailOfAnother => (Reach::Mail, Some(SATO)),
            reach => (reach, None),
        };
        let link = self.found(reach, only).next().and_then(|link| u8::try_from(link).ok());
        self.attempts.push(Attempt {
            holder: browser,
            reach,
            link,
            only,
            state: State::Sent,
            chosen: None,
            life: LIFE,
            code: Code { delivered: link.is_some(), older: false, fresh: true, spent: false, tries: 0 },
            resent: false,
            seen: Seen::default(),
        });
        TO_CODE
    }

    fn resend(&mut self, browser: Browser, number: u8, hole: Hole) -> Answer {
        let Some(attempt) = self.open(browser, number, hole).filter(|attempt| attempt.state == State::Sent) else {
            return OVER;
        };
        let delivered = !self.candidates(attempt).is_empty();
        let attempt = &mut self.attempts[usize::from(number)];
        let older = attempt.code.delivered;
        attempt.code = Code { delivered, older, fresh: true, spent: false, tries: 0 };
        attempt.resent = true;
        TO_CODE
    }

    fn type_code(&mut self, browser: Browser, number: u8, typed: Typed, hole: Hole) -> Answer {
        let Some(attempt) = self.open(browser, number, hole) else { return OVER };
        match attempt.state {
            State::Proved if hole != Hole::CodeKept => return TO_IDS,
            State::Finished => return OVER,
            State::Sent | State::Proved => {}
        }
        let code = attempt.code;
        if code.tries >= TRIES || !code.fresh || (code.spent && hole != Hole::CodeKept) {
            return REFUSED;
        }
        let is_own = typed == Typed::Of(number);
        let bound = match typed {
            Typed::Of(other) if hole == Hole::CodeNotBound => {
                self.attempts[usize::from(other)].reach == attempt.reach && code.delivered
            }
            _ => is_own,
        };
        let right = bound && !self.candidates(attempt).is_empty();
        let attempt = &mut self.attempts[usize::from(number)];
        attempt.code.tries += 1;
        if !right {
            return REFUSED;
        }
        attempt.code.spent = true;
        (attempt.state, attempt.life) = (State::Proved, LIFE);
        attempt.seen.spent += 1;
        attempt.seen.superseded = 0;
        attempt.seen.typed_by = (is_own && code.delivered).then_some(browser);
        if attempt.seen.spent > 1 {
            self.breaks(Breach::SpentTwice);
        }
        TO_IDS
    }

    fn choose(&mut self, browser: Browser, number: u8, member: Member, hole: Hole) -> Answer {
        let Some(attempt) = self.open(browser, number, hole) else { return OVER };
        if attempt.state != State::Proved {
            return TO_CODE;
        }
        let found = self.candidates(attempt);
        if found.contains(&member) || hole == Hole::AnyMember {
            self.attempts[usize::from(number)].chosen = Some(member);
            return TO_PASSWORD;
        }
        if found.is_empty() { OVER } else { REFUSED }
    }

    /// What "set the password" reads before it hashes: for whom, or the answer.
    pub fn read_set(&self, browser: Browser, number: u8, hole: Hole) -> Result<Member, Answer> {
        let attempt = self.open(browser, number, hole).ok_or(OVER)?;
        let asked = attempt.state == State::Proved;
        if !(asked || hole == Hole::ProofNotAsked && attempt.state == State::Sent) {
            return Err(OVER);
        }
        let found = self.candidates(attempt);
        // Without the question for the proof there is no choice either: the first one is taken.
        let chosen = if asked { attempt.chosen } else { found.first().copied() };
        let chosen = chosen.ok_or(TO_IDS)?;
        if found.contains(&chosen) || hole == Hole::AnyMember { Ok(chosen) } else { Err(OVER) }
    }

    fn write_set(&mut self, browser: Browser, number: u8, member: Member, overtaken: bool, hole: Hole) -> Answer {
        let attempt = &self.attempts[usize::from(number)];
        let asked = attempt.state == State::Proved && attempt.chosen == Some(member);
        let only = attempt.only.is_none_or(|only| only == member);
        let counts = self.found(attempt.reach, None).any(|link| LINKS[link].member == member);
        let lenient = match hole {
            Hole::ProofNotAsked => attempt.state == State::Sent,
            Hole::AnyMember | Hole::StateNotAsked => asked,
            _ => false,
        };
        if !(asked && only && counts || lenient) {
            return OVER;
        }
        let seen = attempt.seen;
        let sent_to = attempt.link.is_some_and(|link| LINKS[usize::from(link)].reach == attempt.reach);
        let own = LINKS.contains(&Link { member, reach: attempt.reach }) && sent_to;
        if seen.typed_by != Some(browser) || attempt.holder != browser || !own {
            self.breaks(Breach::WithoutCode);
        }
        if !self.is_open(member) {
            self.breaks(Breach::Closed);
        }
        if seen.finished || seen.superseded & (1 << member) != 0 || overtaken {
            self.breaks(Breach::Superseded);
        }
        let attempt = &mut self.attempts[usize::from(number)];
        attempt.seen.finished = true;
        attempt.state = State::Finished;
        self.begin_epoch(member, None);
        self.end_attempts(member, hole);
        if hole == Hole::ProofKept {
            self.attempts[usize::from(number)].state = State::Proved;
        }
        let account = &mut self.accounts[usize::from(member)];
        (account.password, account.recovered) = (number + 1, true);
        TO_DOOR
    }

    fn read_sign_in(&self, member: Member, password: u8) -> Result<(), Answer> {
        if self.accounts[usize::from(member)].password != password {
            return Err(REFUSED);
        }
        if self.is_open(member) { Ok(()) } else { Err(STOPPED) }
    }

    fn write_sign_in(
        &mut self,
        browser: Browser,
        member: Member,
        fresh: bool,
        knows_epoch: bool,
        hole: Hole,
    ) -> Answer {
        if !self.is_open(member) {
            self.breaks(Breach::Closed);
        }
        if !knows_epoch && hole == Hole::EpochNotAsked {
            self.breaks(Breach::OldEpoch);
        }
        self.sessions[usize::from(browser)] = Some(Session { member, current: true, fresh, closed: false });
        SIGNED_IN
    }

    fn land(&mut self, browser: Browser, hole: Hole) -> Answer {
        match self.flights[usize::from(browser)].take() {
            Some(Flight::Set { attempt, member, superseded }) => {
                self.write_set(browser, attempt, member, superseded, hole)
            }
            Some(Flight::SignIn { member, current, fresh, closed, .. })
                if (current || hole == Hole::EpochNotAsked) && self.is_open(member) =>
            {
                self.write_sign_in(browser, member, fresh, !closed, hole)
            }
            // Overtaken: it is tried once more on what holds now.
            Some(Flight::SignIn { member, password, fresh, .. }) => match self.read_sign_in(member, password) {
                Ok(()) => self.write_sign_in(browser, member, fresh, true, hole),
                Err(answer) => answer,
            },
            None => SILENT,
        }
    }

    fn remove(&mut self, browser: Browser, link: u8, hole: Hole) -> Answer {
        if let Some(session) = self.signed_in(browser, hole) {
            let at = usize::from(link);
            let own = LINKS[at].member == session.member && !self.removed[at];
            if own && session.fresh && !self.accounts[usize::from(session.member)].recovered {
                if session.closed {
                    self.breaks(Breach::OldEpoch);
                }
                self.removed[at] = true;
            }
        }
        SILENT
    }

    fn tick(&mut self) {
        for attempt in &mut self.attempts {
            attempt.life = attempt.life.saturating_sub(1);
            attempt.code.fresh = false;
        }
        for session in self.sessions.iter_mut().flatten() {
            session.fresh = false;
        }
        for flight in self.flights.iter_mut().flatten() {
            if let Flight::SignIn { fresh, .. } = flight {
                *fresh = false;
            }
        }
    }

    /// Takes one step, and says what the page answers.
    pub fn step(&mut self, step: Step, hole: Hole) -> Answer {
        match step {
            Step::Start(browser, reach) => self.start(browser, reach),
            Step::Resend(browser, number) => self.resend(browser, number, hole),
            Step::Type(browser, number, typed) => self.type_code(browser, number, typed, hole),
            Step::Choose(browser, number, member) => self.choose(browser, number, member, hole),
            Step::Set(browser, number) => match self.read_set(browser, number, hole) {
                Ok(member) => self.write_set(browser, number, member, false, hole),
                Err(answer) => answer,
            },
            Step::BeginSet(browser, number) => {
                if let Ok(member) = self.read_set(browser, number, hole) {
                    let flight = Flight::Set { attempt: number, member, superseded: false };
                    self.flights[usize::from(browser)] = Some(flight);
                }
                SILENT
            }
            Step::SignIn(browser, member, password) => match self.read_sign_in(member, password) {
                Ok(()) => self.write_sign_in(browser, member, true, true, hole),
                Err(answer) => answer,
            },
            Step::BeginSignIn(browser, member, password) => {
                if self.read_sign_in(member, password).is_ok() {
                    let flight = Flight::SignIn { member, password, current: true, fresh: true, closed: false };
                    self.flights[usize::from(browser)] = Some(flight);
                }
                SILENT
            }
            Step::Land(browser) => self.land(browser, hole),
            Step::Lose(browser) => {
                self.flights[usize::from(browser)] = None;
                SILENT
            }
            Step::EndOthers(browser) => {
                if let Some(session) = self.signed_in(browser, hole) {
                    if session.closed {
                        self.breaks(Breach::OldEpoch);
                    }
                    self.begin_epoch(session.member, Some(browser));
                }
                SILENT
            }
            Step::Remove(browser, link) => self.remove(browser, link, hole),
            Step::Suspend(member) | Step::Resume(member) => {
                self.accounts[usize::from(member)].suspended = matches!(step, Step::Suspend(_));
                self.begin_epoch(member, None);
                self.end_attempts(member, hole);
                SILENT
            }
            Step::Hold(member) => {
                self.accounts[usize::from(member)].held = true;
                self.begin_epoch(member, None);
                self.end_attempts(member, hole);
                SILENT
            }
            Step::Release(member) => {
                self.accounts[usize::from(member)].held = false;
                SILENT
            }
            Step::Tick => {
                self.tick();
                SILENT
            }
        }
    }
}
