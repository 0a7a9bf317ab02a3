//! The readings between which a switch chooses.

use serde::{Deserialize, Serialize};

/// Declares the readings of one switch.
macro_rules! choice {
    ($(#[$about:meta])* $name:ident { $($(#[$meaning:meta])* $reading:ident),+ $(,)? }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "camelCase")]
        pub enum $name { $($(#[$meaning])* $reading),+ }
    };
}
pub(super) use choice;

choice! {
    /// Whether something questionable passes.
    Verdict {
        /// It passes.
        Accepted,
        /// It is refused.
        Refused,
    }
}

choice! {
    /// Whether an answer has an optional field.
    Shown {
        /// It is left out.
        Hidden,
        /// It is there.
        Present,
    }
}

choice! {
    /// Which of Secret Manager's own errors a refusal is (`secretmanager-api-overview`).
    RefusedAs {
        /// 400 `INVALID_REQUEST`.
        InvalidRequest,
        /// 403 `FORBIDDEN`.
        Forbidden,
        /// 404 `NOT_FOUND`.
        NotFound,
        /// 409 `INVALID_STATUS`.
        InvalidStatus,
        /// 422 `UNPROCESSABLE_ENTITY`.
        Unprocessable,
    }
}

choice! {
    /// Whose error it is: the API gateway's, with a number, or Secret Manager's, with a name.
    ErrorFamily {
        /// The gateway's.
        Gateway,
        /// Secret Manager's.
        Service,
    }
}

choice! {
    /// A number or its text.
    CodeForm {
        /// `"200"`.
        Text,
        /// `200`.
        Number,
    }
}

choice! {
    /// `data` where there is nothing to tell.
    NullData {
        /// `"data": null`.
        Null,
        /// `"data": "null"`.
        Text,
        /// No `data`.
        Absent,
    }
}

choice! {
    /// An object that there is not.
    Missing {
        /// Its field is left out.
        Absent,
        /// Its field is `null`.
        Null,
    }
}

choice! {
    /// An empty stage.
    EmptyStage {
        /// `null`.
        Null,
        /// Its field is left out.
        Absent,
        /// `""`.
        EmptyText,
        /// 404 when the stage is read alone; left out of the chain.
        NotFound,
    }
}

choice! {
    /// What the answer to a written value shows.
    WrittenValue {
        /// `encryptedSecretValue` and `encryptedSecretChain` with cipher text.
        Encrypted,
        /// `decryptedSecretValue` and `decryptedSecretChain` with the value.
        Plain,
    }
}

choice! {
    /// A stage that an update of the whole chain does not mention.
    OmittedStage {
        /// It keeps its value.
        Kept,
        /// It becomes empty.
        Deleted,
    }
}

choice! {
    /// Within what a name is unique.
    NameScope {
        /// The region.
        Region,
        /// The account.
        Account,
        /// The secrets of one host.
        Host,
    }
}

choice! {
    /// What moves `updateDate`.
    UpdateDate {
        /// Lifecycle, rotation, settings and values.
        EveryChange,
        /// Lifecycle, rotation and settings.
        NotValues,
        /// The lifecycle.
        LifecycleOnly,
    }
}

choice! {
    /// What the detail of a destroyed secret answers.
    Destroyed {
        /// 404.
        NotFound,
        /// `secretStatus` `DESTROYED`.
        Shown,
    }
}

choice! {
    /// A request for deletion while the wait runs.
    RepeatedDeletion {
        /// The wait starts again.
        RestartsWait,
        /// The date stays.
        KeepsDate,
    }
}

choice! {
    /// Whose secrets a host lists.
    ListScope {
        /// Its own.
        Host,
        /// Those of every host of its region.
        Region,
    }
}

choice! {
    /// What a host answers for a secret of another host.
    OtherHost {
        /// 404 `NOT_FOUND`.
        NotFound,
        /// 403 `FORBIDDEN`.
        Forbidden,
        /// The same as for its own.
        Served,
    }
}

choice! {
    /// Creation on the host of the global keys.
    CreateOnGlobalHost {
        /// The secret belongs on the regional host.
        MakesIsolated,
        /// The secret belongs on the host of the global keys.
        MakesGlobal,
        /// It is refused.
        Refused,
    }
}

choice! {
    /// What is signed for a host whose base URL has a path.
    RegionalSignature {
        /// The whole path.
        WholePath,
        /// The path behind the base URL.
        WithoutPrefix,
        /// Both are accepted.
        Either,
    }
}

choice! {
    /// A page past the last one.
    PagePastEnd {
        /// An empty list.
        Empty,
        /// 400 `INVALID_REQUEST`.
        Refused,
    }
}

choice! {
    /// A line of Get Secret Logs.
    LogForm {
        /// `timestamp`, `data` with `requestor` and `api`, and `message`.
        Nested,
        /// All fields beside each other.
        Flat,
    }
}

choice! {
    /// What a new ACTIVE value does to the other stages.
    WrittenActive {
        /// Nothing: the old value is gone.
        Replaces,
        /// The old value becomes PREVIOUS, and that before SUSPENDED, as when a rotation is completed.
        Shifts,
    }
}

choice! {
    /// Where a secret of Korea lives when its new key has another boundary than its host.
    OtherBoundary {
        /// It moves to the host of that boundary.
        MovesSecret,
        /// It stays on its host.
        KeepsHost,
    }
}
