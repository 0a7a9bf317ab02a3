//! What holds whatever happens: a small cluster with one workload, and processes that end wherever they like.

use super::*;

/// What happens next.
#[derive(Clone, Debug)]
enum Event {
    /// So many seconds pass.
    Wait(i64),
    /// A look shows these values of `a`, which is consumed, and of `b`, which is not.
    Look(u8, u8),
    /// A pass without a look.
    Pass,
    /// A look whose process ends before it told anything.
    LookUntold(u8, u8),
    /// A pass whose process ends before it told anything.
    PassUntold,
    /// Another object restarts the workload, if it may.
    Other,
}

fn any_event() -> impl Strategy<Value = Event> {
    prop_oneof![
        3 => (0..400_i64).prop_map(Event::Wait),
        3 => (0..3_u8, 0..3_u8).prop_map(|(a, b)| Event::Look(a, b)),
        3 => Just(Event::Pass),
        1 => (0..3_u8, 0..3_u8).prop_map(|(a, b)| Event::LookUntold(a, b)),
        1 => Just(Event::PassUntold),
        1 => Just(Event::Other),
    ]
}

struct World {
    key: InstallationKey,
    request: Request,
    seconds: i64,
    /// The values in the Secret.
    secret: (u8, u8),
    /// What status tells: the entries, the content, and since when it is there.
    told: (Vec<RestartStatus>, (u8, u8), i64),
    annotation: Option<String>,
    /// The value of `a` that the pods have.
    pods: u8,
    restarts: Vec<i64>,
}

impl World {
    fn new() -> Self {
        Self {
            key: key("key"),
            request: orders(),
            seconds: 0,
            secret: (0, 0),
            told: (Vec::new(), (0, 0), 0),
            annotation: None,
            pods: 0,
            restarts: Vec::new(),
        }
    }

    fn pass(&mut self, look: Option<(u8, u8)>, tells: bool) {
        let writes = look.is_some_and(|values| values != self.secret);
        self.secret = look.unwrap_or(self.secret);
        let (said, told_values, told_change) = self.told.clone();
        let fingerprint =
            |(a, b): (u8, u8)| content(&self.key, &self.request, &a.to_string(), &b.to_string());
        let shown = look.map(fingerprint);
        let now = after(self.seconds);
        let mut entries = entries(&self.request, &self.key, &said, shown.as_ref(), now);
        // As a pass does: without a look it knows the time that status tells, and holds back when that is of another content.
        let known = look.is_some() || told_values == self.secret;
        let changed = match look {
            Some(_) if !writes && told_values == self.secret => told_change,
            Some(_) => self.seconds,
            None => told_change,
        };
        for entry in &mut entries {
            match errand(entry, now) {
                Some(Errand::Check) => {
                    let standing = standing(&self.request, &workload(None));
                    settle(entry, standing, None);
                }
                Some(Errand::Restart) if known => {
                    let workload = workload(self.annotation.as_deref());
                    let case = Case {
                        request: &self.request,
                        key: &self.key,
                        entry,
                        workload: &workload,
                        changed: after(changed),
                    };
                    match judge(&case, now) {
                        Verdict::Settled(result, time) => settle(entry, result, time),
                        Verdict::Later(until) => postpone(entry, until),
                        Verdict::Restart(mark) => {
                            self.annotation = Some(mark);
                            self.pods = self.secret.0;
                            self.restarts.push(self.seconds);
                            settle(entry, restarted(&workload), Some(now));
                        }
                    }
                }
                _ => {}
            }
        }
        if tells {
            let told = if look.is_some() {
                (self.secret, changed)
            } else {
                (told_values, told_change)
            };
            self.told = (entries, told.0, told.1);
        }
    }

    fn happen(&mut self, event: &Event) {
        match *event {
            Event::Wait(seconds) => self.seconds += seconds,
            Event::Look(a, b) => self.pass(Some((a, b)), true),
            Event::Pass => self.pass(None, true),
            Event::LookUntold(a, b) => self.pass(Some((a, b)), false),
            Event::PassUntold => self.pass(None, false),
            Event::Other => {
                // Of a change that was never told nobody can know whether it was taken back.
                let is_told = self.told.1 == self.secret;
                if is_told
                    && self
                        .restarts
                        .last()
                        .is_none_or(|last| self.seconds - last >= 300)
                {
                    self.annotation = Some(Mark::write(after(self.seconds), "other", "x"));
                    self.pods = self.secret.0;
                    self.restarts.push(self.seconds);
                }
            }
        }
    }
}

proptest! {
    #[test]
    fn r13_whatever_ends_where_restarts_are_apart_and_pods_get_the_content_in_the_end(
        events in prop::collection::vec(any_event(), 0..60),
    ) {
        let mut world = World::new();
        world.pass(Some((0, 0)), true);
        for event in &events {
            world.happen(event);
        }
        for pair in world.restarts.windows(2) {
            prop_assert!(pair[1] - pair[0] >= 300, "{:?}", world.restarts);
        }
        // From now on nothing changes, and looks and passes come to their end.
        let secret = world.secret;
        for _ in 0..4 {
            world.happen(&Event::Wait(310));
            world.pass(Some(secret), true);
        }
        prop_assert_eq!(world.pods, secret.0);
        let (restarts, entry) = (world.restarts.len(), world.told.0[0].clone());
        world.happen(&Event::Wait(9999));
        world.pass(Some(secret), true);
        prop_assert_eq!(world.restarts.len(), restarts);
        prop_assert_eq!(&world.told.0[0], &entry);
        prop_assert_eq!(&entry.owed, &None);
    }

    #[test]
    fn without_a_change_of_what_is_consumed_nothing_is_restarted(
        looks in prop::collection::vec((0..400_i64, 0..3_u8, any::<bool>()), 0..40),
    ) {
        let mut world = World::new();
        world.pass(Some((0, 0)), true);
        for (seconds, b, tells) in looks {
            world.happen(&Event::Wait(seconds));
            world.pass(Some((0, b)), tells);
        }
        prop_assert!(world.restarts.is_empty(), "{:?}", world.restarts);
    }
}
