//! How a list of secrets is read to its end.

use std::sync::{Arc, Mutex, mpsc};

use super::listener::plenty;
use super::listener::{Act, PATIENT, Scripted, answer, bench, credentials, listen};
use super::world::{detail, page, unavailable};
use crate::api::terms::{KeyIsolation, Region, Stage};
use crate::core::remote::{Failure, LookError, SourceRef, Wanted};
use crate::source::Account;

/// An account of one host that answers the list by a function of the page's number.
async fn listed(list: impl Fn(u32) -> Scripted + Send + Sync + 'static) -> Account {
    let (address, _) = listen(move |request| {
        let target = request.split(' ').nth(1).unwrap();
        let (status, body) = match target.split_once("pageNo=") {
            Some((_, number)) => list(number.parse().unwrap()),
            None => detail(target.rsplit('/').next().unwrap(), "", "DISABLE"),
        };
        Act::Answer(answer(status, "", &body))
    })
    .await;
    let base = format!("http://{address}");
    let bench = bench(&base, &base, PATIENT, None);
    let regional = KeyIsolation::Regional;
    Account::new(bench.transport, Region::Kr, regional, credentials()).unwrap()
}

async fn look(account: &Account, name: &str) -> Result<String, LookError> {
    let source = SourceRef::Name(name.to_owned());
    let remote = account
        .look(&source, Wanted::Stage(Stage::Active), &plenty())
        .await?;
    Ok(remote.facts.secret_id)
}

fn endless(number: u32) -> String {
    format!("{number} name-{number} ENABLE")
}

fn unnumbered(secrets: &[&str]) -> Scripted {
    let (status, body) = page(0, secrets);
    (status, body.replace("\"totalPageNo\":0,", ""))
}

#[tokio::test]
async fn pages_end_with_an_empty_one() {
    let account = listed(|number| match number {
        1 | 2 => unnumbered(&[&endless(number)]),
        _ => unnumbered(&[]),
    });
    assert_eq!(look(&account.await, "name-2").await.as_deref(), Ok("2"));
}

#[tokio::test]
async fn pages_end_when_they_repeat() {
    let account = listed(|_| unnumbered(&[&endless(1)])).await;
    assert_eq!(look(&account, "name-1").await.as_deref(), Ok("1"));
    assert_eq!(look(&account, "name-2").await, Err(LookError::NameNotFound));
}

#[tokio::test]
async fn pages_that_repeat_before_the_announced_end_are_malformed() {
    let account = listed(|_| page(5, &[&endless(1)])).await;
    assert_eq!(
        look(&account, "name-1").await,
        Err(unavailable(Failure::Malformed))
    );
}

#[tokio::test]
async fn pages_that_never_end_are_left() {
    let account = listed(|number| page(u32::MAX, &[&endless(number)])).await;
    assert_eq!(
        look(&account, "name-1").await,
        Err(unavailable(Failure::TooLarge))
    );
}

#[tokio::test]
async fn a_list_of_too_many_secrets_is_left() {
    let account = listed(|number| {
        let names: Vec<_> = (0..10_000).map(|n| endless(number * 10_000 + n)).collect();
        let names: Vec<_> = names.iter().map(String::as_str).collect();
        page(100, &names)
    });
    assert_eq!(
        look(&account.await, "name-1").await,
        Err(unavailable(Failure::TooLarge))
    );
}

#[tokio::test]
async fn a_secret_that_moves_to_the_next_page_is_one_secret() {
    let account = listed(|number| match number {
        1 => page(2, &["1 one ENABLE", "2 two ENABLE"]),
        _ => page(2, &["2 two ENABLE", "3 three ENABLE"]),
    });
    assert_eq!(look(&account.await, "two").await.as_deref(), Ok("2"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_reading_outlives_the_asker_who_began_it() {
    let (go, gate) = mpsc::channel::<()>();
    let (began, mut starts) = tokio::sync::mpsc::unbounded_channel();
    let gate = Mutex::new(gate);
    let account = listed(move |_| {
        began.send(()).unwrap();
        gate.lock().unwrap().recv().unwrap();
        page(1, &["1 one ENABLE"])
    });
    let account = Arc::new(account.await);
    let asker = tokio::spawn({
        let account = account.clone();
        async move { look(&account, "one").await }
    });
    starts.recv().await.unwrap();
    asker.abort();
    assert!(asker.await.unwrap_err().is_cancelled());
    go.send(()).unwrap();
    drop(go);
    // A second reading would find the gate gone and fail.
    assert_eq!(look(&account, "one").await.as_deref(), Ok("1"));
    assert!(starts.try_recv().is_err());
}
