//! Moving switches by their names.

use serde_json::{Map, Value};

use super::Behavior;

/// Why a switch cannot be moved.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SwitchRefused {
    /// There is no switch of this name.
    #[error("there is no switch {name}; there is: {}", .near.join(", "))]
    Unknown {
        /// The name.
        name: String,
        /// Switches with a similar name, or all.
        near: Vec<String>,
    },
    /// The switch does not have this position.
    #[error("the switch {name} cannot be moved so: {why}")]
    Position {
        /// The name.
        name: String,
        /// What it could be instead.
        why: String,
    },
    /// The position is past a limit.
    #[error("the switch {name} must be {limit}")]
    Limit {
        /// The name.
        name: &'static str,
        /// What it must be.
        limit: &'static str,
    },
}

impl Behavior {
    /// These switches moved, and the others as they are.
    ///
    /// # Errors
    ///
    /// [`SwitchRefused`] of the first switch that cannot be moved.
    pub fn patched(&self, changes: Map<String, Value>) -> Result<Self, SwitchRefused> {
        let mut patched = self.clone();
        for (name, position) in changes {
            patched = patched.moved(name, position)?;
        }
        patched.check()?;
        Ok(patched)
    }

    /// One switch moved to what a text says, for example `10` or `refused`.
    ///
    /// # Errors
    ///
    /// [`SwitchRefused`].
    pub fn set(&self, name: &str, text: &str) -> Result<Self, SwitchRefused> {
        self.patched(Map::from_iter([(name.to_owned(), Value::from(text))]))
    }

    /// One switch moved, whatever its limits. Where its position makes no sense, it is read as YAML and command lines
    /// need it: a number that is meant as a text, a text that is meant as a number, and null for the text.
    fn moved(&self, name: String, position: Value) -> Result<Self, SwitchRefused> {
        let other_form = match &position {
            Value::Null => Some(Value::from("null")),
            Value::Number(number) => Some(Value::from(number.to_string())),
            Value::String(text) => text.parse::<u64>().ok().map(Value::from),
            _ => None,
        };
        match (self.moved_exactly(name.clone(), position), other_form) {
            (refused @ Err(SwitchRefused::Position { .. }), Some(other_form)) => {
                self.moved_exactly(name, other_form).or(refused)
            }
            (moved, _) => moved,
        }
    }

    fn moved_exactly(&self, name: String, position: Value) -> Result<Self, SwitchRefused> {
        let mut positions = match serde_json::to_value(self) {
            Ok(Value::Object(positions)) => positions,
            // The switches can always be written as an object.
            _ => Map::new(),
        };
        let Some(place) = positions.get_mut(&name) else {
            let near = near(&name, &positions);
            return Err(SwitchRefused::Unknown { name, near });
        };
        *place = position;
        serde_json::from_value(Value::Object(positions)).map_err(|error| SwitchRefused::Position {
            name,
            why: error.to_string(),
        })
    }
}

/// The names that share a word with the one that there is not; all of them when none does.
fn near(name: &str, positions: &Map<String, Value>) -> Vec<String> {
    let wanted = words(name);
    let shares = |other: &&String| words(other).iter().any(|word| wanted.contains(word));
    let similar: Vec<String> = positions.keys().filter(shares).cloned().collect();
    if similar.is_empty() {
        positions.keys().cloned().collect()
    } else {
        similar
    }
}

/// The words of `pageSize`, `page-size` or `page_size` that say something, in lower case.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    for letter in name.chars() {
        if letter.is_uppercase() || !letter.is_alphanumeric() {
            words.push(String::new());
        }
        if let (true, Some(word)) = (letter.is_alphanumeric(), words.last_mut()) {
            word.extend(letter.to_lowercase());
        }
    }
    words.retain(|word| word.len() > 2);
    words
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use serde_json::json;

    use super::*;
    use crate::behavior::{CodeForm, NullData, Verdict};

    fn changes(json: Value) -> Map<String, Value> {
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn named_switches_move_and_the_others_stay() {
        let before = Behavior {
            page_zero: Verdict::Refused,
            ..Behavior::default()
        };
        let wish = changes(json!({"pageSize": 7, "readInDisable": "accepted", "day": "10s"}));
        let expected = Behavior {
            page_size: 7,
            read_in_disable: Verdict::Accepted,
            day: SignedDuration::from_secs(10),
            ..before.clone()
        };
        assert_eq!(before.patched(wish), Ok(expected));
    }

    #[test]
    fn a_text_moves_switches_of_every_kind() {
        let moved = |name, text| Behavior::default().set(name, text).unwrap();
        assert_eq!(moved("pageSize", "7").page_size, 7);
        assert_eq!(moved("japanRegion", "81").japan_region, "81");
        assert_eq!(moved("day", "1m").day, SignedDuration::from_mins(1));
        assert_eq!(moved("day", "2d").day, SignedDuration::from_hours(48));
        assert_eq!(moved("nullData", "null").null_data, NullData::Null);
        let number = moved("gatewayErrorCode", "number");
        assert_eq!(number.gateway_error_code, CodeForm::Number);
    }

    #[test]
    fn what_there_is_not_is_refused_with_what_there_is() {
        let refused = |name, text| Behavior::default().set(name, text).unwrap_err().to_string();
        let near = "there is no switch page-siez; there is: pagePastEnd, pageSize, pageZero, \
                    largestLogPage";
        let mut names: Vec<&str> = near.rsplit_once(": ").unwrap().1.split(", ").collect();
        names.sort_unstable();
        let told = refused("page-siez", "7");
        let (beginning, list) = told.rsplit_once(": ").unwrap();
        let mut listed: Vec<&str> = list.split(", ").collect();
        listed.sort_unstable();
        assert_eq!(
            (beginning, listed),
            ("there is no switch page-siez; there is", names)
        );
        assert!(refused("x", "7").contains("successStatus"));
        assert!(refused("readInDisable", "maybe").contains("`accepted` or `refused`"));
        assert!(refused("pageSize", "many").contains("pageSize"));
        assert!(refused("pageSize", "-1").contains("pageSize"));
        let told = "the switch day cannot be moved so: write a span such as 90s, 30m, 24h or 7d";
        assert_eq!(refused("day", "soon"), told);
        assert_eq!(
            refused("rotationTimeout", "1y"),
            told.replace("switch day", "switch rotationTimeout")
        );
    }
}
