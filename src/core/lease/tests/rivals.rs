//! Candidates against each other, over a network that delays, loses and reorders, on machines whose clocks differ and
//! that stop for minutes.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

const CANDIDATES: usize = 3;

/// Requests are given up after this long, and may be carried out even later.
const PATIENCE: f64 = 5.0;

/// Seconds of the one true time, which nobody knows.
type Truth = f64;

/// What happens to one message: seconds of delay.
type Chance = f64;

#[derive(Clone, Debug)]
struct Machine {
    /// What its monotonic clock showed in the beginning.
    offset: f64,
    /// Its seconds in one true second.
    rate: f64,
    /// What its calendar shows.
    year: i16,
}

impl Machine {
    fn moment(&self, truth: Truth) -> Moment {
        Duration::from_secs_f64(self.offset + self.rate * truth)
    }

    fn truth(&self, moment: Moment) -> Truth {
        (moment.as_secs_f64() - self.offset) / self.rate
    }

    fn wall(&self) -> Timestamp {
        format!("{}-01-01T00:00:00Z", self.year).parse().unwrap()
    }
}

#[derive(Debug)]
enum Event {
    Acts(usize),
    /// A request reaches the API server; the number tells it from the candidate's other requests.
    Arrives(usize, u32, Option<Write>),
    /// The reply reaches the candidate.
    Answered(usize, u32, Reply),
    /// The candidate stops waiting for the reply.
    GivenUp(usize, u32),
    /// A watch shows how the Lease was.
    Shown(usize, Option<Seen>),
}

#[derive(Debug)]
enum Reply {
    Read(Option<Seen>),
    Written(String),
    Refused,
}

struct World {
    now: Truth,
    lease: Option<Seen>,
    versions: u64,
    events: BTreeMap<(u64, u64), Event>,
    count: u64,
    chances: Vec<Chance>,
    candidates: Vec<(Machine, Candidate)>,
    waits_for: [Option<u32>; CANDIDATES],
    requests: u32,
    /// How often each led.
    terms: [u32; CANDIDATES],
}

impl World {
    fn new(machines: Vec<Machine>, chances: Vec<Chance>) -> Self {
        let candidates = machines.into_iter().enumerate().map(|(index, machine)| {
            let candidate = Candidate::new(format!("candidate {index}"), Timing::default());
            (machine, candidate)
        });
        let mut world = Self {
            now: 0.0,
            lease: None,
            versions: 0,
            events: BTreeMap::new(),
            count: 0,
            chances,
            candidates: candidates.collect(),
            waits_for: [None; CANDIDATES],
            requests: 0,
            terms: [0; CANDIDATES],
        };
        for index in 0..CANDIDATES {
            world.after(0.0, Event::Acts(index));
        }
        world
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "microseconds of a few hours"
    )]
    fn after(&mut self, delay: f64, event: Event) {
        self.count += 1;
        let at = ((self.now + delay.max(0.0)) * 1e6) as u64;
        self.events.insert((at, self.count), event);
    }

    /// Goes on until chance has run out; then nothing happens any more.
    #[expect(clippy::cast_precision_loss, reason = "microseconds of a few hours")]
    fn run(&mut self) {
        while let Some(((at, _), event)) = self.events.pop_first() {
            self.now = at as f64 / 1e6;
            if self.chances.is_empty() {
                return;
            }
            self.happens(event);
            let leading: Vec<_> = (0..CANDIDATES).filter(|index| self.leads(*index)).collect();
            assert!(leading.len() <= 1, "{leading:?} lead at {}", self.now);
        }
    }

    fn leads(&self, index: usize) -> bool {
        let (machine, candidate) = &self.candidates[index];
        let until = candidate.leads_until();
        until.is_some_and(|until| self.now < machine.truth(until))
    }

    fn chance(&mut self) -> Chance {
        self.chances.pop().unwrap_or(0.0)
    }

    fn happens(&mut self, event: Event) {
        match event {
            Event::Acts(index) => self.acts(index),
            Event::Arrives(index, number, write) => self.arrives(index, number, write),
            Event::Answered(index, number, reply) => {
                if self.waits_for[index] == Some(number) {
                    self.waits_for[index] = None;
                    self.learns(index, reply);
                    let pause = self.chance();
                    self.after(pause, Event::Acts(index));
                }
            }
            Event::GivenUp(index, number) => {
                if self.waits_for[index] == Some(number) {
                    self.waits_for[index] = None;
                    self.candidates[index].1.unheard();
                    self.after(0.0, Event::Acts(index));
                }
            }
            Event::Shown(index, seen) => {
                let (machine, candidate) = &mut self.candidates[index];
                // Who leads does not watch.
                if self.waits_for[index].is_none() && candidate.leads_until().is_none() {
                    candidate.saw(seen, machine.moment(self.now));
                }
            }
        }
    }

    fn acts(&mut self, index: usize) {
        if self.waits_for[index].is_some() {
            return;
        }
        let (machine, candidate) = &mut self.candidates[index];
        let moment = machine.moment(self.now);
        if candidate.leads_until().is_some_and(|until| until <= moment) {
            candidate.steps_down();
        }
        let write = match candidate.step(moment, machine.wall()) {
            Step::Wait(until) => {
                let wait = machine.truth(until) - self.now + 1e-5;
                // Now and then it is stopped for longer than it meant to wait.
                let pause = self.chance();
                self.after(wait.min(2.0) + pause, Event::Acts(index));
                return;
            }
            Step::Read => None,
            Step::Write(write) => {
                candidate.sends(write.clone(), moment);
                Some(write)
            }
        };
        self.requests += 1;
        let number = self.requests;
        self.waits_for[index] = Some(number);
        let delay = self.chance();
        self.after(delay, Event::Arrives(index, number, write));
        self.after(PATIENCE, Event::GivenUp(index, number));
    }

    fn arrives(&mut self, index: usize, number: u32, write: Option<Write>) {
        let reply = match write {
            None => Reply::Read(self.lease.clone()),
            Some(write) => {
                let there = self.lease.as_ref().map(|seen| &seen.version);
                if write.base.as_ref() == there {
                    self.versions += 1;
                    let version = self.versions.to_string();
                    self.lease = Some(Seen {
                        version: version.clone(),
                        record: write.record,
                    });
                    for other in 0..CANDIDATES {
                        let delay = self.chance();
                        self.after(delay, Event::Shown(other, self.lease.clone()));
                    }
                    Reply::Written(version)
                } else {
                    Reply::Refused
                }
            }
        };
        let delay = self.chance();
        self.after(delay, Event::Answered(index, number, reply));
    }

    fn learns(&mut self, index: usize, reply: Reply) {
        let led = self.leads(index);
        let (machine, candidate) = &mut self.candidates[index];
        let moment = machine.moment(self.now);
        match reply {
            Reply::Read(seen) => candidate.saw(seen, moment),
            Reply::Written(version) => candidate.accepted(version, moment),
            Reply::Refused => candidate.refused(),
        }
        if !led && self.leads(index) {
            self.terms[index] += 1;
        }
    }
}

fn machine() -> impl Strategy<Value = Machine> {
    // The fastest runs less than half as fast again as the slowest.
    (0.0..1e6, 0.85..1.25, 1990_i16..2100).prop_map(|(offset, rate, year)| Machine {
        offset,
        rate,
        year,
    })
}

/// Mostly short, now and then longer than any deadline.
fn chance() -> impl Strategy<Value = Chance> {
    prop_oneof![20 => 0.0..0.2, 4 => 0.2..6.0, 1 => 6.0..60.0]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn r12_two_never_lead_at_once(
        machines in prop::collection::vec(machine(), CANDIDATES),
        chances in prop::collection::vec(chance(), 400),
    ) {
        World::new(machines, chances).run();
    }
}

#[test]
fn r12_somebody_leads_nearly_always_while_all_is_well() {
    let machine = Machine {
        offset: 0.0,
        rate: 1.0,
        year: 2026,
    };
    let mut world = World::new(vec![machine; CANDIDATES], vec![0.01; 5_000]);
    world.run();
    assert!(world.now > 600.0, "{}", world.now);
    assert_eq!(
        world.terms.iter().sum::<u32>(),
        1,
        "the first leads for ever"
    );
}
