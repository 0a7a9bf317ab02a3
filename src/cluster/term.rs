//! A term: the right of this process to write, which ends by itself.

use std::future::pending;

use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

/// The right to write. It ends when its deadline passes without being moved, whoever sleeps then, and never comes back:
/// who leads again has another one. Clones end together.
#[derive(Clone, Debug)]
pub struct Term(Option<watch::Receiver<Deadline>>);

/// What moves the deadline of a term. When it is dropped the term is over.
#[derive(Debug)]
pub(super) struct Mandate(watch::Sender<Deadline>);

/// None when the term was ended.
type Deadline = Option<Instant>;

impl Term {
    /// A term without end, for who has no rivals.
    #[must_use]
    pub const fn for_ever() -> Self {
        Self(None)
    }

    pub(super) fn until(deadline: Instant) -> (Mandate, Self) {
        let (sender, deadlines) = watch::channel(Some(deadline));
        (Mandate(sender), Self(Some(deadlines)))
    }

    /// Whether it lasts. The clock behind it goes on while a process is stopped.
    #[must_use]
    pub fn lasts(&self) -> bool {
        self.0.as_ref().is_none_or(|deadlines| {
            let deadline = *deadlines.borrow();
            deadline.is_some_and(|deadline| Instant::now() < deadline)
        })
    }

    /// Waits until it is over.
    pub async fn over(&self) {
        let Some(mut deadlines) = self.0.clone() else {
            return pending().await;
        };
        while self.lasts() {
            let Some(deadline) = *deadlines.borrow_and_update() else {
                return;
            };
            tokio::select! {
                () = sleep_until(deadline) => {}
                // It cannot fail: who drops the sender has ended the term before.
                _ = deadlines.changed() => {}
            }
        }
    }
}

impl Mandate {
    pub(super) fn extend(&self, deadline: Instant) {
        self.0.send_replace(Some(deadline));
    }
}

impl Drop for Mandate {
    fn drop(&mut self) {
        self.0.send_replace(None);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn soon() -> Instant {
        Instant::now() + Duration::from_millis(20)
    }

    #[tokio::test]
    async fn r12_a_term_ends_by_itself() {
        let (_mandate, term) = Term::until(soon());
        assert!(term.lasts());
        term.over().await;
        assert!(!term.lasts());
    }

    #[tokio::test]
    async fn a_term_that_is_extended_lasts() {
        let (mandate, term) = Term::until(soon());
        mandate.extend(Instant::now() + Duration::from_hours(1));
        let over = tokio::time::timeout(Duration::from_millis(50), term.over()).await;
        assert!(over.is_err() && term.lasts());
    }

    #[tokio::test]
    async fn a_term_ends_with_its_mandate() {
        let (mandate, term) = Term::until(Instant::now() + Duration::from_hours(1));
        drop(mandate);
        assert!(!term.lasts());
        term.over().await;
    }
}
