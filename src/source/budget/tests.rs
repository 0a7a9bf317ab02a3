use jiff::SignedDuration;
use steerable_clock::Steering;

use super::*;

fn budget(rate: u32, burst: u32, most_at_once: usize) -> (Arc<Budget>, Steering) {
    let (clock, steering) = Clock::steered(Timestamp::UNIX_EPOCH);
    steering.freeze();
    steering.set(Timestamp::UNIX_EPOCH);
    let limits = Limits { rate, burst };
    let budget = Budget::new(clock, limits, most_at_once, Arc::default());
    (Arc::new(budget), steering)
}

async fn breathe() {
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn looks_are_admitted_while_there_are_tokens_and_what_they_leave_comes_back() {
    let (budget, steering) = budget(1, 4, 9);
    let one = budget.admit(Urgency::Periodic).unwrap();
    let two = budget.admit(Urgency::Periodic).unwrap();
    let held = budget.admit(Urgency::Prompt).err().unwrap();
    let until = Timestamp::UNIX_EPOCH + SignedDuration::from_secs(2);
    assert_eq!(held.until, Some(until));
    one.spend().await;
    drop(one);
    assert_eq!(budget.left(), 1);
    drop(two);
    assert_eq!(budget.left(), 3);
    steering.advance(SignedDuration::from_secs(9));
    assert_eq!(budget.left(), 4);
}

#[tokio::test]
async fn no_more_looks_are_underway_than_may_be() {
    let (budget, _steering) = budget(100, 100, 2);
    let _one = budget.admit(Urgency::Prompt).unwrap();
    let two = budget.admit_companion(Urgency::Prompt).unwrap();
    let full = Some(Held { until: None });
    assert_eq!(budget.admit(Urgency::Prompt).err(), full);
    assert_eq!(budget.admit_companion(Urgency::Prompt).err(), full);
    drop(two);
    assert!(budget.admit(Urgency::Prompt).is_ok());
}

#[tokio::test]
async fn credentials_that_nobody_tried_are_tried_by_one_look() {
    let (budget, _steering) = budget(100, 100, 9);
    budget.be_cautious(true);
    let one = budget.admit(Urgency::Prompt).unwrap();
    assert!(budget.admit(Urgency::Prompt).is_err());
    budget.be_cautious(false);
    assert!(budget.admit(Urgency::Prompt).is_ok());
    drop(one);
}

#[tokio::test]
async fn calls_that_nobody_foresaw_wait_in_the_order_of_urgency_and_before_new_looks() {
    let (budget, steering) = budget(1, 2, 9);
    let look = budget.admit(Urgency::Periodic).unwrap();
    look.spend().await;
    look.spend().await;
    let order = Arc::new(Mutex::new(Vec::new()));
    for urgency in [Urgency::Periodic, Urgency::Prompt, Urgency::Repair] {
        let allowance = Arc::clone(&budget).unforeseen(urgency);
        let order = Arc::clone(&order);
        tokio::spawn(async move {
            allowance.spend().await;
            order.lock().unwrap().push(urgency);
        });
    }
    breathe().await;
    for count in 1..=3 {
        assert_eq!(
            budget.admit(Urgency::Prompt).err(),
            Some(Held { until: None })
        );
        steering.advance(SignedDuration::from_secs(1));
        breathe().await;
        assert_eq!(order.lock().unwrap().len(), count);
    }
    let expected = [Urgency::Prompt, Urgency::Repair, Urgency::Periodic];
    assert_eq!(*order.lock().unwrap(), expected);
}

#[tokio::test]
async fn who_gives_up_waiting_holds_nobody_up() {
    let (budget, steering) = budget(1, 1, 9);
    Arc::clone(&budget)
        .unforeseen(Urgency::Prompt)
        .spend()
        .await;
    let impatient = tokio::spawn({
        let allowance = Arc::clone(&budget).unforeseen(Urgency::Prompt);
        async move { allowance.spend().await }
    });
    let patient = tokio::spawn({
        let allowance = Arc::clone(&budget).unforeseen(Urgency::Periodic);
        async move { allowance.spend().await }
    });
    breathe().await;
    impatient.abort();
    assert!(impatient.await.unwrap_err().is_cancelled());
    steering.advance(SignedDuration::from_secs(1));
    patient.await.unwrap();
}
