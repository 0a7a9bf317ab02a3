//! Every template, with what a hostile person could have put into a secret.

use jiff::Timestamp;

use super::button::Button;
use super::clock::ShownClock;
use super::home::{Asked, Home, List, Row};
use super::notice::Notice;
use super::secret::{Deletion, Page};
use super::secret_view::ShownSecret;
use super::templates::Template;
use super::{Missing, calls, links};
use crate::behavior::Behavior;
use crate::calls::Call;
use crate::host::Host;
use crate::state::{
    AutomaticRotation, Cause, Change, LastRotation, LogEntry, NewSecret, Secret, State, Text,
    Trigger,
};

const HOSTILE: [&str; 6] = [
    "<script>alert(1)</script>",
    "\"'><img src=x onerror=alert(1)>",
    "{{ 7 * 7 }}{% include 'home.html' %}{# x #}",
    "\u{202e}\u{200f}\u{2066}한글\u{0}\u{1b}[31m",
    "</pre></table></main><h1>",
    " onfocus=alert(1) autofocus ",
];

fn hostile_state(text: &str) -> (State, Secret) {
    let now = Timestamp::UNIX_EPOCH;
    let mut state = State::new(Behavior::default(), 1);
    state.put_trigger(Trigger::named(text));
    let new = NewSecret::named("shop-orders")
        .id(text)
        .memo(text)
        .trigger(text);
    state.create(new, now).unwrap();
    state.apply(text, Change::Execute, now).unwrap();
    let entry = LogEntry {
        at: now,
        requestor: text.to_owned(),
        address: Some(text.to_owned()),
        action: text.to_owned(),
        result: text.to_owned(),
        job_token: Some(text.to_owned()),
    };
    state.record(text, entry);
    let mut secret = state.secret(text).unwrap().clone();
    assert!(
        secret
            .job
            .as_ref()
            .is_some_and(|job| job.cause == Cause::Execute)
    );
    text.clone_into(&mut secret.name);
    secret.rotation_targets = vec![text.to_owned(); 2];
    secret.failed_token = Some(text.to_owned());
    secret.chain.active = Some(Text::from(text));
    secret.chain.suspended = Some(Text::from(text));
    secret.destroy_date = Some(Timestamp::MAX);
    secret.automatic_rotation = Some(AutomaticRotation {
        period: 1,
        next: Timestamp::MIN,
    });
    secret.last_rotation = Some(LastRotation {
        date: now,
        result_id: text.to_owned(),
    });
    (state, secret)
}

fn pages(text: &str) -> Vec<String> {
    let now = Timestamp::UNIX_EPOCH;
    let (state, secret) = hostile_state(text);
    let notice = Some(Notice::of(Button::Disable, Ok(())).shown());
    let known = Call {
        operation: None,
        secret_id: Some(text.to_owned()),
        access_key: Some(text.to_owned()),
        host: Host::KrGlobal,
        status: None,
        result: "CUT".to_owned(),
        at: now,
    };
    let unknown = Call {
        secret_id: Some(format!("{text}{text}")),
        ..known.clone()
    };
    let calls = calls::shown(&[known, unknown], &state, now);
    let mut list = List::new(&state, &Asked::default(), now);
    list.secrets.push(Row::new(&secret, &state, now));
    let home = Home {
        notice: notice.clone(),
        clock: ShownClock::new(now, 1.0, true),
        search: text.to_owned(),
        list,
        calls: calls.clone(),
        hosts: vec![],
    };
    let page = Page {
        notice,
        secret: ShownSecret::new(&secret, &state, true, now),
        calls,
    };
    let deletion = Deletion {
        name: text.to_owned(),
        address: links::secret(text),
    };
    let made = [
        Template::Home.render(home),
        Template::Secret.render(page),
        Template::Deletion.render(deletion),
        Template::Missing.render(Missing { sentence: text }),
    ];
    made.map(Result::unwrap).into()
}

#[test]
fn hostile_texts_make_no_tag_and_no_attribute_in_any_template() {
    let signs = |page: &String| ['<', '>', '"', '\''].map(|sign| page.matches(sign).count());
    let harmless = pages("harmless");
    for page in &harmless {
        assert!(page.starts_with("<!doctype html>") && page.contains("harmless"));
    }
    let expected: Vec<_> = harmless.iter().map(signs).collect();
    let long = "w".repeat(900);
    for text in HOSTILE.into_iter().chain([long.as_str()]) {
        let found: Vec<_> = pages(text).iter().map(signs).collect();
        assert_eq!(found, expected, "{text}");
    }
}
