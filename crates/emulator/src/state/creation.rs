//! Creating a secret (`secretmanager-createsecret`).

use jiff::Timestamp;

use super::chain::Chain;
use super::lifecycle::check_memo;
use super::protection::{Boundary, Protection, ProtectionChoice};
use super::refusal::Refusal;
use super::schedule::check_period;
use super::secret::{AutomaticRotation, Lifecycle, Phase, Region, Secret};
use super::surroundings::hexadecimal;
use super::text::Text;
use super::{State, value};
use crate::behavior::NameScope;

const ID_DIGITS: usize = 64;

/// A secret to be made.
#[derive(Clone, Debug)]
pub struct NewSecret {
    name: String,
    id: Option<String>,
    memo: String,
    region: Region,
    protection: ProtectionChoice,
    value: Text,
    targets: Option<Vec<String>>,
    rotation: Rotation,
}

/// What a new secret has of rotation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rotation {
    /// Days between automatic rotations, 1 to 730; off without them.
    pub period: Option<u32>,
    /// The trigger to link; needed with a period.
    pub trigger: Option<String>,
}

impl NewSecret {
    /// A secret of Korea behind an isolated key, with the value `{"key":"value"}`.
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            id: None,
            memo: String::new(),
            region: Region::Kr,
            protection: ProtectionChoice::default(),
            value: Text::from(r#"{"key":"value"}"#),
            targets: None,
            rotation: Rotation::default(),
        }
    }

    /// With a chosen identifier instead of a random one.
    #[must_use]
    pub fn id(mut self, id: &str) -> Self {
        self.id = Some(id.to_owned());
        self
    }

    /// With a memo of at most 1000 bytes.
    #[must_use]
    pub fn memo(mut self, memo: &str) -> Self {
        memo.clone_into(&mut self.memo);
        self
    }

    /// In a region.
    #[must_use]
    pub const fn region(mut self, region: Region) -> Self {
        self.region = region;
        self
    }

    /// Behind the service's own key of a boundary.
    #[must_use]
    pub const fn boundary(mut self, boundary: Boundary) -> Self {
        self.protection.boundary = Some(boundary);
        self
    }

    /// Behind a chosen key.
    #[must_use]
    pub fn protection(mut self, choice: ProtectionChoice) -> Self {
        self.protection = choice;
        self
    }

    /// With an ACTIVE value: a JSON object as text, 1 to 100 pairs, at most 10,000 bytes.
    #[must_use]
    pub fn value(mut self, value: impl Into<Text>) -> Self {
        self.value = value.into();
        self
    }

    /// With the keys that a rotation changes; all keys of the value unless they are given.
    #[must_use]
    pub fn rotation_targets<I: IntoIterator<Item: Into<String>>>(mut self, targets: I) -> Self {
        self.targets = Some(targets.into_iter().map(Into::into).collect());
        self
    }

    /// Linked to a trigger, without automatic rotation.
    #[must_use]
    pub fn trigger(mut self, trigger: &str) -> Self {
        self.rotation.trigger = Some(trigger.to_owned());
        self
    }

    /// Linked to a trigger, with automatic rotation every `period` days, 1 to 730.
    #[must_use]
    pub fn automatic_rotation(mut self, period: u32, trigger: &str) -> Self {
        self.rotation.period = Some(period);
        self.trigger(trigger)
    }

    /// With what another place found out about rotation.
    #[must_use]
    pub fn rotation(mut self, rotation: Rotation) -> Self {
        self.rotation = rotation;
        self
    }
}

impl State {
    /// Creates a secret.
    ///
    /// # Errors
    ///
    /// [`Refusal::Invalid`], [`Refusal::InvalidValue`], [`Refusal::NameTaken`], [`Refusal::TriggerNotFound`],
    /// [`Refusal::ProtectionKeyNotFound`], [`Refusal::ProtectionKeyUnusable`] or [`Refusal::TooManySecrets`].
    pub fn create(&mut self, new: NewSecret, now: Timestamp) -> Result<&Secret, Refusal> {
        self.check_room()?;
        check_name(&new.name)?;
        check_memo(&new.memo)?;
        let targets = new.targets.unwrap_or_else(|| value::keys(&new.value));
        value::check_with_targets(&new.value, &targets, &self.behavior)?;
        let protection = new
            .protection
            .resolve(new.region, |tag| self.protection_keys.get(tag))?;
        self.check_rotation(&new.rotation, new.region)?;
        self.check_name_free(&new.name, new.region, &protection)?;
        self.check_names_apart(&new.name, new.id.as_deref())?;
        let id = self.new_id(new.id)?;
        let secret = Secret {
            id: id.clone(),
            name: new.name,
            memo: new.memo,
            region: new.region,
            protection,
            host_boundary: None,
            lifecycle: Lifecycle::Enable,
            phase: Phase::None,
            chain: Chain {
                active: Some(new.value),
                ..Chain::default()
            },
            rotation_targets: targets,
            register_date: now,
            update_date: now,
            destroy_date: None,
            automatic_rotation: new.rotation.period.map(|period| AutomaticRotation {
                period,
                next: self.behavior.rotation_date(now, period),
            }),
            trigger: new.rotation.trigger,
            recent_action: None,
            job: None,
            failed_token: None,
            last_rotation: None,
            ever_rotated: false,
            jobs: 0,
        };
        self.named
            .entry(secret.name.clone())
            .or_default()
            .push(id.clone());
        self.logs.insert(id.clone(), super::Log::default());
        self.secrets.insert(id.clone(), secret);
        self.note_secret(&id);
        self.expect_change(&id);
        self.secrets.get(&id).ok_or(Refusal::SecretNotFound)
    }

    fn check_room(&self) -> Result<(), Refusal> {
        let most = usize::try_from(self.behavior.most_secrets).unwrap_or(usize::MAX);
        // Those that are destroyed are few, so that the living ones seldom have to be counted.
        if self.secrets.len() < most || self.secrets().count() < most {
            Ok(())
        } else {
            Err(Refusal::TooManySecrets)
        }
    }

    fn new_id(&mut self, wanted: Option<String>) -> Result<String, Refusal> {
        match wanted {
            None => Ok(hexadecimal(ID_DIGITS, &mut self.random)),
            Some(id) if id.is_empty() || self.secrets.contains_key(&id) => {
                Err(Refusal::Invalid("the identifier is empty or in use"))
            }
            Some(id) => Ok(id),
        }
    }

    /// In many places an identifier stands for a secret, or else a name, so that neither may be the other's.
    fn check_names_apart(&self, name: &str, id: Option<&str>) -> Result<(), Refusal> {
        let lives = |secret: &Secret| secret.lifecycle != Lifecycle::Destroyed;
        if self.secrets.get(name).is_some_and(lives) {
            return Err(Refusal::Invalid(
                "secretName is the identifier of another secret",
            ));
        }
        let named = id.and_then(|id| self.named.get(id)).into_iter().flatten();
        if named.filter_map(|id| self.secrets.get(id)).any(lives) {
            return Err(Refusal::Invalid(
                "the identifier is the name of another secret",
            ));
        }
        Ok(())
    }

    fn check_rotation(&self, rotation: &Rotation, region: Region) -> Result<(), Refusal> {
        if let Some(period) = rotation.period {
            check_period(period)?;
            if rotation.trigger.is_none() {
                return Err(Refusal::Invalid(
                    "triggerId is required for automatic rotation",
                ));
            }
        }
        let found = |id: &String| self.triggers.get(id).is_some_and(|it| it.region == region);
        if rotation.trigger.as_ref().is_none_or(found) {
            Ok(())
        } else {
            Err(Refusal::TriggerNotFound)
        }
    }

    fn check_name_free(
        &self,
        name: &str,
        region: Region,
        protection: &Protection,
    ) -> Result<(), Refusal> {
        let collides = |other: &Secret| match self.behavior.name_scope {
            NameScope::Account => true,
            NameScope::Region => other.region == region,
            NameScope::Host => {
                other.region == region && other.host_boundary() == protection.boundary
            }
        };
        let taken = self
            .named
            .get(name)
            .into_iter()
            .flatten()
            .filter_map(|id| self.secrets.get(id))
            .any(|other| other.lifecycle != Lifecycle::Destroyed && collides(other));
        if taken {
            Err(Refusal::NameTaken)
        } else {
            Ok(())
        }
    }
}

/// `^[A-Za-z][A-Za-z0-9_-]{2,14}$`
fn check_name(name: &str) -> Result<(), Refusal> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    let starts = name
        .bytes()
        .next()
        .is_some_and(|byte| byte.is_ascii_alphabetic());
    if starts && (3..=15).contains(&name.len()) && name.bytes().all(allowed) {
        Ok(())
    } else {
        Err(Refusal::Invalid(
            "secretName must be 3 to 15 letters, digits, '-' and '_', a letter first",
        ))
    }
}
