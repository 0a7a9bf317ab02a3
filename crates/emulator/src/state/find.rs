//! Finding the secret that a person means.

use super::{Lifecycle, Secret, State};

/// Why no secret is meant.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FindError {
    /// None has this identifier or name.
    #[error("there is no secret {0}")]
    Unknown(String),
    /// More than one has this name.
    #[error("more than one secret has the name {0}: use the identifier")]
    Ambiguous(String),
}

impl State {
    /// A secret by its identifier, or else by its name, or else a destroyed one by its identifier.
    ///
    /// # Errors
    ///
    /// [`FindError`] unless exactly one secret is meant.
    pub fn find(&self, id_or_name: &str) -> Result<&Secret, FindError> {
        let lives = |secret: &&Secret| secret.lifecycle != Lifecycle::Destroyed;
        let identified = self.secret(id_or_name);
        if let Some(secret) = identified.filter(lives) {
            return Ok(secret);
        }
        let mut named = self
            .named
            .get(id_or_name)
            .into_iter()
            .flatten()
            .filter_map(|id| self.secret(id))
            .filter(lives);
        match (named.next(), named.next()) {
            (None, _) => identified.ok_or_else(|| FindError::Unknown(id_or_name.to_owned())),
            (Some(secret), None) => Ok(secret),
            (Some(_), Some(_)) => Err(FindError::Ambiguous(id_or_name.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::behavior::Behavior;
    use crate::state::{Change, NewSecret, Region};

    #[test]
    fn a_name_means_the_one_secret_that_is_left_with_it() {
        let now = Timestamp::UNIX_EPOCH;
        let mut state = State::new(Behavior::default(), 1);
        let unknown = FindError::Unknown("shop".to_owned());
        assert_eq!(state.find("shop").err(), Some(unknown));
        for (id, region) in [("korea", Region::Kr), ("japan", Region::Jpn)] {
            let new = NewSecret::named("shop").id(id).region(region);
            state.create(new, now).unwrap();
        }
        assert_eq!(state.find("korea").unwrap().id, "korea");
        let ambiguous = FindError::Ambiguous("shop".to_owned());
        assert_eq!(state.find("shop").err(), Some(ambiguous));
        for change in [Change::RequestDeletion, Change::Delete] {
            state.apply("korea", change, now).unwrap();
        }
        assert_eq!(state.find("shop").unwrap().id, "japan");
        assert_eq!(state.find("korea").unwrap().lifecycle, Lifecycle::Destroyed);
        let heir = state.create(NewSecret::named("korea").id("heir"), now);
        assert_eq!(heir.unwrap().id, "heir");
        assert_eq!(state.find("korea").unwrap().id, "heir");
    }
}
