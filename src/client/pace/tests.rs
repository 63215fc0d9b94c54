//! The line of turns, with a clock that the tests set.

use super::*;

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn paused(spacing: Duration, wait: Duration) -> Arc<Pace> {
    let pace = Pace::default();
    pace.observe(spacing);
    pace.pause(Some(wait));
    Arc::new(pace)
}

async fn turns(pace: &Arc<Pace>, count: usize) -> Vec<Duration> {
    let start = Instant::now();
    let turns = (0..count).map(|_| {
        let pace = pace.clone();
        tokio::spawn(async move {
            pace.turn(start + ms(100_000))
                .await
                .map(|()| start.elapsed())
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
    let pace = Arc::new(Pace::default());
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
        pace.turn(start + ms(1000)).await.unwrap();
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
        async move { pace.turn(start + ms(5000)).await }
    });
    tokio::task::yield_now().await;
    let second = tokio::spawn({
        let pace = pace.clone();
        async move { (pace.turn(start + ms(1300)).await, start.elapsed()) }
    });
    tokio::task::yield_now().await;
    pace.pause(Some(ms(800)));
    assert_eq!(
        second.await.unwrap(),
        (Err(TooLate { wait: ms(1800) }), ms(0))
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
        pace.turn(now + ms(299)).await,
        Err(TooLate { wait: ms(300) })
    );
    let first = tokio::spawn({
        let pace = pace.clone();
        async move { pace.turn(now + ms(300)).await }
    });
    tokio::task::yield_now().await;
    assert_eq!(
        pace.turn(now + ms(399)).await,
        Err(TooLate { wait: ms(400) })
    );
    assert_eq!(now.elapsed(), ms(0));
    assert_eq!(first.await.unwrap(), Ok(()));
}

#[tokio::test(start_paused = true)]
async fn who_leaves_passes_his_turn_on() {
    let pace = paused(ms(100), ms(300));
    let start = Instant::now();
    let wait = |pace: Arc<Pace>| async move { pace.turn(start + ms(10_000)).await };
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
            let turn = pace.turn(start + ms(left)).await;
            (turn, start.elapsed())
        })
    });
    tokio::task::yield_now().await;
    pace.observe(ms(2000));
    let [first, second, third] = line;
    assert_eq!(first.await.unwrap(), (Ok(()), ms(300)));
    let late = |wait| (Err(TooLate { wait: ms(wait) }), ms(0));
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
        async move { pace.turn(start + ms(400)).await }
    });
    tokio::task::yield_now().await;
    pace.pause(Some(ms(1000)));
    assert_eq!(waiting.await.unwrap(), Err(TooLate { wait: ms(1000) }));
    assert_eq!(start.elapsed(), ms(0));
}
