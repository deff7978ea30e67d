//! The order of steps, for every order: recovery and sign-in as a state machine (`world`), all of whose states up to a bound a
//! checker walks through, with two browsers, requests that are lost, come twice or land late, and accounts that close meanwhile.
//!
//! The machine is no free invention: `real` takes the server through the same steps and compares every answer and row.

mod real;
mod world;

use std::collections::BTreeSet;
use std::time::Instant;

use stateright::{Checker, HasDiscoveries, Model, Property};
use world::{
    Breach, Browser, Flight, Hole, LINKS, MORI, Member, OWNER, Reach, SATO, State, Step, TANAKA, THIEF, Typed, World,
};

/// What happens in a walk, and how much of it.
#[derive(Debug, Clone)]
pub struct Scope {
    attempts: usize,
    reaches: &'static [Reach],
    /// Another code, codes that are wrong or too old, and time that passes.
    codes: bool,
    /// Requests that land late, or never.
    flights: bool,
    sessions: bool,
    /// Whose accounts are suspended, held and opened again.
    closes: &'static [Member],
    depth: usize,
    hole: Hole,
}

const EVERYTHING: Scope = Scope {
    attempts: 3,
    reaches: &[Reach::Shared, Reach::Mail, Reach::MailOfAnother, Reach::Thiefs],
    codes: true,
    flights: true,
    sessions: true,
    closes: &[TANAKA, SATO],
    depth: 6,
    hole: Hole::Sound,
};

impl Scope {
    /// Every step that somebody could take now.
    fn steps(&self, world: &World) -> Vec<Step> {
        let mut steps = Vec::new();
        for browser in [OWNER, THIEF] {
            self.steps_of(world, browser, &mut steps);
        }
        for member in self.closes {
            let account = &world.accounts[usize::from(*member)];
            steps.push(if account.suspended { Step::Resume(*member) } else { Step::Suspend(*member) });
            steps.push(if account.held { Step::Release(*member) } else { Step::Hold(*member) });
        }
        if self.codes && (world.attempts.iter().any(|attempt| attempt.life > 0)) {
            steps.push(Step::Tick);
        }
        steps
    }

    fn steps_of(&self, world: &World, browser: Browser, steps: &mut Vec<Step>) {
        if world.attempts.len() < self.attempts {
            let own = |reach: &&Reach| browser == THIEF || **reach != Reach::Thiefs;
            steps.extend(self.reaches.iter().filter(own).map(|reach| Step::Start(browser, *reach)));
        }
        let under_way = world.flights[usize::from(browser)].is_some();
        for (number, attempt) in (0..).zip(&world.attempts) {
            if attempt.holder != browser && self.hole != Hole::AnyBrowser {
                continue;
            }
            let codes = (0..).zip(&world.attempts).filter(|(_, other)| World::reads(browser, other));
            steps.extend(codes.map(|(other, _)| Step::Type(browser, number, Typed::Of(other))));
            if self.codes {
                steps.push(Step::Type(browser, number, Typed::Wrong));
                if attempt.code.older && World::reads(browser, attempt) {
                    steps.push(Step::Type(browser, number, Typed::Older));
                }
                if !attempt.resent {
                    steps.push(Step::Resend(browser, number));
                }
            }
            steps.extend([TANAKA, SATO, MORI].map(|member| Step::Choose(browser, number, member)));
            steps.push(Step::Set(browser, number));
            if self.flights && !under_way && world.read_set(browser, number, self.hole).is_ok() {
                steps.push(Step::BeginSet(browser, number));
            }
        }
        if under_way {
            steps.extend([Step::Land(browser), Step::Lose(browser)]);
        }
        if self.sessions {
            for member in if browser == OWNER { [TANAKA, SATO] } else { [TANAKA, MORI] } {
                let present = world.accounts[usize::from(member)].password;
                steps.push(Step::SignIn(browser, member, 0));
                if present != 0 && world.knows_password(browser, member) {
                    steps.push(Step::SignIn(browser, member, present));
                }
                if self.flights && !under_way && world.knows_password(browser, member) && world.is_open(member) {
                    steps.push(Step::BeginSignIn(browser, member, present));
                }
            }
            if let Some(session) = world.sessions[usize::from(browser)] {
                steps.push(Step::EndOthers(browser));
                let own = (0..).zip(LINKS).filter(|(_, link)| link.member == session.member && session.member != MORI);
                steps.extend(own.map(|(link, _)| Step::Remove(browser, link)));
            }
        }
    }
}

impl Model for Scope {
    type State = World;
    type Action = Step;

    fn init_states(&self) -> Vec<World> {
        vec![World::new()]
    }

    fn actions(&self, world: &World, steps: &mut Vec<Step>) {
        if world.breach.is_none() {
            *steps = self.steps(world);
        }
    }

    fn next_state(&self, before: &World, step: Step) -> Option<World> {
        let mut after = before.clone();
        after.step(step, self.hole);
        (after != *before).then_some(after)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        fn set_by(world: &World, member: Member, browser: Browser) -> bool {
            let password = usize::from(world.accounts[usize::from(member)].password);
            password > 0 && world.attempts[password - 1].holder == browser
        }
        let mut all = vec![
            Property::always(NO_CODE, |_, world: &World| world.breach != Some(Breach::WithoutCode)),
            Property::always(THIEF_SETS_NOTHING, |_, world: &World| {
                !set_by(world, TANAKA, THIEF) && !set_by(world, SATO, THIEF)
            }),
            Property::always(SPENT_ONCE, |_, world: &World| {
                world.breach != Some(Breach::SpentTwice) && world.attempts.iter().all(|attempt| attempt.seen.spent < 2)
            }),
            Property::always(CLOSED, |_, world: &World| world.breach != Some(Breach::Closed)),
            Property::always(OVER, |_, world: &World| world.breach != Some(Breach::Superseded)),
            Property::always(OLD_EPOCH, |model: &Self, world: &World| {
                let lives = |browser| world.signed_in(browser, model.hole).is_some_and(|session| session.closed);
                world.breach != Some(Breach::OldEpoch) && !lives(OWNER) && !lives(THIEF)
            }),
        ];
        if self.depth < 20 {
            return all;
        }
        // The model is not empty: what should succeed does.
        all.extend([
            Property::sometimes("tanaka gets back in", |_, world: &World| set_by(world, TANAKA, OWNER)),
            Property::sometimes("sato gets back in by the same number", |_, world: &World| set_by(world, SATO, OWNER)),
            Property::sometimes("an attempt dies with the contact or account that it was for", |_, world: &World| {
                world.attempts.iter().any(|attempt| attempt.state == State::Finished && !attempt.seen.finished)
            }),
        ]);
        if self.sessions {
            all.push(Property::sometimes(
                "tanaka signs in with the new password, the thief is out",
                |_, world: &World| {
                    let [own, thiefs] = world.sessions;
                    set_by(world, TANAKA, OWNER)
                        && own.is_some_and(|own| own.member == TANAKA && own.current)
                        && thiefs.is_some_and(|thiefs| thiefs.member == TANAKA && !thiefs.current)
                },
            ));
        }
        if self.flights {
            all.push(Property::sometimes("a request is overtaken", |_, world: &World| {
                world.flights.iter().flatten().any(|flight| match flight {
                    Flight::Set { superseded, .. } => *superseded,
                    Flight::SignIn { closed, .. } => *closed,
                })
            }));
        }
        all
    }

    fn within_boundary(&self, world: &World) -> bool {
        world.attempts.len() <= self.attempts
    }
}

const NO_CODE: &str = "a new password needs this attempt's own code, typed by this browser";
const THIEF_SETS_NOTHING: &str = "the thief never sets the password of somebody else";
const SPENT_ONCE: &str = "a code is spent at most once";
const CLOSED: &str = "nothing finishes for an account that is closed";
const OVER: &str = "an attempt that is over or overtaken opens nothing";
const OLD_EPOCH: &str = "no session lives in an old epoch";

/// Walks through everything within the scope, and fails unless every property holds.
fn holds(scope: Scope) {
    let began = Instant::now();
    let depth = scope.depth;
    let checked = scope.checker().target_max_depth(depth).threads(2).spawn_bfs().join();
    println!(
        "{} states, {} of them different, depth {}, {:.1} s",
        checked.state_count(),
        checked.unique_state_count(),
        checked.max_depth(),
        began.elapsed().as_secs_f32()
    );
    checked.assert_properties();
}

/// Everything that two attempts can come to, with all codes, times and requests that land late.
const RECOVERY: Scope = Scope { attempts: 2, sessions: false, closes: &[], depth: 99, ..EVERYTHING };

/// Accounts that close and open again meanwhile.
const CLOSING: Scope = Scope { reaches: &[Reach::Shared], codes: false, closes: &[TANAKA, SATO], ..RECOVERY };

/// Sign-ins and sessions around a recovery.
const SESSIONS: Scope =
    Scope { attempts: 1, reaches: &[Reach::Shared], codes: false, sessions: true, closes: &[TANAKA], ..CLOSING };

#[test]
fn no_order_of_steps_reaches_a_password_without_the_code() {
    holds(RECOVERY);
}

#[test]
fn no_order_of_steps_finishes_for_an_account_that_is_closed() {
    holds(CLOSING);
}

#[test]
fn no_order_of_sign_ins_and_ends_leaves_a_session_of_before() {
    holds(SESSIONS);
}

#[test]
fn everything_at_once_holds_as_far_as_it_was_walked() {
    holds(EVERYTHING);
}

#[test]
fn the_checker_finds_each_hole() {
    let of = |hole| match hole {
        Hole::AnyBrowser | Hole::AnyMember | Hole::CodeNotBound | Hole::ProofNotAsked => NO_CODE,
        Hole::CodeKept => SPENT_ONCE,
        Hole::StateNotAsked => CLOSED,
        Hole::ProofKept | Hole::OthersKept | Hole::ChoiceNotKept => OVER,
        Hole::EpochNotAsked | Hole::SessionKept => OLD_EPOCH,
        Hole::Sound => unreachable!("no hole"),
    };
    for hole in Hole::ALL {
        let began = Instant::now();
        let few = Scope { flights: false, closes: &[], ..CLOSING };
        let scope = match hole {
            Hole::AnyMember => Scope { reaches: &[Reach::Shared, Reach::Thiefs], ..few },
            Hole::StateNotAsked => Scope { attempts: 1, ..CLOSING },
            Hole::EpochNotAsked | Hole::SessionKept => SESSIONS,
            _ => few,
        };
        let scope = Scope { hole, ..scope };
        let name = of(hole);
        let finish = HasDiscoveries::AnyOf(BTreeSet::from([name]));
        let checked = scope.checker().finish_when(finish).threads(2).spawn_bfs().join();
        let path = checked.discovery(name).unwrap_or_else(|| panic!("{hole:?} goes unnoticed"));
        println!("{hole:?}: {:?}, {:.1} s", path.into_actions(), began.elapsed().as_secs_f32());
    }
}
