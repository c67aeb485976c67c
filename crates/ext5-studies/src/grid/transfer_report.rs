//! The choice that a finished transfer study suggests.
use crate::Result;
use ext5_data::{ErrorKind, door};
use ext5_findings::Matrix;
use serde_json::Value;
use std::path::Path;

/// Names of the better half of the families of the transfer study in `folder`: those that help the others most by the mean
/// of their row, at equal data.
///
/// # Errors
/// [`crate::Error::Data`] where there is no report, or where runs were missing in it.
pub(super) fn better_half(folder: &Path) -> Result<Vec<String>> {
    let path = folder.join("report.json");
    let bytes = door::read(&path, 1 << 30)?;
    let report: Value = door::parse(&path, || serde_json::from_slice(&bytes))?;
    let refused = |reason: String| ext5_data::Error::Refused {
        kind: ErrorKind::Data,
        reason: format!("`{}` {reason}", path.display()),
    };
    let matrices = report.pointer("/findings/matrices");
    let first = matrices
        .or_else(|| report.get("matrices"))
        .and_then(|it| it.get(0));
    let first =
        first.ok_or_else(|| refused("holds no matrix: it is of no transfer study".to_owned()))?;
    let matrix: Matrix = door::parse(&path, || serde_json::from_value(first.clone()))?;
    let mut ranked: Vec<(f64, &String)> = Vec::new();
    for (family, mean) in matrix.families.iter().zip(&matrix.row_means) {
        let mean = mean.ok_or_else(|| {
            refused(format!(
                "has no mean for `{family}`: finish that study before choosing from it"
            ))
        })?;
        ranked.push((mean, family));
    }
    ranked.sort_by(|one, other| other.0.total_cmp(&one.0).then(one.1.cmp(other.1)));
    ranked.truncate(ranked.len().div_ceil(2));
    let mut names: Vec<String> = ranked.into_iter().map(|it| it.1.clone()).collect();
    names.sort_unstable();
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::better_half;

    fn chosen(report: &str) -> crate::Result<Vec<String>> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("report.json"), report).unwrap();
        better_half(folder.path())
    }

    fn report(means: &str) -> String {
        format!(
            r#"{{"findings": {{"matrices": [{{"name": "equal data", "families": ["dialogue", "nli", "commonsense", "summarization"],
            "cells": [], "row_means": {means}, "column_means": [], "negative": [0, 0], "negative_significant": 0}}]}}}}"#
        )
    }

    #[test]
    fn the_better_half_by_row_mean_is_chosen() {
        let names = chosen(&report("[-1.0, 0.5, 2.0, -3.0]")).unwrap();
        assert_eq!(names, ["commonsense", "nli"]);
    }

    #[test]
    fn an_unfinished_transfer_study_is_refused() {
        let error = chosen(&report("[-1.0, null, 2.0, -3.0]")).unwrap_err();
        assert!(
            error.to_string().contains("has no mean for `nli`"),
            "{error}"
        );
        let error = chosen("{}").unwrap_err();
        assert!(error.to_string().contains("holds no matrix"), "{error}");
    }
}
