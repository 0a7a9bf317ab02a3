//! The readings between which a switch about rotation chooses.

use serde::{Deserialize, Serialize};

use super::choices::choice;

choice! {
    /// `secretStatus` of an enabled secret while its rotation runs.
    RotatingStatus {
        /// `ENABLE`.
        Enable,
        /// `ROTATING`.
        Rotating,
    }
}

choice! {
    /// What makes `rotationPhase` `ROTATING`.
    RotatingFrom {
        /// The rotation event.
        Event,
        /// Start Rotation Job.
        Start,
    }
}

choice! {
    /// What becomes of PENDING when a rotation ends without completion.
    Afterwards {
        /// It stays.
        Kept,
        /// It becomes empty.
        Dropped,
    }
}

choice! {
    /// `rotationPhase` after a cancelled rotation.
    FailedPhase {
        /// `NONE`.
        None,
        /// `ROTATION_FAILED`.
        RotationFailed,
    }
}

choice! {
    /// The job token of a retry.
    RetryToken {
        /// Another one.
        New,
        /// That of the failed job.
        Same,
    }
}

choice! {
    /// What the other stages become when PREVIOUS becomes ACTIVE again. PENDING becomes empty in all readings.
    RollbackChain {
        /// SUSPENDED becomes PREVIOUS, and SUSPENDED is empty: the shift the other way round.
        Unshift,
        /// ACTIVE becomes PREVIOUS.
        Swap,
        /// PREVIOUS stays as well.
        Copy,
    }
}

choice! {
    /// What Add Pending Stage takes over from ACTIVE.
    AddedPending {
        /// Every key; the rotation targets get new values.
        CopiesActive,
        /// The rotation targets alone.
        OnlyTargets,
    }
}

choice! {
    /// The next date of automatic rotation.
    RotationDate {
        /// Rounded up to the full hour (more exactly: to a 24th of a day).
        RoundedUp,
        /// To the millisecond.
        Exact,
    }
}

choice! {
    /// What happens on a date of automatic rotation.
    Schedule {
        /// A rotation starts, and the next date is set.
        Punctual,
        /// Nothing, and the date stays in the past.
        Silent,
    }
}

choice! {
    /// A rotation whose action could not be called, or answered with an error.
    FailedCall {
        /// It waits for its time-out, as Secret Manager learns only what the action reports.
        WaitsForTimeout,
        /// It fails.
        FailsRotation,
    }
}
