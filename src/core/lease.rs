//! The Lease: who may lead, decided from what was seen of it, and when.
//!
//! Every write of the Lease is conditional on the version that was seen. Whoever's write is accepted leads from the moment
//! it was *sent* for [`Timing::deadline`]; nobody else takes the Lease before it has not changed for [`Timing::lease`]
//! since the moment it was *seen* to change. Both are measured by each machine's own monotonic clock, and what others write
//! about the time is never compared with it. So two never lead at once, whatever clocks show, and however late, twice or
//! never messages arrive, as long as no clock runs half as fast again as another (15 s against 10 s), and nobody
//! edits the Lease by hand. With less than that, the conditions on each single write remain.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// A moment on this machine's own monotonic clock: how long after its beginning.
pub type Moment = Duration;

/// However long a Lease says that it lasts, nobody waits longer for it.
const LONGEST_LEASE: Duration = Duration::from_mins(1);

/// A Lease that was given up lasts as short as Kubernetes allows.
const GIVEN_UP: Duration = Duration::from_secs(1);

/// How long things take; the defaults are those of Kubernetes' own controllers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// How long others wait after the last change of the Lease before they take it.
    pub lease: Duration,
    /// How long after its last renewal a leader stops.
    pub deadline: Duration,
    /// How often a leader renews, and how soon a request that failed is made again.
    pub retry: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            lease: Duration::from_secs(15),
            deadline: Duration::from_secs(10),
            retry: Duration::from_secs(2),
        }
    }
}

/// What a Lease says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// Who holds it; nobody when it was given up.
    pub holder: Option<String>,
    /// How long it lasts without a change.
    pub lasts: Duration,
    /// Since when it is held, by the holder's clock.
    pub acquired: Option<Timestamp>,
    /// When it was renewed last, by the holder's clock.
    pub renewed: Option<Timestamp>,
    /// How often it changed hands.
    pub transitions: i32,
}

/// A Lease as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Its resourceVersion.
    pub version: String,
    /// What it says.
    pub record: Record,
}

/// A write of the Lease.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Write {
    /// The version that it changes and no other; none to create the Lease where there is none.
    pub base: Option<String>,
    /// What it shall say.
    pub record: Record,
}

/// What a candidate does next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Read the Lease.
    Read,
    /// Write it: to acquire it, or to renew it.
    Write(Write),
    /// Nothing before this moment.
    Wait(Moment),
}

/// One of those who would lead.
#[derive(Debug)]
pub struct Candidate {
    identity: String,
    timing: Timing,
    lease: Lease,
    /// Whether the Lease may be another than the one that is known.
    stale: bool,
    /// Writes that may or may not have been carried out, and when they were sent.
    unanswered: Vec<(Write, Moment)>,
    /// When the last write that was accepted was sent, while this one leads.
    renewed: Option<Moment>,
}

#[derive(Debug)]
enum Lease {
    Unread,
    Absent {
        since: Moment,
        /// What it said before it went.
        before: Option<Record>,
    },
    There {
        seen: Seen,
        /// When it was first seen to say so.
        since: Moment,
        /// Whether that is what this candidate wrote.
        ours: bool,
    },
}

impl Candidate {
    /// A candidate that has seen nothing yet. No two may have the same identity.
    #[must_use]
    pub const fn new(identity: String, timing: Timing) -> Self {
        Self {
            identity,
            timing,
            lease: Lease::Unread,
            stale: false,
            unanswered: Vec::new(),
            renewed: None,
        }
    }

    /// Until when it leads, if it does. It has to stop by then, whether it has heard of anything or not.
    #[must_use]
    pub fn leads_until(&self) -> Option<Moment> {
        self.renewed
            .map(|moment| moment.saturating_add(self.timing.deadline))
    }

    /// Who holds the Lease, as far as is known.
    #[must_use]
    pub fn holder(&self) -> Option<&str> {
        match &self.lease {
            Lease::There { seen, .. } => seen.record.holder.as_deref(),
            Lease::Unread | Lease::Absent { .. } => None,
        }
    }

    /// Whether a write may have been carried out that it has not heard of.
    #[must_use]
    pub const fn is_unsure(&self) -> bool {
        !self.unanswered.is_empty()
    }

    /// What to do next; `wall` is what the machine's calendar shows, which is written for people.
    #[must_use]
    pub fn step(&self, now: Moment, wall: Timestamp) -> Step {
        if self.stale {
            return Step::Read;
        }
        let leads = self.leads_until().is_some_and(|until| now < until);
        let (next, from) = match &self.lease {
            Lease::Unread => return Step::Read,
            // Somebody may lead who has not noticed yet that the Lease is gone.
            Lease::Absent { since, before } if before.is_some() && !leads => {
                (since.saturating_add(self.timing.lease), before.as_ref())
            }
            Lease::Absent { before, .. } => (now, before.as_ref()),
            Lease::There { seen, since, ours } => {
                let next = match (&seen.record.holder, self.renewed) {
                    (Some(_), Some(renewed)) if *ours && leads => {
                        renewed.saturating_add(self.timing.retry)
                    }
                    (None, _) => now,
                    (Some(_), _) if *ours => now,
                    (Some(_), _) => since.saturating_add(self.lasts(&seen.record)),
                };
                (next, Some(&seen.record))
            }
        };
        if now < next {
            return Step::Wait(next);
        }
        Step::Write(Write {
            base: self.version(),
            record: self.claim(from, wall),
        })
    }

    /// Takes note of a write that is about to be sent.
    pub fn sends(&mut self, write: Write, now: Moment) {
        self.unanswered.push((write, now));
    }

    /// Takes note that the write sent last was carried out, and made this version.
    pub fn accepted(&mut self, version: String, now: Moment) {
        if let Some((write, sent)) = self.unanswered.pop() {
            self.unanswered.clear();
            self.stale = false;
            self.renewed = write.record.holder.is_some().then_some(sent);
            let record = write.record;
            self.lease = Lease::There {
                seen: Seen { version, record },
                since: now,
                ours: true,
            };
        }
    }

    /// Takes note that the write sent last was not carried out, because the Lease is another one by now.
    pub fn refused(&mut self) {
        self.unanswered.pop();
        self.stale = true;
    }

    /// Takes note that nothing is known of the write sent last: it may be carried out even later.
    pub fn unheard(&mut self) {
        self.stale = true;
    }

    /// Takes note of the Lease as it was read, or that there is none.
    pub fn saw(&mut self, seen: Option<Seen>, now: Moment) {
        self.stale = false;
        let Some(seen) = seen else {
            self.missed(now);
            return;
        };
        let (since, mut ours) = match &self.lease {
            Lease::There {
                seen: known,
                since,
                ours,
            } if known.record == seen.record => (*since, *ours),
            _ => (now, false),
        };
        let own = self.unanswered.iter();
        let own = own.rev().find(|(write, _)| write.record == seen.record);
        if let Some((_, sent)) = own {
            self.renewed = seen.record.holder.is_some().then_some(*sent);
            ours = true;
        }
        if seen.record.holder.as_deref() != Some(&self.identity) {
            self.renewed = None;
        } else if self.renewed.is_some() {
            // Somebody changed something else in it, or an earlier write was carried out late.
            ours = true;
        }
        // What was sent on top of another version is never carried out any more.
        self.unanswered
            .retain(|(write, _)| write.base.as_ref() == Some(&seen.version));
        self.lease = Lease::There { seen, since, ours };
    }

    /// Stops leading; what was sent meanwhile may still be carried out.
    pub fn steps_down(&mut self) {
        self.renewed = None;
        self.stale = true;
    }

    /// Stops leading for good; answers the write that lets others take over at once, if the Lease is ours to give up.
    pub fn gives_up(&mut self, wall: Timestamp) -> Option<Write> {
        self.renewed = None;
        match &self.lease {
            Lease::There {
                seen, ours: true, ..
            } if seen.record.holder.is_some() => Some(Write {
                base: Some(seen.version.clone()),
                record: Record {
                    holder: None,
                    lasts: GIVEN_UP,
                    renewed: Some(later(wall, seen.record.renewed)),
                    ..seen.record.clone()
                },
            }),
            _ => None,
        }
    }

    fn missed(&mut self, now: Moment) {
        self.unanswered.retain(|(write, _)| write.base.is_none());
        let before = match &self.lease {
            Lease::Absent { .. } => return,
            Lease::Unread => None,
            // What was given up is nobody's.
            Lease::There { seen, .. } => {
                Some(seen.record.clone()).filter(|record| record.holder.is_some())
            }
        };
        self.lease = Lease::Absent { since: now, before };
    }

    fn version(&self) -> Option<String> {
        match &self.lease {
            Lease::There { seen, .. } => Some(seen.version.clone()),
            Lease::Unread | Lease::Absent { .. } => None,
        }
    }

    /// How long to wait for a holder: never shorter than we ourselves need it, whatever the Lease says.
    fn lasts(&self, record: &Record) -> Duration {
        let least = self.timing.lease;
        record.lasts.clamp(least, LONGEST_LEASE.max(least))
    }

    fn claim(&self, from: Option<&Record>, wall: Timestamp) -> Record {
        let renewed = later(wall, from.and_then(|record| record.renewed));
        let held = from.filter(|record| record.holder.as_ref() == Some(&self.identity));
        let transitions = from.map_or(0, |record| match held {
            Some(held) => held.transitions,
            None => record.transitions.saturating_add(1),
        });
        Record {
            holder: Some(self.identity.clone()),
            lasts: self.timing.lease,
            acquired: held.and_then(|held| held.acquired).or(Some(renewed)),
            renewed: Some(renewed),
            transitions,
        }
    }
}

/// The time as a Lease can hold it, and later than what it holds: each write has to be seen as a change.
fn later(wall: Timestamp, than: Option<Timestamp>) -> Timestamp {
    let wall = Timestamp::from_microsecond(wall.as_microsecond()).unwrap_or(wall);
    let next = than.map(|than| than.saturating_add(SignedDuration::from_micros(1)));
    match next {
        Some(Ok(next)) => wall.max(next),
        _ => wall,
    }
}

#[cfg(test)]
mod tests;
