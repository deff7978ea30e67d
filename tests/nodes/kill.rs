//! Nodes are killed without a farewell, one or the other, again and again, while people use them.

use std::time::Duration;

use crate::cluster::cluster;
use crate::house::House;
use crate::load::{Dice, Load, Post, judge};

const ROUNDS: usize = 15;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_are_killed_at_random_and_nothing_that_was_answered_is_lost() {
    let mut dice = Dice::of_this_run();
    let postgres = cluster();
    let house = House::set_up(&postgres.url());
    house.people(8).await;
    let (mut a, mut b) = (house.running("a"), house.running("b"));
    let post = Post::File(house.path("messages.jsonl"));
    let load = Load::begin(8, &dice, &[&a, &b], &post);
    for _ in 0..ROUNDS {
        tokio::time::sleep(Duration::from_millis(300 + dice.next() % 900)).await;
        let node = if dice.below(2) == 0 { &mut a } else { &mut b };
        node.kill();
        tokio::time::sleep(Duration::from_millis(dice.next() % 300)).await;
        node.start(&house);
    }
    let people = load.end().await;
    assert!(people.iter().map(|person| person.lost).sum::<usize>() > 0, "no request met a kill");
    judge(&postgres, people).await;
}
