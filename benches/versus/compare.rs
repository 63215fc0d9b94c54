//! Pairs of workers in turns, and what comes of them.

use crate::Failure;
use crate::options::Options;
use crate::rows::Row;
use crate::worker::Worker;
use std::time::Duration;

/// How long a turn takes, about.
const TURN: Duration = Duration::from_millis(60);

pub struct Measured {
    pub wall: Spread,
    pub cpu: Spread,
    pub peak: Spread,
    /// In MiB.
    pub peak_more: Spread,
    pub ours: Cost,
    pub other: Cost,
}

/// What a call of one side costs: the median.
pub struct Cost {
    pub wall_us: f64,
    pub cpu_us: f64,
    pub peak_mib: f64,
}

/// A median with its quartiles.
#[derive(Clone, Copy)]
pub struct Spread {
    pub low: f64,
    pub median: f64,
    pub high: f64,
}

impl Spread {
    pub fn inverse(self) -> Self {
        Self {
            low: self.high.recip(),
            median: self.median.recip(),
            high: self.low.recip(),
        }
    }
}

/// Fresh processes in each round, as two runs of one program differ by where its memory happens to lie.
pub fn run(row: &Row, options: &Options) -> Result<Measured, Failure> {
    let (rounds, turns) = match (options.quick, row.is_long()) {
        (true, false) => (2, 8),
        (true, true) => (1, 2),
        (false, false) => (5, 12),
        (false, true) => (2, 4),
    };
    let mut all = Pairs::default();
    for _ in 0..rounds {
        let mut ours = Worker::start(&row.ours, row.placement)?;
        let mut other = Worker::start(&row.other, row.placement)?;
        let calls = calls_in_a_turn(row, &mut ours, &mut other)?;
        for _ in 0..turns {
            let pair = (ours.turn(calls)?, other.turn(calls)?);
            let of_one = |time: Duration| time.as_secs_f64() * 1e6 / calls as f64;
            all.wall.push((of_one(pair.0.wall), of_one(pair.1.wall)));
            all.cpu.push((of_one(pair.0.cpu), of_one(pair.1.cpu)));
        }
        all.peak.push((ours.end()?, other.end()?));
    }
    Ok(all.measured())
}

/// What ours took, and what the other one took right after: µs of a call, and MiB.
#[derive(Default)]
struct Pairs {
    wall: Vec<(f64, f64)>,
    cpu: Vec<(f64, f64)>,
    peak: Vec<(f64, f64)>,
}

impl Pairs {
    fn measured(&self) -> Measured {
        let ratio = |&(ours, other): &(f64, f64)| ours / other;
        let cost = |of: fn(&(f64, f64)) -> f64| Cost {
            wall_us: spread(self.wall.iter().map(of)).median,
            cpu_us: spread(self.cpu.iter().map(of)).median,
            peak_mib: spread(self.peak.iter().map(of)).median,
        };
        Measured {
            wall: spread(self.wall.iter().map(ratio)),
            cpu: spread(self.cpu.iter().map(ratio)),
            peak: spread(self.peak.iter().map(ratio)),
            peak_more: spread(self.peak.iter().map(|(ours, other)| ours - other)),
            ours: cost(|pair| pair.0),
            other: cost(|pair| pair.1),
        }
    }
}

/// Warms both up, and finds the number with which the slower one takes a turn's time.
fn calls_in_a_turn(row: &Row, ours: &mut Worker, other: &mut Worker) -> Result<u64, Failure> {
    let few = row.at_least;
    ours.turn(few)?;
    other.turn(few)?;
    if row.is_long() {
        return Ok(few);
    }
    let slower = ours.turn(few)?.wall.max(other.turn(few)?.wall);
    let wanted = (few as f64 * TURN.as_secs_f64() / slower.as_secs_f64()) as u64;
    let calls = wanted.div_ceil(few).max(1) * few;
    ours.turn(calls)?;
    other.turn(calls)?;
    Ok(calls)
}

fn spread(values: impl Iterator<Item = f64>) -> Spread {
    let mut values: Vec<_> = values.collect();
    values.sort_by(f64::total_cmp);
    Spread {
        low: quantile(&values, 0.25),
        median: quantile(&values, 0.5),
        high: quantile(&values, 0.75),
    }
}

fn quantile(sorted: &[f64], part: f64) -> f64 {
    let place = (sorted.len() - 1) as f64 * part;
    let (below, above) = (
        sorted[place.floor() as usize],
        sorted[place.ceil() as usize],
    );
    below + (above - below) * place.fract()
}
