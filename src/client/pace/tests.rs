//! The line of turns, with a clock that the tests set.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;

use super::turns::MAX_OPEN;
use super::*;

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn paused(spacing: Duration, wait: Duration) -> Arc<Pace> {
    let pace = Pace::new(0);
    pace.observe(spacing);
    pace.pause(Some(wait));
    Arc::new(pace)
}

fn late(cause: Cause, wait: u64) -> TooLate {
    let wait = ms(wait);
    TooLate { cause, wait }
}

/// Waits for a turn, and leaves its place at once.
async fn come(pace: &Pace, deadline: Instant) -> Result<(), TooLate> {
    pace.turn(Some(deadline)).await.map(drop)
}

async fn turns(pace: &Arc<Pace>, count: usize) -> Vec<Duration> {
    let start = Instant::now();
    let turns = (0..count).map(|_| {
        let pace = pace.clone();
        tokio::spawn(async move {
            let turn = pace.turn(Some(start + ms(100_000))).await;
            turn.map(|_place| start.elapsed())
        })
    });
    let mut taken = Vec::new();
    for turn in turns.collect::<Vec<_>>() {
        taken.push(turn.await.unwrap().unwrap());
    }
    taken
}

#[tokio::test(start_paused = true)]
async fn without_a_429_nobody_waits() {
    let pace = Arc::new(Pace::new(0));
    pace.observe(ms(25));
    assert_eq!(turns(&pace, 3).await, [ms(0); 3]);
}

#[tokio::test(start_paused = true)]
async fn a_pause_holds_everyone_and_then_the_pace_is_kept() {
    let pace = paused(ms(25), ms(300));
    assert_eq!(turns(&pace, 3).await, [ms(300), ms(325), ms(350)]);
}

#[tokio::test(start_paused = true)]
async fn overlapping_pauses_end_with_the_latest() {
    let pace = paused(ms(0), ms(300));
    pace.pause(Some(ms(500)));
    pace.pause(Some(ms(100)));
    assert_eq!(turns(&pace, 2).await, [ms(500); 2]);
}

#[tokio::test(start_paused = true)]
async fn after_another_pause_the_pace_counts_from_its_end() {
    let pace = paused(ms(1000), ms(100));
    assert_eq!(turns(&pace, 1).await, [ms(100)]);
    pace.pause(Some(ms(300)));
    assert_eq!(turns(&pace, 2).await, [ms(300), ms(1300)]);
}

#[tokio::test(start_paused = true)]
async fn the_pace_is_forgotten_a_minute_after_the_pause() {
    let pace = paused(ms(25), ms(300));
    tokio::time::advance(ms(60_000)).await;
    assert_eq!(turns(&pace, 2).await, [ms(0), ms(25)]);
    tokio::time::advance(ms(300)).await;
    assert_eq!(turns(&pace, 2).await, [ms(0); 2]);
}

#[tokio::test(start_paused = true)]
async fn late_timers_do_not_add_up_along_the_line() {
    let pace = paused(ms(25), ms(300));
    let start = Instant::now();
    let mut taken = Vec::new();
    for _ in 0..4 {
        tokio::time::advance(ms(2)).await;
        let _place = pace.turn(Some(start + ms(1000))).await.unwrap();
        taken.push(start.elapsed());
        tokio::time::advance(ms(2)).await;
    }
    assert_eq!(taken, [ms(300), ms(325), ms(350), ms(375)]);
    tokio::time::advance(ms(1000)).await;
    assert_eq!(turns(&pace, 3).await, [ms(0), ms(25), ms(50)]);
}

#[tokio::test(start_paused = true)]
async fn who_waits_behind_others_learns_in_time_that_he_is_late() {
    let pace = paused(ms(1000), ms(300));
    let start = Instant::now();
    let first = tokio::spawn({
        let pace = pace.clone();
        async move { come(&pace, start + ms(5000)).await }
    });
    tokio::task::yield_now().await;
    let second = tokio::spawn({
        let pace = pace.clone();
        async move { (come(&pace, start + ms(1300)).await, start.elapsed()) }
    });
    tokio::task::yield_now().await;
    pace.pause(Some(ms(800)));
    assert_eq!(
        second.await.unwrap(),
        (Err(late(Cause::Server, 1800)), ms(0))
    );
    assert_eq!(first.await.unwrap(), Ok(()));
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_for_a_pace_longer_than_it_is_kept() {
    let pace = paused(ms(3_600_000), ms(1));
    assert_eq!(turns(&pace, 3).await, [ms(1), ms(60_001), ms(60_001)]);
    let pace = paused(Duration::MAX, ms(1));
    assert_eq!(turns(&pace, 2).await, [ms(1), ms(60_001)]);
}

#[tokio::test(start_paused = true)]
async fn a_faster_pace_is_felt_at_once() {
    let pace = paused(ms(20_000), ms(100));
    let waiting = tokio::spawn({
        let pace = pace.clone();
        async move { turns(&pace, 3).await }
    });
    tokio::time::sleep(ms(200)).await;
    pace.observe(ms(10));
    assert_eq!(waiting.await.unwrap(), [ms(100), ms(200), ms(210)]);
}

#[tokio::test(start_paused = true)]
async fn a_429_without_a_wait_neither_shortens_nor_resets_the_pace() {
    for useless in [None, Some(ms(0)), Some(ms(60_001))] {
        let pace = paused(ms(1000), ms(60_000));
        pace.pause(useless);
        let paced = [ms(60_000), ms(61_000), ms(62_000)];
        assert_eq!(turns(&pace, 3).await, paced);
        pace.pause(useless);
        assert_eq!(turns(&pace, 2).await, [ms(1000), ms(2000)]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_wait_of_more_than_a_minute_pauses_nobody() {
    let pace = paused(ms(25), ms(60_001));
    assert_eq!(turns(&pace, 2).await, [ms(0); 2]);
}

#[tokio::test(start_paused = true)]
async fn a_turn_beyond_the_deadline_is_refused_at_once() {
    let pace = paused(ms(100), ms(300));
    let now = Instant::now();
    assert_eq!(
        come(&pace, now + ms(299)).await,
        Err(late(Cause::Server, 300))
    );
    let first = tokio::spawn({
        let pace = pace.clone();
        async move { come(&pace, now + ms(300)).await }
    });
    tokio::task::yield_now().await;
    assert_eq!(
        come(&pace, now + ms(399)).await,
        Err(late(Cause::Server, 400))
    );
    assert_eq!(now.elapsed(), ms(0));
    assert_eq!(first.await.unwrap(), Ok(()));
}

#[tokio::test(start_paused = true)]
async fn who_leaves_passes_his_turn_on() {
    let pace = paused(ms(100), ms(300));
    let start = Instant::now();
    let wait = |pace: Arc<Pace>| async move { come(&pace, start + ms(10_000)).await };
    let leaver = tokio::spawn(wait(pace.clone()));
    let stayer = tokio::spawn(wait(pace.clone()));
    tokio::task::yield_now().await;
    leaver.abort();
    assert_eq!(stayer.await.unwrap(), Ok(()));
    assert_eq!(start.elapsed(), ms(300));
}

#[tokio::test(start_paused = true)]
async fn a_slower_pace_sends_those_home_whose_turn_it_moves_too_far() {
    let pace = paused(ms(10), ms(300));
    let start = Instant::now();
    let line = [1000, 1000, 1000].map(|left| {
        let pace = pace.clone();
        tokio::spawn(async move {
            let turn = come(&pace, start + ms(left)).await;
            (turn, start.elapsed())
        })
    });
    tokio::task::yield_now().await;
    pace.observe(ms(2000));
    let [first, second, third] = line;
    assert_eq!(first.await.unwrap(), (Ok(()), ms(300)));
    let late = |wait| (Err(late(Cause::Server, wait)), ms(0));
    assert_eq!(second.await.unwrap(), late(2300));
    // Once the second has left, the third is the next.
    assert_eq!(third.await.unwrap(), late(2300));
}

#[tokio::test(start_paused = true)]
async fn a_longer_pause_sends_those_home_whose_turn_it_moves_too_far() {
    let pace = paused(ms(0), ms(300));
    let start = Instant::now();
    let waiting = tokio::spawn({
        let pace = pace.clone();
        async move { come(&pace, start + ms(400)).await }
    });
    tokio::task::yield_now().await;
    pace.pause(Some(ms(1000)));
    assert_eq!(waiting.await.unwrap(), Err(late(Cause::Server, 1000)));
    assert_eq!(start.elapsed(), ms(0));
}

/// Asks once, as a runtime does whose task was woken.
async fn look<F: Future>(waiting: &mut Pin<Box<F>>) -> Poll<F::Output> {
    poll_fn(|context| Poll::Ready(waiting.as_mut().poll(context))).await
}

/// Takes a turn that surely comes.
async fn take(pace: &Pace) -> Place<'_> {
    let turn = tokio::time::timeout(ms(100_000), pace.turn(None)).await;
    turn.expect("a turn in time").unwrap()
}

/// Takes every place, without a limit.
async fn fill(pace: &Pace) -> Vec<Place<'_>> {
    let mut places = Vec::new();
    for _ in 0..MAX_OPEN {
        places.push(take(pace).await);
    }
    places
}

#[tokio::test(start_paused = true)]
async fn the_own_limit_parts_turns_and_saves_none_up() {
    let pace = Arc::new(Pace::new(10));
    assert_eq!(turns(&pace, 3).await, [ms(0), ms(100), ms(200)]);
    tokio::time::advance(ms(5000)).await;
    assert_eq!(turns(&pace, 3).await, [ms(0), ms(100), ms(200)]);
    tokio::time::advance(ms(40)).await;
    assert_eq!(turns(&pace, 2).await, [ms(60), ms(160)]);
}

/// Numbers that look drawn, and are the same in every run.
struct Draws(u64);

impl Draws {
    fn below(&mut self, bound: u64) -> u64 {
        let factor = 6_364_136_223_846_793_005;
        self.0 = self.0.wrapping_mul(factor).wrapping_add(1);
        (self.0 >> 33) % bound
    }
}

/// The turns that were taken while calls came and left as drawn and timers were late by up to 12 ms.
async fn drawn_turns(limit: u32, mut draws: Draws) -> Vec<Instant> {
    let pace = Arc::new(Pace::new(limit));
    let taken = Arc::new(Mutex::new(Vec::new()));
    let mut line = Vec::new();
    for _ in 0..2500 {
        match draws.below(8) {
            0..4 => {
                for _ in 0..=draws.below(u64::from(limit) / 80 + 1) {
                    let (pace, taken) = (pace.clone(), taken.clone());
                    let deadline = Instant::now() + ms(draws.below(4000));
                    line.push(tokio::spawn(async move {
                        if let Ok(_place) = pace.turn(Some(deadline)).await {
                            taken.lock().unwrap().push(Instant::now());
                        }
                    }));
                }
            }
            4 if !line.is_empty() => {
                let leaver = draws.below(line.len() as u64) as usize;
                line.swap_remove(leaver).abort();
            }
            _ => tokio::time::advance(Duration::from_micros(draws.below(12_000))).await,
        }
        for _ in 0..draws.below(40) {
            tokio::task::yield_now().await;
        }
    }
    for waiting in line {
        waiting.await.ok();
    }
    let taken = taken.lock().unwrap();
    taken.clone()
}

#[tokio::test(start_paused = true)]
async fn no_second_sees_more_turns_than_the_limit_and_one() {
    for limit in [1, 3, 40, 150, 199, 201, 700] {
        for seed in 0..3 {
            let taken = drawn_turns(limit, Draws(seed)).await;
            assert!(taken.len() > 2 * limit as usize, "too few to tell");
            for window in taken.windows(limit as usize + 2) {
                let [first, .., last] = window else { panic!() };
                assert!(*last - *first > ms(1000), "{limit}, draws {seed}");
            }
        }
    }
}

/// The turns of a line whose timers are all late, by as much as is drawn.
async fn late_turns(pace: &Pace, lateness: u64, count: usize) -> Vec<Duration> {
    let mut draws = Draws(1);
    let start = Instant::now();
    let mut taken = Vec::new();
    while taken.len() < count {
        let mut next = Box::pin(pace.turn(None));
        while look(&mut next).await.is_pending() {
            let due = pace.lock().turns.next(Instant::now(), 0);
            let late = due + Duration::from_micros(draws.below(lateness));
            tokio::time::advance(late - Instant::now()).await;
        }
        taken.push(start.elapsed());
    }
    taken
}

#[tokio::test(start_paused = true)]
async fn however_late_timers_are_no_second_sees_two_turns_too_many() {
    for limit in [1, 30, 199, 200, 201, 1000, 33_333] {
        for lateness in [400, 2600, 5000] {
            let many = limit as usize + 2;
            let taken = late_turns(&Pace::new(limit), lateness, many + many / 2).await;
            for window in taken.windows(many) {
                let [first, .., last] = window else { panic!() };
                assert!(*last - *first > ms(1000), "{limit}, {lateness}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn late_timers_take_little_from_a_limit() {
    for limit in [10, 100, 200, 500, 2000, 10_000] {
        let count = limit as usize + 1;
        let taken = late_turns(&Pace::new(limit), 1000, count).await;
        let whole = taken[count - 1];
        assert!(whole < ms(1010), "{limit}: {whole:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn late_timers_take_nothing_from_the_servers_pace() {
    let taken = late_turns(&paused(ms(20), ms(20)), 1000, 50).await;
    assert!(taken[49] < ms(1005), "{taken:?}");
}

#[tokio::test(start_paused = true)]
async fn late_timers_do_not_slow_the_own_limit_down() {
    let pace = Pace::new(100);
    let start = Instant::now();
    for (turn, lateness) in (0..50).zip([0, 4].into_iter().cycle()) {
        let at = ms(turn * 10 + lateness);
        tokio::time::advance(at - start.elapsed()).await;
        let _place = take(&pace).await;
        assert_eq!(start.elapsed(), at);
    }
}

#[tokio::test(start_paused = true)]
async fn the_slower_of_the_servers_pace_and_the_own_limit_counts() {
    for (limit, spacing) in [(10, 25), (40, 100)] {
        let pace = Pace::new(limit);
        pace.observe(ms(spacing));
        pace.pause(Some(ms(300)));
        let paced = [ms(300), ms(400), ms(500)];
        assert_eq!(turns(&Arc::new(pace), 3).await, paced);
    }
}

#[tokio::test(start_paused = true)]
async fn where_the_servers_pace_is_forgotten_the_own_limit_stays() {
    let pace = Pace::new(10);
    pace.observe(ms(30_000));
    pace.pause(Some(ms(1)));
    let pace = Arc::new(pace);
    let taken = [ms(1), ms(30_001), ms(60_001), ms(60_101), ms(60_201)];
    assert_eq!(turns(&pace, 5).await, taken);
}

#[tokio::test(start_paused = true)]
async fn a_pause_does_not_shorten_the_distance_of_the_own_limit() {
    let pace = Arc::new(Pace::new(10));
    assert_eq!(turns(&pace, 1).await, [ms(0)]);
    pace.pause(Some(ms(50)));
    assert_eq!(turns(&pace, 2).await, [ms(100), ms(200)]);
}

#[tokio::test(start_paused = true)]
async fn first_come_first_served_also_where_one_leaves_from_the_middle() {
    let pace = Arc::new(Pace::new(10));
    let start = Instant::now();
    let served = Arc::new(Mutex::new(Vec::new()));
    let line: Vec<_> = (0..6)
        .map(|number| {
            let (pace, served) = (pace.clone(), served.clone());
            tokio::spawn(async move {
                let _place = take(&pace).await;
                served.lock().unwrap().push((number, start.elapsed()));
            })
        })
        .collect();
    tokio::time::sleep(ms(50)).await;
    line[3].abort();
    for waiting in line {
        waiting.await.ok();
    }
    let rest = [(0, 0), (1, 100), (2, 200), (4, 300), (5, 400)];
    let rest = rest.map(|(number, at)| (number, ms(at)));
    assert_eq!(*served.lock().unwrap(), rest);
}

#[tokio::test(start_paused = true)]
async fn whether_a_turn_can_come_in_time_is_reckoned_from_those_still_ahead() {
    let pace = Pace::new(10);
    let now = Instant::now();
    let _open = take(&pace).await;
    let mut line: Vec<_> = (0..3).map(|_| Box::pin(pace.turn(None))).collect();
    for waiting in &mut line {
        assert!(look(waiting).await.is_pending());
    }
    let refused = come(&pace, now + ms(399)).await;
    assert_eq!(refused, Err(late(Cause::Limit, 400)));
    drop(line.remove(1));
    let mut last = Box::pin(come(&pace, now + ms(300)));
    assert!(look(&mut last).await.is_pending());
    for waiting in line {
        drop(waiting.await.unwrap());
    }
    assert_eq!(last.await, Ok(()));
    assert_eq!(now.elapsed(), ms(300));
}

#[tokio::test(start_paused = true)]
async fn after_a_long_pause_the_own_limit_is_reckoned_with() {
    let pace = Pace::new(1);
    pace.pause(Some(ms(30_000)));
    let now = Instant::now();
    let mut line: Vec<_> = (0..70).map(|_| Box::pin(pace.turn(None))).collect();
    for waiting in &mut line {
        assert!(look(waiting).await.is_pending());
    }
    // The server's pace is forgotten at 90 s, but by then not all of the line has gone.
    let refused = come(&pace, now + ms(95_000)).await;
    assert_eq!(refused, Err(late(Cause::Server, 100_000)));
    assert_eq!(now.elapsed(), ms(0));
}

#[tokio::test(start_paused = true)]
async fn one_who_is_too_late_learns_the_cause() {
    let pace = Pace::new(1);
    let now = Instant::now();
    come(&pace, now).await.unwrap();
    assert_eq!(
        come(&pace, now + ms(999)).await,
        Err(late(Cause::Limit, 1000))
    );
    pace.pause(Some(ms(3000)));
    assert_eq!(
        come(&pace, now + ms(2999)).await,
        Err(late(Cause::Server, 3000))
    );
    // The limit alone would be too slow for this one.
    assert_eq!(
        come(&pace, now + ms(999)).await,
        Err(late(Cause::Limit, 1000))
    );
    assert_eq!(now.elapsed(), ms(0));

    let pace = Pace::new(0);
    let _places = fill(&pace).await;
    let mut first = Box::pin(pace.turn(None));
    assert!(look(&mut first).await.is_pending());
    assert_eq!(
        come(&pace, now + ms(700)).await,
        Err(late(Cause::Places, 0))
    );
    assert_eq!(now.elapsed(), ms(700));
}

#[tokio::test(start_paused = true)]
async fn a_line_that_a_missing_place_holds_up_is_not_late_for_its_pace() {
    let pace = Pace::new(1000);
    let _places = fill(&pace).await;
    pace.observe(ms(10));
    pace.pause(Some(ms(10)));
    let start = Instant::now();
    let mut first = Box::pin(pace.turn(None));
    assert!(look(&mut first).await.is_pending());
    let second = come(&pace, start + ms(100)).await;
    assert_eq!(second, Err(late(Cause::Places, 0)));
    assert_eq!(start.elapsed(), ms(100));
}

#[tokio::test(start_paused = true)]
async fn at_his_deadline_one_leaves_though_the_line_begins_to_move() {
    let pace = Pace::new(0);
    let mut places = fill(&pace).await;
    let deadline = Instant::now() + ms(100);
    let mut first = Box::pin(pace.turn(None));
    let mut second = Box::pin(come(&pace, deadline));
    assert!(look(&mut first).await.is_pending());
    assert!(look(&mut second).await.is_pending());
    tokio::time::advance(ms(100)).await;
    places.pop();
    let home = Poll::Ready(Err(late(Cause::Places, 0)));
    assert_eq!(look(&mut second).await, home);
    assert!(look(&mut first).await.is_ready());
}

#[tokio::test(start_paused = true)]
async fn without_a_deadline_one_waits_as_long_as_it_takes() {
    let pace = paused(ms(0), ms(60_000));
    let start = Instant::now();
    drop(take(&pace).await);
    assert_eq!(start.elapsed(), ms(60_000));
}

#[tokio::test(start_paused = true)]
async fn a_request_more_than_there_are_places_waits_for_one() {
    let pace = Pace::new(0);
    let mut places = fill(&pace).await;
    let mut first = Box::pin(pace.turn(None));
    let mut second = Box::pin(pace.turn(None));
    assert!(look(&mut first).await.is_pending());
    assert!(look(&mut second).await.is_pending());
    places.pop();
    assert!(look(&mut second).await.is_pending());
    let Poll::Ready(place) = look(&mut first).await else {
        panic!("the first was not woken")
    };
    assert!(look(&mut second).await.is_pending());
    drop(place);
    assert!(look(&mut second).await.is_ready());
}

#[tokio::test(start_paused = true)]
async fn a_place_comes_to_who_arrives_only_behind_the_line() {
    let pace = Pace::new(0);
    let mut places = fill(&pace).await;
    let mut first = Box::pin(pace.turn(None));
    assert!(look(&mut first).await.is_pending());
    places.pop();
    let mut newcomer = Box::pin(pace.turn(None));
    assert!(look(&mut newcomer).await.is_pending());
    assert!(look(&mut first).await.is_ready());
}

#[tokio::test(start_paused = true)]
async fn no_turns_are_saved_up_while_places_are_missing() {
    let pace = Arc::new(Pace::new(10));
    let places = fill(&pace).await;
    let waiting = tokio::spawn({
        let pace = pace.clone();
        async move { turns(&pace, 3).await }
    });
    tokio::time::sleep(ms(5000)).await;
    drop(places);
    let taken = waiting.await.unwrap();
    assert_eq!(taken, [ms(5000), ms(5100), ms(5200)]);
}

#[tokio::test(start_paused = true)]
async fn a_turn_that_is_due_is_not_lost_with_who_leaves() {
    let pace = paused(ms(100), ms(300));
    let mut leaver = Box::pin(pace.turn(None));
    let mut second = Box::pin(pace.turn(None));
    assert!(look(&mut leaver).await.is_pending());
    assert!(look(&mut second).await.is_pending());
    tokio::time::advance(ms(300)).await;
    drop(leaver);
    assert!(look(&mut second).await.is_ready());
}

#[tokio::test(start_paused = true)]
async fn a_place_that_is_free_is_not_lost_with_who_leaves() {
    let pace = Pace::new(0);
    let mut places = fill(&pace).await;
    let mut leaver = Box::pin(pace.turn(None));
    let mut second = Box::pin(pace.turn(None));
    assert!(look(&mut leaver).await.is_pending());
    assert!(look(&mut second).await.is_pending());
    places.pop();
    drop(leaver);
    assert!(look(&mut second).await.is_ready());
}

#[tokio::test(start_paused = true)]
async fn who_goes_home_no_longer_stands_before_the_others() {
    let pace = paused(ms(1000), ms(100));
    let start = Instant::now();
    let line = [5000, 1200, 2200].map(|left| {
        let pace = pace.clone();
        tokio::spawn(async move { (come(&pace, start + ms(left)).await, start.elapsed()) })
    });
    tokio::task::yield_now().await;
    pace.pause(Some(ms(500)));
    let [first, second, third] = line;
    assert_eq!(first.await.unwrap(), (Ok(()), ms(500)));
    let home = Err(late(Cause::Server, 1500));
    assert_eq!(second.await.unwrap(), (home, ms(0)));
    // Behind the second his turn would have been at 2500.
    assert_eq!(third.await.unwrap(), (Ok(()), ms(1500)));
}

/// Waits for a turn, and counts how often that looks at the line.
async fn counted(pace: &Pace, deadline: Instant, looks: &AtomicUsize) -> Result<(), TooLate> {
    let mut waiting = pin!(come(pace, deadline));
    let turn = poll_fn(|context| {
        looks.fetch_add(1, Ordering::Relaxed);
        waiting.as_mut().poll(context)
    });
    turn.await
}

#[tokio::test(start_paused = true)]
async fn a_turn_wakes_nobody_but_the_next() {
    let pace = Arc::new(Pace::new(10));
    let start = Instant::now();
    let looks = Arc::new(AtomicUsize::new(0));
    for _ in 0..1000 {
        let (pace, looks) = (pace.clone(), looks.clone());
        let waiting = async move { counted(&pace, start + ms(200_000), &looks).await };
        drop(tokio::spawn(waiting));
    }
    tokio::time::sleep(ms(950)).await;
    // Each looked as he came, and the ten again as they became the first and as their turns came.
    let looks = looks.load(Ordering::Relaxed);
    assert!(looks <= 1000 + 2 * 10, "{looks}");
}

#[tokio::test(start_paused = true)]
async fn a_pause_is_one_look_along_the_line_and_wakes_only_whom_it_concerns() {
    const LINE: usize = 10_000;
    let pace = paused(ms(0), ms(300));
    let start = Instant::now();
    let looks = Arc::new(AtomicUsize::new(0));
    let line: Vec<_> = (0..LINE)
        .map(|number| {
            let (pace, looks) = (pace.clone(), looks.clone());
            tokio::spawn(async move {
                let deadline = start + ms(if number % 2 == 0 { 50_000 } else { 5000 });
                (counted(&pace, deadline, &looks).await, start.elapsed())
            })
        })
        .collect();
    tokio::time::sleep(ms(1)).await;
    assert_eq!(looks.swap(0, Ordering::Relaxed), LINE);

    pace.pause(Some(ms(10_000)));
    assert_eq!(pace.lock().line.len(), LINE / 2);
    tokio::time::sleep(ms(1)).await;
    assert_eq!(looks.load(Ordering::Relaxed), LINE / 2 + 1);
    for (number, waiting) in line.into_iter().enumerate() {
        let expected = match number % 2 {
            0 => (Ok(()), ms(10_001)),
            _ => (Err(late(Cause::Server, 10_000)), ms(1)),
        };
        assert_eq!(waiting.await.unwrap(), expected);
    }
}
