//! What is shown of an array of versions.

use serde_json::Value;

struct Column {
    title: &'static str,
    is_number: bool,
    cell: fn(&Value) -> String,
}

#[rustfmt::skip]
const COLUMNS: &[Column] = &[
    Column { title: "name",       is_number: false, cell: |version| text(&version["name"]) },
    Column { title: "version id", is_number: false, cell: |version| text(&version["versionInfo"]["id"]) },
    Column { title: "version",    is_number: false, cell: |version| text(&version["versionInfo"]["name"]) },
    Column { title: "bytes",      is_number: true,  cell: |version| text(&version["size"]) },
    Column { title: "dimensions", is_number: true,  cell: dimensions },
    Column { title: "updated at", is_number: false, cell: |version| text(&version["updatedAt"]) },
];

fn text(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn dimensions(version: &Value) -> String {
    match (&version["width"], &version["height"]) {
        (Value::Number(width), Value::Number(height)) => format!("{width} x {height}"),
        _ => "-".to_owned(),
    }
}

pub fn table(versions: &[Value]) -> String {
    let rows = versions.iter().map(|version| {
        let cells = COLUMNS.iter().map(|column| (column.cell)(version));
        cells.collect()
    });
    let titles = COLUMNS
        .iter()
        .map(|column| column.title.to_owned())
        .collect();
    let lines: Vec<Vec<String>> = std::iter::once(titles).chain(rows).collect();
    lines
        .iter()
        .map(|line| aligned(line, &widths(&lines)) + "\n")
        .collect()
}

fn widths(lines: &[Vec<String>]) -> Vec<usize> {
    let width = |index| {
        let cells = lines
            .iter()
            .filter_map(|line: &Vec<String>| line.get(index));
        cells
            .map(|cell: &String| cell.chars().count())
            .max()
            .unwrap_or(0)
    };
    (0..COLUMNS.len()).map(width).collect()
}

fn aligned(line: &[String], widths: &[usize]) -> String {
    let cells = line
        .iter()
        .zip(widths)
        .zip(COLUMNS)
        .map(|((cell, &width), column)| {
            if column.is_number {
                format!("{cell:>width$}")
            } else {
                format!("{cell:<width$}")
            }
        });
    cells
        .collect::<Vec<String>>()
        .join("  ")
        .trim_end()
        .to_owned()
}
