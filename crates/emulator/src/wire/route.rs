//! Which operation a method and a path mean.

use super::error::Failure;
use super::operation::Operation;
use super::target::Target;
use crate::state::Stage;

/// An operation with the parameters of its path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Route {
    pub operation: Operation,
    pub secret_id: Option<String>,
    pub job_token: Option<String>,
    /// As sent; see [`Route::stage`].
    stage: Option<String>,
}

impl Route {
    /// The operation of a request; none when there is no such method and path.
    pub(crate) fn find(method: &str, target: Target) -> Result<Option<Self>, Failure> {
        let segments = target.segments()?;
        Ok(Operation::ALL
            .into_iter()
            .filter(|operation| operation.method() == method)
            .find_map(|operation| Self::fit(operation, &segments)))
    }

    /// The stage that the path names, in lower case as documented.
    pub(super) fn stage(&self) -> Result<Stage, Failure> {
        let named = self.stage.as_deref();
        Stage::ALL
            .into_iter()
            .find(|stage| Some(stage.word()) == named)
            .ok_or_else(|| Failure::invalid("The stage must be previous, active or pending."))
    }

    fn fit(operation: Operation, segments: &[impl AsRef<str>]) -> Option<Self> {
        let mut route = Self {
            operation,
            secret_id: None,
            job_token: None,
            stage: None,
        };
        let template: Vec<&str> = operation.path().split('/').skip(1).collect();
        if template.len() != segments.len() {
            return None;
        }
        for (expected, segment) in template.into_iter().zip(segments) {
            let segment = segment.as_ref();
            let parameter = match expected {
                "{secretId}" => &mut route.secret_id,
                "{jobToken}" => &mut route.job_token,
                "{stage}" => &mut route.stage,
                word if word == segment => continue,
                _ => return None,
            };
            if segment.is_empty() {
                return None;
            }
            *parameter = Some(segment.to_owned());
        }
        Some(route)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(method: &str, target: &str) -> Option<Route> {
        Route::find(method, Target::new(target)).unwrap()
    }

    #[test]
    fn each_operation_is_found_by_its_own_path() {
        for operation in Operation::ALL {
            let path = operation
                .path()
                .replace("{secretId}", "SID")
                .replace("{jobToken}", "job-token-1")
                .replace("{stage}", "active");
            let route = find(operation.method(), &path).unwrap();
            assert_eq!(route.operation, operation);
            let has_secret = operation.path().contains("{secretId}");
            assert_eq!(route.secret_id.as_deref(), has_secret.then_some("SID"));
            let has_job = operation.path().contains("{jobToken}");
            assert_eq!(route.job_token.as_deref(), has_job.then_some("job-token-1"));
        }
    }

    #[test]
    fn other_paths_and_methods_are_unknown() {
        let table = [
            ("GET", "/"),
            ("GET", "/api/v1/secrets/"),
            ("GET", "/api/v1/secrets//active"),
            ("GET", "/api/v2/secrets"),
            ("GET", "/API/v1/secrets"),
            ("GET", "/api/v1/secrets/SID/values/active"),
            ("PUT", "/api/v1/secrets/SID/active"),
            ("PATCH", "/api/v1/secrets/SID"),
            ("GET", "/action/v1/secrets/SID/jobs/token/start"),
        ];
        for (method, target) in table {
            assert_eq!(find(method, target), None, "{method} {target}");
        }
    }

    #[test]
    fn a_stage_is_one_of_three_lower_case_words() {
        for stage in Stage::ALL {
            let route = find("GET", &format!("/api/v1/secrets/SID/{}", stage.word())).unwrap();
            assert_eq!(route.stage().unwrap(), stage);
        }
        for other in ["ACTIVE", "suspended", "latest"] {
            let route = find("GET", &format!("/api/v1/secrets/SID/{other}")).unwrap();
            assert!(route.stage().is_err(), "{other}");
        }
    }
}
