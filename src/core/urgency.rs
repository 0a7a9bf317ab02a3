//! In which order objects that are due get their pass, and calls their turn.

/// How one that waits compares with others; the first is the most urgent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Urgency {
    /// Forced by a person, newly made, or changed.
    Prompt,
    /// A rotation is running.
    Rotating,
    /// The Secret was deleted or edited, or an obstacle has gone.
    Repair,
    /// In the list at the start of this process.
    Initial,
    /// It is time.
    Periodic,
}
