//! The limits of new secrets.

use super::*;

#[test]
fn names_keep_to_their_pattern_and_are_free_again_after_destruction() {
    let table = [
        ("abc", true),
        ("A-_9", true),
        ("abcdefghijklmno", true),
        ("ab", false),
        ("abcdefghijklmnop", false),
        ("1abc", false),
        ("-abc", false),
        ("a.b", false),
        ("한글이름", false),
        ("", false),
        ("shop-orders", false),
    ];
    for (name, allowed) in table {
        let mut machine = Machine::with(Action::Manual);
        let created = machine.state.create(NewSecret::named(name), machine.now);
        assert_eq!(created.is_ok(), allowed, "{name}");
    }
    let mut machine = Machine::with(Action::Manual);
    machine.enter(Lifecycle::Destroyed);
    machine
        .state
        .create(NewSecret::named("shop-orders"), machine.now)
        .unwrap();
    assert_eq!(Behavior::default().destroyed, Destroyed::NotFound);
}

#[test]
fn new_secrets_keep_to_their_limits() {
    let named = || NewSecret::named("another");
    let table = [
        (named(), true),
        (named().memo(&"m".repeat(1000)), true),
        (named().memo(&"m".repeat(1001)), false),
        (named().value("[]"), false),
        (named().rotation_targets(["key"]), true),
        (named().rotation_targets(["nokey"]), false),
        (named().rotation_targets(Vec::<String>::new()), false),
        (named().rotation_targets(["key", "key"]), false),
        (named().automatic_rotation(90, "rotate"), true),
        (named().automatic_rotation(731, "rotate"), false),
        (named().automatic_rotation(90, "nobody"), false),
        (named().trigger("rotate").region(Region::Jpn), false),
        (named().boundary(Boundary::Global), true),
        (
            named().boundary(Boundary::Global).region(Region::Jpn),
            false,
        ),
        (named().id("chosen"), true),
        (named().id(""), false),
        (named().id("another"), true),
        (named().id("shop-orders"), false),
    ];
    for (new, allowed) in table {
        let mut machine = Machine::with(Action::Manual);
        let created = machine.state.create(new.clone(), machine.now);
        assert_eq!(created.is_ok(), allowed, "{new:?}");
    }
}

#[test]
fn a_name_is_never_the_identifier_of_another_living_secret() {
    let mut machine = Machine::with(Action::Manual);
    let taken = NewSecret::named("first").id("second");
    machine.state.create(taken, machine.now).unwrap();
    let second = || NewSecret::named("second");
    let refused = machine.state.create(second(), machine.now).map(drop);
    assert!(matches!(refused, Err(Refusal::Invalid(_))), "{refused:?}");
    for change in [Change::RequestDeletion, Change::Delete] {
        machine.state.apply("second", change, machine.now).unwrap();
    }
    machine.state.create(second(), machine.now).unwrap();
}
