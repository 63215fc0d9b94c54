//! Tables.

use crate::compare::{Measured, Spread};
use crate::rows::Row;
use std::fmt::Write as _;

/// A row of the table of goals.
pub struct Line {
    pub figure: String,
    pub goal: String,
    pub measured: String,
    pub is_met: Option<bool>,
}

/// One row, told as soon as it is measured.
pub fn progress(row: &Row, measured: &Measured) -> String {
    let (ours, other) = (&measured.ours, &measured.other);
    format!(
        "{} ({})\n    wall {} ({:.1} / {:.1} µs)   CPU {} ({:.1} / {:.1} µs)   peak {:.2} ({:.1} / {:.1} MiB)",
        row.name,
        row.placement.name(),
        with_quartiles(measured.wall),
        ours.wall_us,
        other.wall_us,
        with_quartiles(measured.cpu),
        ours.cpu_us,
        other.cpu_us,
        measured.peak.median,
        ours.peak_mib,
        other.peak_mib,
    )
}

/// Every goal that was asked about: what is wanted, what came of it.
pub fn goals(rows: &[(Row, Measured)], sizes: &[Line]) -> String {
    let mut text =
        "| figure | goal | measured (quartiles) | |\n| --- | --- | --- | --- |\n".to_owned();
    for (row, measured) in rows {
        for goal in &row.goals {
            let line = Line {
                figure: format!("{}: {}, {}", row.name, row.placement.name(), goal.name()),
                goal: goal.text(),
                measured: with_quartiles(goal.measured(measured)),
                is_met: Some(goal.is_met(measured)),
            };
            write_line(&mut text, &line);
        }
    }
    for line in sizes {
        write_line(&mut text, line);
    }
    text
}

fn write_line(text: &mut String, line: &Line) {
    let met = match line.is_met {
        Some(true) => "met",
        Some(false) => "**missed**",
        None => "",
    };
    let _ = writeln!(
        text,
        "| {} | {} | {} | {met} |",
        line.figure, line.goal, line.measured
    );
}

/// Everything that was measured, in µs for a call and MiB, ours first.
pub fn figures(rows: &[(Row, Measured)]) -> String {
    let mut text =
        "| ours / theirs | | wall, µs | ratio | CPU, µs | ratio | peak RSS, MiB | ratio |\n\
        | --- | --- | --- | --- | --- | --- | --- | --- |\n"
            .to_owned();
    for (row, measured) in rows {
        let (ours, other) = (&measured.ours, &measured.other);
        let _ = writeln!(
            text,
            "| {} | {} | {:.1} / {:.1} | {} | {:.1} / {:.1} | {} | {:.1} / {:.1} | {:.2} |",
            row.name,
            row.placement.name(),
            ours.wall_us,
            other.wall_us,
            with_quartiles(measured.wall),
            ours.cpu_us,
            other.cpu_us,
            with_quartiles(measured.cpu),
            ours.peak_mib,
            other.peak_mib,
            measured.peak.median,
        );
    }
    text
}

fn with_quartiles(spread: Spread) -> String {
    format!(
        "{:.3} ({:.3} to {:.3})",
        spread.median, spread.low, spread.high
    )
}
