//! What a switch with a number, a span or a text cannot be.

use jiff::SignedDuration;

use super::{Behavior, SwitchRefused};

const SECOND: SignedDuration = SignedDuration::from_secs(1);
/// A value of 10,000 bytes must fit into a body, with its quotes escaped.
const SMALLEST_BODY: u32 = 16 * 1024;

impl Behavior {
    /// Whether every switch keeps to its limits.
    ///
    /// # Errors
    ///
    /// [`SwitchRefused::Limit`] of the first one that does not.
    pub fn check(&self) -> Result<(), SwitchRefused> {
        let limits = [
            (
                (200..300).contains(&self.success_status),
                "successStatus",
                "200 to 299",
            ),
            (!self.japan_region.is_empty(), "japanRegion", "a text"),
            (self.page_size >= 1, "pageSize", "at least 1"),
            (self.largest_log_page >= 1, "largestLogPage", "at least 1"),
            (
                self.largest_body >= SMALLEST_BODY,
                "largestBody",
                "at least 16384",
            ),
            (
                self.rotation_timeout.is_positive(),
                "rotationTimeout",
                "longer than 0s",
            ),
            (self.day >= SECOND, "day", "at least 1s"),
            (
                !self.secret_id_parameter.is_empty(),
                "secretIdParameter",
                "a text",
            ),
            (
                !self.job_token_parameter.is_empty(),
                "jobTokenParameter",
                "a text",
            ),
            (
                self.secret_id_parameter != self.job_token_parameter,
                "jobTokenParameter",
                "another text than secretIdParameter",
            ),
            (
                self.shortest_metadata_token >= SECOND,
                "shortestMetadataToken",
                "at least 1s",
            ),
            (
                self.longest_metadata_token >= self.shortest_metadata_token,
                "longestMetadataToken",
                "at least as long as shortestMetadataToken",
            ),
            (
                self.server_role_key_lifetime >= SECOND,
                "serverRoleKeyLifetime",
                "at least 1s",
            ),
            (
                !self.server_role_key_renewal.is_negative(),
                "serverRoleKeyRenewal",
                "at least 0s",
            ),
        ];
        match limits.into_iter().find(|(kept, ..)| !kept) {
            None => Ok(()),
            Some((_, name, limit)) => Err(SwitchRefused::Limit { name, limit }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_presets_keep_to_the_limits() {
        assert_eq!(Behavior::default().check(), Ok(()));
        assert_eq!(Behavior::strict().check(), Ok(()));
    }

    #[test]
    fn a_switch_is_not_moved_past_its_limit_and_the_sentence_names_both() {
        let table = [
            ("successStatus", "200", "199", "200 to 299"),
            ("successStatus", "299", "300", "200 to 299"),
            ("japanRegion", "JP", "", "a text"),
            ("pageSize", "1", "0", "at least 1"),
            ("largestLogPage", "1", "0", "at least 1"),
            ("largestBody", "16384", "16383", "at least 16384"),
            ("rotationTimeout", "1ms", "0s", "longer than 0s"),
            ("rotationTimeout", "7d", "-1s", "longer than 0s"),
            ("day", "1s", "999ms", "at least 1s"),
            ("secretIdParameter", "id", "", "a text"),
            ("jobTokenParameter", "token", "", "a text"),
            (
                "jobTokenParameter",
                "token",
                "secretId",
                "another text than secretIdParameter",
            ),
            ("shortestMetadataToken", "1s", "0s", "at least 1s"),
            (
                "longestMetadataToken",
                "1s",
                "500ms",
                "at least as long as shortestMetadataToken",
            ),
            ("serverRoleKeyLifetime", "1s", "0s", "at least 1s"),
            ("serverRoleKeyRenewal", "0s", "-1s", "at least 0s"),
        ];
        for (name, good, bad, limit) in table {
            let before = Behavior::default();
            assert!(before.set(name, good).is_ok(), "{name} {good}");
            let told = before.set(name, bad).unwrap_err().to_string();
            assert_eq!(told, format!("the switch {name} must be {limit}"));
        }
    }

    #[test]
    fn switches_that_limit_each_other_can_be_moved_together() {
        let wish =
            serde_json::json!({"secretIdParameter": "jobToken", "jobTokenParameter": "secretId"});
        let changes = serde_json::from_value(wish).unwrap();
        assert!(Behavior::default().patched(changes).is_ok());
    }
}
