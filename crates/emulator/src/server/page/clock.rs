//! The clock's forms.

use axum::Form;
use axum::extract::State;
use axum::extract::rejection::FormRejection;
use axum::response::{IntoResponse, Redirect, Response};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::links;
use super::notice::{ClockNotice, Notice};
use super::words::{self, Moment};
use crate::server::admin::{Admin, Steer};

/// Most of a unit that the clock is moved by at once.
const MOST: u32 = 10_000;
/// The fastest that the clock runs, as on the command line.
const FASTEST: f64 = 1e9;

/// The clock as a page shows it.
#[derive(Clone, Debug, Serialize)]
pub(super) struct ShownClock {
    now: Moment,
    words: String,
    speed: String,
    frozen: bool,
    steered: bool,
}

impl ShownClock {
    pub(super) fn of(admin: &Admin) -> Self {
        let speed = admin.feed.current().reading.speed;
        Self::new(admin.shared.clock.now(), speed, admin.feed.is_steered())
    }

    pub(super) fn new(now: Timestamp, speed: f64, steered: bool) -> Self {
        Self {
            now: Moment::new(now, now),
            words: words::speed(speed),
            speed: speed.to_string(),
            frozen: speed <= 0.0,
            steered,
        }
    }
}

#[derive(Deserialize)]
pub(super) struct Span {
    amount: u32,
    unit: Unit,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Unit {
    Seconds,
    Minutes,
    Hours,
    Days,
}

#[derive(Deserialize)]
pub(super) struct Speed {
    speed: f64,
}

type Filled<T> = Result<Form<T>, FormRejection>;

pub(super) async fn advance(State(admin): State<Admin>, form: Filled<Span>) -> Response {
    let span = form.ok().and_then(|Form(span)| span.as_time());
    let wish = span.map(|span| Steer {
        advance: Some(span),
        ..Steer::default()
    });
    steer(&admin, wish, ClockNotice::Moved, ClockNotice::WrongSpan)
}

pub(super) async fn run_at(State(admin): State<Admin>, form: Filled<Speed>) -> Response {
    let speed = form.ok().map(|Form(form)| form.speed);
    let speed = speed.filter(|speed| (0.0..=FASTEST).contains(speed));
    let outcome = if speed.is_some_and(|speed| speed <= 0.0) {
        ClockNotice::Frozen
    } else {
        ClockNotice::Runs
    };
    let wish = speed.map(|speed| Steer {
        speed: Some(speed),
        ..Steer::default()
    });
    steer(&admin, wish, outcome, ClockNotice::WrongSpeed)
}

pub(super) async fn freeze(State(admin): State<Admin>) -> Response {
    let wish = Steer {
        freeze: Some(true),
        ..Steer::default()
    };
    steer(
        &admin,
        Some(wish),
        ClockNotice::Frozen,
        ClockNotice::WrongSpeed,
    )
}

pub(super) async fn run(State(admin): State<Admin>) -> Response {
    let wish = Steer {
        freeze: Some(false),
        ..Steer::default()
    };
    steer(
        &admin,
        Some(wish),
        ClockNotice::Runs,
        ClockNotice::WrongSpeed,
    )
}

/// Does what a form says and goes back; a form that says nothing sensible is told so.
fn steer(
    admin: &Admin,
    wish: Option<Steer>,
    done: ClockNotice,
    senseless: ClockNotice,
) -> Response {
    let told = match wish.map(|wish| admin.steer(&wish)) {
        Some(Ok(_)) => done,
        Some(Err(_)) => ClockNotice::NotSteered,
        None => senseless,
    };
    Redirect::to(&links::telling("/", &Notice::Clock(told))).into_response()
}

impl Span {
    /// A day of the clock is always 24 hours.
    fn as_time(&self) -> Option<SignedDuration> {
        let second = match self.unit {
            Unit::Seconds => 1,
            Unit::Minutes => 60,
            Unit::Hours => 3_600,
            Unit::Days => 86_400,
        };
        let sensible = (1..=MOST).contains(&self.amount);
        sensible.then(|| SignedDuration::from_secs(i64::from(self.amount) * second))
    }
}
