//! Tables.

use crate::compare::{Measured, Spread};
use crate::rows::{Figure, Row};
use std::fmt::Write as _;

/// One row as it is measured.
pub fn line(row: &Row, measured: &Measured) -> String {
    let (ours, other) = (&measured.ours, &measured.other);
    format!(
        "{} ({})\n    wall {} ({:.1} / {:.1} us)  CPU {} ({:.1} / {:.1} us)  peak {:.2} ({:.1} / {:.1} MiB)",
        row.name,
        row.placement.name(),
        ratio(measured.wall),
        ours.wall_us,
        other.wall_us,
        ratio(measured.cpu),
        ours.cpu_us,
        other.cpu_us,
        measured.peak.median,
        ours.peak_kib / 1024.0,
        other.peak_kib / 1024.0,
    )
}

pub fn tables(measured: &[(Row, Measured)]) -> String {
    let mut text =
        String::from("| figure | goal | measured (quartiles) | |\n| --- | --- | --- | --- |\n");
    for (row, result) in measured {
        for goal in &row.goals {
            let (figure, spread) = match goal.figure {
                Figure::Wall => ("wall", result.wall),
                Figure::Cpu => ("CPU", result.cpu),
                Figure::Peak => ("peak RSS", result.peak),
            };
            let met = if spread.median <= goal.at_most {
                "met"
            } else {
                "missed"
            };
            let _ = writeln!(
                text,
                "| {}, {}, {figure} | ≤ {:.2} | {} | {met} |",
                row.name,
                row.placement.name(),
                goal.at_most,
                ratio(spread)
            );
        }
    }
    text
}

fn ratio(spread: Spread) -> String {
    format!(
        "{:.3} ({:.3} to {:.3})",
        spread.median, spread.low, spread.high
    )
}
