//! Families by families, in colours.
use ext5_report::{
    Bars, Colours, HeatCell, HeatMap, Html, LineChart, Point, Section, Series, columns, note,
};

use super::tables::is_cosine;
use super::words::{interval, p_value};
use crate::{Contrast, Findings, Matrix};

/// Adds all matrices, each with what its families do on average.
pub(super) fn add(mut section: Section, findings: &Findings) -> Section {
    for matrix in &findings.matrices {
        section = section.add(map(matrix)).add(negative(matrix));
        if !is_cosine(matrix) {
            let gives = ("What a family does to the others", "hurts", "helps");
            let takes = ("What the others do to a family", "is hurt", "is helped");
            let gives = means(matrix, gives, &matrix.row_means);
            let takes = means(matrix, takes, &matrix.column_means);
            section = section.add(columns([gives, takes]));
        }
    }
    section = section.add(scatter(findings));
    if let Some(rank) = &findings.rank {
        let between = interval(rank.low, rank.high, 2);
        let (pairs, chance) = (rank.pairs, p_value(Some(rank.p_value)));
        let spearman = ext5_report::signed(rank.spearman, 2);
        section = section.add(note(format!(
            "How well the order of cosines foretells the order of gains: Spearman's correlation {spearman} ({between}), p {chance}, {pairs} pairs."
        )));
    }
    section
}

/// Places after the point that tell most cells apart.
fn digits(most: f64) -> usize {
    if most < 2.0 { 2 } else { 1 }
}

fn most(matrix: &Matrix) -> f64 {
    let values = matrix.cells.iter().flatten().flatten();
    let sizes = values.map(|contrast| contrast.difference.abs());
    sizes.filter(|size| size.is_finite()).fold(0.0, f64::max)
}

fn map(matrix: &Matrix) -> HeatMap {
    let cosine = is_cosine(matrix);
    let (value, unit) = if cosine {
        ("cosine", "")
    } else {
        ("gain", "points")
    };
    let most = most(matrix);
    let read = if cosine {
        "How far the gradients of two families point the same way: 1 the same, 0 unrelated, −1 against one another."
    } else {
        "Read a row: what training with this family adds to the score of each other one, against that family alone."
    };
    let rings = if is_tested(matrix) {
        "A ring and a star: beyond chance after Holm's correction."
    } else {
        "Nothing in it is tested here."
    };
    let marks = "A dash: no number, as runs are missing. Point at a cell for its interval; the table below has all.";
    let name = capital(&matrix.name);
    let (title, rows, columns) = if cosine {
        (
            "how far the gradients of two families agree",
            "one family",
            "the other",
        )
    } else {
        let title = "gain of a column's family when it is trained with a row's";
        (title, "trained with", "scored on")
    };
    let map = HeatMap::new(
        format!("{name}: {title}"),
        (rows, columns, value),
        unit,
        Colours::Diverging(if most > 0.0 { most } else { 1.0 }),
    );
    let map = matrix.families.iter().enumerate().fold(
        map.note(format!("{read} {rings} {marks}"))
            .digits(digits(most))
            .signed()
            .columns(&matrix.families),
        |map, (row, name)| {
            let cells = (0..matrix.families.len()).map(|column| cell(matrix, row, column));
            map.cells(name, cells.collect())
        },
    );
    map.beside("mean of the row", matrix.row_means.clone())
        .below("mean of the column", matrix.column_means.clone())
}

fn is_tested(matrix: &Matrix) -> bool {
    let mut cells = matrix.cells.iter().flatten().flatten();
    cells.any(|contrast| contrast.p_adjusted.is_some())
}

fn cell(matrix: &Matrix, row: usize, column: usize) -> HeatCell {
    let contrast = matrix.cells.get(row).and_then(|cells| cells.get(column));
    match contrast.and_then(Option::as_ref) {
        Some(contrast) => HeatCell {
            value: Some(contrast.difference),
            marked: contrast.is_significant(),
            hint: hint(contrast),
        },
        None if row == column => HeatCell::default(),
        None => HeatCell {
            hint: "runs are missing".to_owned(),
            ..HeatCell::default()
        },
    }
}

fn hint(contrast: &Contrast) -> String {
    let between = interval(contrast.low, contrast.high, 2);
    match (contrast.p_value, contrast.p_adjusted) {
        (None, _) => between,
        (Some(raw), None) => format!("{between}; p {}", p_value(Some(raw))),
        (raw, adjusted) => {
            format!(
                "{between}; p {}, {} after Holm",
                p_value(raw),
                p_value(adjusted)
            )
        }
    }
}

/// Gains against cosines, a dot a pair, where there are both.
fn scatter(findings: &Findings) -> Option<LineChart> {
    let mut matrices = findings.matrices.iter();
    let cosines = matrices.find(|matrix| is_cosine(matrix))?;
    let gains = findings.matrices.iter().find(|matrix| !is_cosine(matrix))?;
    let places = cosines.cells.iter().flatten();
    let points = places.zip(gains.cells.iter().flatten());
    let points: Vec<Point> = points
        .filter_map(|(cosine, gain)| {
            let (cosine, gain) = (cosine.as_ref()?, gain.as_ref()?);
            let (x, y, band) = (cosine.difference, gain.difference, None);
            Some(Point { x, y, band })
        })
        .collect();
    if cosines.families != gains.families || points.is_empty() {
        return None;
    }
    let title = "Gain against cosine, a dot for each pair of families";
    let chart = LineChart::new(
        title,
        (&cosines.name, ""),
        (&format!("gain, {}", gains.name), "points"),
    );
    let name = "a pair".to_owned();
    Some(chart.dots().series(Series { name, points }))
}

fn negative(matrix: &Matrix) -> Html {
    let (below, all) = matrix.negative;
    if all == 0 {
        return Html::new();
    }
    let beyond = match matrix.negative_significant {
        _ if !is_tested(matrix) => String::new(),
        beyond => format!(", {beyond} of them beyond chance after correction"),
    };
    note(format!("{below} of {all} pairs are below 0{beyond}.")).into()
}

/// Bars of the means of rows or columns, the greatest first.
fn means(matrix: &Matrix, words: (&str, &str, &str), means: &[Option<f64>]) -> Html {
    let (title, below, above) = words;
    let pairs = matrix.families.iter().zip(means);
    let mut known: Vec<(&String, f64)> = pairs
        .filter_map(|(family, mean)| Some((family, mean.filter(|it| it.is_finite())?)))
        .collect();
    if known.is_empty() {
        return Html::new();
    }
    known.sort_by(|a, b| b.1.total_cmp(&a.1));
    let bars = Bars::new(format!("{title}, {}", matrix.name), "mean gain", "points");
    let most = known.iter().map(|(_, mean)| mean.abs()).fold(0.0, f64::max);
    let bars = bars.digits(digits(most)).signed();
    let bars = known.into_iter().fold(bars, |bars, (family, mean)| {
        // The colours of the map: what helps and what hurts.
        bars.coloured(family, mean, usize::from(mean >= 0.0))
    });
    bars.colour(below, 0).colour(above, 1).into()
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|c| c.to_uppercase().collect::<String>());
    format!("{}{}", first.unwrap_or_default(), letters.as_str())
}
