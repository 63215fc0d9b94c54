//! Pairs of workers in turns, and what comes of them.

use crate::Failure;
use crate::options::Options;
use crate::rows::Row;
use crate::worker::{Turn, Worker};
use std::time::Duration;

/// How long a turn takes, about.
const TURN: Duration = Duration::from_millis(60);

pub struct Measured {
    pub wall: Spread,
    pub cpu: Spread,
    pub peak: Spread,
    pub ours: Cost,
    pub other: Cost,
}

/// What a call of one side costs: the median.
pub struct Cost {
    pub wall_us: f64,
    pub cpu_us: f64,
    pub peak_kib: f64,
}

/// A median with its quartiles.
#[derive(Clone, Copy)]
pub struct Spread {
    pub low: f64,
    pub median: f64,
    pub high: f64,
}

/// Fresh processes in each round, as two runs of one program differ by where its memory happens to lie.
pub fn run(row: &Row, options: &Options) -> Result<Measured, Failure> {
    let (rounds, turns) = match options.quick {
        true => (2, 8),
        false => (5, 12),
    };
    let mut pairs = Vec::new();
    let mut peaks = Vec::new();
    for _ in 0..rounds {
        let mut ours = Worker::start(&row.ours, row.placement)?;
        let mut other = Worker::start(&row.other, row.placement)?;
        let calls = calls_in_a_turn(row, &mut ours, &mut other)?;
        for _ in 0..turns {
            let of_one = 1e6 / calls as f64;
            let turn = (ours.turn(calls)?, other.turn(calls)?);
            pairs.push((micros(turn.0, of_one), micros(turn.1, of_one)));
        }
        peaks.push((ours.end()? as f64, other.end()? as f64));
    }

    let wall: Vec<_> = pairs
        .iter()
        .map(|(ours, other)| (ours.0, other.0))
        .collect();
    let cpu: Vec<_> = pairs
        .iter()
        .map(|(ours, other)| (ours.1, other.1))
        .collect();
    Ok(Measured {
        wall: ratios(&wall),
        cpu: ratios(&cpu),
        peak: ratios(&peaks),
        ours: Cost {
            wall_us: median(wall.iter().map(|pair| pair.0)),
            cpu_us: median(cpu.iter().map(|pair| pair.0)),
            peak_kib: median(peaks.iter().map(|pair| pair.0)),
        },
        other: Cost {
            wall_us: median(wall.iter().map(|pair| pair.1)),
            cpu_us: median(cpu.iter().map(|pair| pair.1)),
            peak_kib: median(peaks.iter().map(|pair| pair.1)),
        },
    })
}

/// Warms both up, and finds the number with which the slower one takes a turn's time.
fn calls_in_a_turn(row: &Row, ours: &mut Worker, other: &mut Worker) -> Result<u64, Failure> {
    let few = row.at_least;
    ours.turn(few)?;
    other.turn(few)?;
    let slower = ours.turn(few)?.wall.max(other.turn(few)?.wall);
    let wanted = (few as f64 * TURN.as_secs_f64() / slower.as_secs_f64()) as u64;
    let calls = wanted.div_ceil(few) * few;
    ours.turn(calls)?;
    other.turn(calls)?;
    Ok(calls)
}

fn micros(turn: Turn, of_one: f64) -> (f64, f64) {
    (
        turn.wall.as_secs_f64() * of_one,
        turn.cpu.as_secs_f64() * of_one,
    )
}

fn ratios(pairs: &[(f64, f64)]) -> Spread {
    let mut ratios: Vec<_> = pairs.iter().map(|(ours, other)| ours / other).collect();
    ratios.sort_by(f64::total_cmp);
    Spread {
        low: quantile(&ratios, 0.25),
        median: quantile(&ratios, 0.5),
        high: quantile(&ratios, 0.75),
    }
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<_> = values.collect();
    values.sort_by(f64::total_cmp);
    quantile(&values, 0.5)
}

fn quantile(sorted: &[f64], part: f64) -> f64 {
    let place = (sorted.len() - 1) as f64 * part;
    let (below, above) = (
        sorted[place.floor() as usize],
        sorted[place.ceil() as usize],
    );
    below + (above - below) * place.fract()
}
