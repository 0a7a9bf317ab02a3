//! Looks at secrets by their ID.

use super::listener::plenty;
use super::listener::{Scripted, error, success};
use super::world::{World, detail, shown, unavailable, value};
use crate::api::terms::{KeyIsolation, Stage};
use crate::core::remote::{
    Failure, Host, Lifecycle, LookError, Reading, SourceRef, Unreadable, Wanted,
};

#[tokio::test]
async fn a_look_is_the_detail_and_then_the_value() {
    let world = World::new(KeyIsolation::Regional).await;
    world
        .regional
        .set("/SID", &[detail("SID", "orders", "ENABLE")]);
    world
        .regional
        .set("/SID/active", &[value(r#"{"user":"u","port":3306}"#)]);
    world
        .regional
        .set("/SID/previous", &[value(r#"{"user":"before"}"#)]);
    let remote = world.look(Stage::Active).await.unwrap();
    assert_eq!(shown(&remote.reading), "user=u;port=3306;");
    assert_eq!(remote.facts.secret_name, "orders");
    assert_eq!(remote.facts.host, Host::Regional);
    let both = vec!["/SID".to_owned(), "/SID/active".to_owned()];
    assert_eq!(world.asked(), (both, vec![]));
    let remote = world.look(Stage::Previous).await.unwrap();
    assert_eq!(shown(&remote.reading), "user=before;");
}

#[tokio::test]
async fn only_a_lifecycle_that_can_be_read_is_read() {
    for (status, read) in [
        ("ENABLE", true),
        ("ROTATING", true),
        ("SOMETHING_NEW", true),
        ("DISABLE", false),
        ("REVOKE", false),
        ("DESTROYED", false),
    ] {
        let world = World::new(KeyIsolation::Regional).await;
        world
            .regional
            .set("/SID", &[detail("SID", "orders", status)]);
        world.regional.set("/SID/active", &[value(r#"{"a":"b"}"#)]);
        let remote = world.look(Stage::Active).await.unwrap();
        assert_eq!(remote.facts.lifecycle, Lifecycle::parse(status));
        assert_eq!(
            shown(&remote.reading),
            if read { "a=b;" } else { "withheld" }
        );
        assert_eq!(world.asked().0.len(), if read { 2 } else { 1 });
    }
}

#[tokio::test]
async fn a_value_that_is_none_is_named() {
    for (answer, wanted) in [
        (value("{}"), "empty"),
        (value(""), "empty"),
        (success("null"), "empty"),
        (success(r#"{"decryptedSecretValue":null}"#), "empty"),
        (value("hunter2"), "NotJson"),
        (value("[\"hunter2\"]"), "NotAnObject"),
        (
            value(r#"{"a":"hunter2","a":"hunter2"}"#),
            "DuplicateKey(\"a\")",
        ),
    ] {
        let world = World::new(KeyIsolation::Regional).await;
        world
            .regional
            .set("/SID", &[detail("SID", "orders", "ENABLE")]);
        world.regional.set("/SID/active", &[answer]);
        let remote = world.look(Stage::Active).await.unwrap();
        assert_eq!(shown(&remote.reading), wanted);
    }
}

#[tokio::test]
async fn a_server_that_speaks_of_another_secret_is_not_believed() {
    let world = World::new(KeyIsolation::Regional).await;
    world
        .regional
        .set("/SID", &[detail("OTHER", "orders", "ENABLE")]);
    assert_eq!(world.look_error().await, unavailable(Failure::Malformed));
    assert_eq!(world.asked().0, ["/SID"]);
    world
        .regional
        .set("/SID", &[detail("SID", "orders", "ENABLE")]);
    let other = r#"{"decryptedSecretValue":{"value":"{\"a\":\"b\"}","valueStage":"PENDING"}}"#;
    world.regional.set("/SID/active", &[success(other)]);
    let remote = world.look(Stage::Active).await.unwrap();
    let wanted = format!("{:?}", unavailable(Failure::Malformed));
    assert_eq!(shown(&remote.reading), wanted);
}

#[tokio::test]
async fn a_refused_value_is_explained_by_the_lifecycle() {
    let not_found = || error(404, "NOT_FOUND");
    let forbidden = || error(403, "FORBIDDEN");
    let conflict = || error(409, "INVALID_STATUS");
    let unprocessable = || error(422, "UNPROCESSABLE_ENTITY");
    let denied = format!("{:?}", LookError::PermissionDenied);
    let wrong_state = format!("{:?}", Unreadable::WrongState);
    for (stage, refusal, status, wanted) in [
        (Stage::Active, not_found(), "DISABLE", "withheld"),
        (Stage::Active, forbidden(), "REVOKE", "withheld"),
        (Stage::Active, conflict(), "DESTROYED", "withheld"),
        (Stage::Pending, unprocessable(), "DISABLE", "withheld"),
        (Stage::Active, not_found(), "ENABLE", "empty"),
        (Stage::Pending, not_found(), "ROTATING", "empty"),
        (Stage::Previous, conflict(), "ENABLE", "empty"),
        (Stage::Pending, unprocessable(), "ENABLE", "empty"),
        (Stage::Active, conflict(), "ENABLE", &wrong_state),
        (Stage::Active, unprocessable(), "ROTATING", &wrong_state),
        (Stage::Active, forbidden(), "ENABLE", &denied),
        (Stage::Pending, error(401, "210"), "ENABLE", &denied),
    ] {
        let world = World::new(KeyIsolation::Regional).await;
        let path = format!("/SID/{}", stage.as_str().to_lowercase());
        let case = format!("{stage:?} {refusal:?} {status}");
        let before = detail("SID", "orders", "ENABLE");
        world
            .regional
            .set("/SID", &[before, detail("SID", "orders", status)]);
        world.regional.set(&path, &[refusal]);
        let remote = world.look(stage).await.unwrap();
        assert_eq!(shown(&remote.reading), wanted, "{case}");
        let told = if wanted == "withheld" {
            status
        } else {
            "ENABLE"
        };
        assert_eq!(remote.facts.lifecycle.as_str(), told, "{case}");
        assert_eq!(world.asked().0, ["/SID", &path, "/SID"], "{case}");
    }
}

#[tokio::test]
async fn a_secret_that_goes_while_it_is_read_is_gone_only_if_no_host_knows_it() {
    for (global, wanted) in [
        (error(404, "NOT_FOUND"), Err(LookError::NotFound)),
        (
            error(503, "500"),
            Ok(format!("{:?}", unavailable(Failure::Status(503)))),
        ),
    ] {
        let world = World::new(KeyIsolation::Auto).await;
        let before = detail("SID", "orders", "ENABLE");
        world
            .regional
            .set("/SID", &[before, error(404, "NOT_FOUND")]);
        world.global.set("/SID", &[global]);
        let outcome = world.look(Stage::Active).await;
        assert_eq!(outcome.map(|remote| shown(&remote.reading)), wanted);
    }
}

#[tokio::test]
async fn a_failure_after_the_detail_leaves_the_facts() {
    for (answer, wanted) in [
        (error(503, "500"), unavailable(Failure::Status(503))),
        (error(404, "300"), unavailable(Failure::UnknownUrl)),
        (error(401, "200"), LookError::CredentialsRejected),
        (
            error(429, "400"),
            LookError::Throttled { retry_after: None },
        ),
    ] {
        let world = World::new(KeyIsolation::Auto).await;
        world
            .regional
            .set("/SID", &[detail("SID", "orders", "ENABLE")]);
        world.regional.set("/SID/active", &[answer]);
        let remote = world.look(Stage::Active).await.unwrap();
        assert_eq!(shown(&remote.reading), format!("{wanted:?}"));
        assert_eq!(remote.facts.lifecycle, Lifecycle::Enable);
        assert_eq!(world.asked().0.len(), 2);
    }
}

fn chain(active: &str, pending: &str) -> Scripted {
    let (active, pending) = (quoted(active), quoted(pending));
    success(&format!(
        r#"{{"decryptedSecretChain":{{"previous":"{{}}","active":{active},"pending":{pending}}},"rotationTargets":[]}}"#
    ))
}

fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap()
}

fn in_phase(phase: &str) -> Scripted {
    success(&format!(
        r#"{{"secretId":"SID","secretName":"orders","secretStatus":"ENABLE","rotationPhase":"{phase}"}}"#
    ))
}

/// What a look for both values brings back, and the paths that it asked for.
async fn look_for_both(world: &World) -> (String, Option<String>, Vec<String>) {
    let source = SourceRef::Id("SID".to_owned());
    let remote = world
        .account
        .look(&source, Wanted::ActiveAndPending, &plenty())
        .await;
    let remote = remote.unwrap();
    let pending = remote.pending.map(|pairs| shown(&Reading::Value(pairs)));
    (shown(&remote.reading), pending, world.asked().0)
}

#[tokio::test]
async fn the_pending_value_comes_in_one_call_with_the_other_and_only_while_a_rotation_is_not_complete()
 {
    for (phase, asked) in [
        ("NONE", "/SID/active"),
        ("SOMETHING_NEW", "/SID/active"),
        ("ROTATING", "/SID/values"),
        ("ROTATION_FAILED", "/SID/values"),
    ] {
        let world = World::new(KeyIsolation::Regional).await;
        world.regional.set("/SID", &[in_phase(phase)]);
        world
            .regional
            .set("/SID/active", &[value(r#"{"a":"old"}"#)]);
        let both = chain(r#"{"a":"old"}"#, r#"{"a":"new"}"#);
        world.regional.set("/SID/values", &[both]);
        let (active, pending, paths) = look_for_both(&world).await;
        assert_eq!(active, "a=old;");
        assert_eq!(pending.is_some(), asked == "/SID/values", "{phase}");
        assert!(pending.is_none_or(|pending| pending == "a=new;"));
        assert_eq!(paths, ["/SID", asked], "{phase}");
    }
}

#[tokio::test]
async fn r1_whatever_the_pending_value_is_the_other_is_read() {
    for (answer, pending, stage_is_read) in [
        (chain(r#"{"a":"old"}"#, ""), None, false),
        (chain(r#"{"a":"old"}"#, "{}"), None, false),
        (chain(r#"{"a":"old"}"#, "no json"), None, false),
        (
            chain(r#"{"a":"old"}"#, r#"{"b":"new"}"#),
            Some("b=new;"),
            false,
        ),
        (
            success(r#"{"decryptedSecretChain":{"active":"{\"a\":\"old\"}","pending":null}}"#),
            None,
            false,
        ),
        (
            success(r#"{"decryptedSecretChain":{"active":"{\"a\":\"old\"}"}}"#),
            None,
            false,
        ),
        (
            success(r#"{"decryptedSecretChain":{"active":"{\"a\":\"old\"}","pending":[7]}}"#),
            None,
            true,
        ),
        (error(403, "FORBIDDEN"), None, true),
        (error(404, "NOT_FOUND"), None, true),
        (error(409, "INVALID_STATUS"), None, true),
    ] {
        let world = World::new(KeyIsolation::Regional).await;
        world.regional.set("/SID", &[in_phase("ROTATING")]);
        world
            .regional
            .set("/SID/active", &[value(r#"{"a":"old"}"#)]);
        world.regional.set("/SID/values", &[answer]);
        let (active, read, paths) = look_for_both(&world).await;
        assert_eq!(active, "a=old;");
        assert_eq!(read.as_deref(), pending);
        let mut expected = vec!["/SID", "/SID/values"];
        expected.extend(stage_is_read.then_some("/SID/active"));
        assert_eq!(paths, expected);
    }
}

#[tokio::test]
async fn a_chain_that_fails_for_all_calls_alike_is_not_asked_for_in_pieces() {
    for status in [429, 503] {
        let world = World::new(KeyIsolation::Regional).await;
        world.regional.set("/SID", &[in_phase("ROTATING")]);
        world.regional.set("/SID/values", &[error(status, "")]);
        let (_, pending, paths) = look_for_both(&world).await;
        assert_eq!(pending, None);
        assert_eq!(paths, ["/SID", "/SID/values"]);
    }
}
