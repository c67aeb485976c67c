use crate::program::{Program, Rendered};
use crate::suggest::did_you_mean;
use crate::{ExampleSpec, ExpectedSpec, Row, TaskSpec};

/// Problems of a task's own examples.
pub(super) fn problems(spec: &TaskSpec, program: &Program) -> Vec<String> {
    let mut problems = Vec::new();
    for (number, example) in (1..).zip(&spec.examples) {
        if let Err(problem) = check(spec, program, example) {
            problems.push(format!("example {number} of `{}`: {problem}", spec.name));
        }
    }
    problems
}

fn check(spec: &TaskSpec, program: &Program, example: &ExampleSpec) -> Result<(), String> {
    let row: Row = serde_json::from_str(&example.row)
        .map_err(|error| format!("its row is not a JSON object: {error}"))?;
    let columns = &spec.source.columns;
    if let Some(column) = columns.iter().find(|column| !row.contains_key(*column)) {
        let hint = did_you_mean(column, row.keys().map(String::as_str));
        return Err(format!("its row has no column `{column}`{hint}"));
    }
    if let Some(name) = row.keys().find(|name| !columns.contains(name)) {
        let hint = did_you_mean(name, columns.iter().map(String::as_str));
        return Err(format!("its row has `{name}`, which is not a column{hint}"));
    }
    let split = example.split.as_deref().unwrap_or("train");
    let rendered = program
        .run(split, 0, &row)
        .map_err(|fault| format!("{}: {}", fault.place, fault.reason))?;
    let found: Vec<[String; 2]> = match rendered {
        Rendered::Examples(examples) => examples
            .into_iter()
            .map(|example| [example.inputs, example.targets])
            .collect(),
        Rendered::Documents(documents) => documents
            .into_iter()
            .map(|text| [text, String::new()])
            .collect(),
    };
    compare(&expected(example), &found)
}

/// Pairs of inputs and targets; documents are inputs alone.
fn expected(example: &ExampleSpec) -> Vec<[String; 2]> {
    if let Some(pairs) = &example.expected {
        let pair = |pair: &ExpectedSpec| [pair.inputs.clone(), pair.targets.clone()];
        return pairs.iter().map(pair).collect();
    }
    let inputs = example.inputs.as_ref().or(example.text.as_ref());
    vec![[
        inputs.cloned().unwrap_or_default(),
        example.targets.clone().unwrap_or_default(),
    ]]
}

fn compare(expected: &[[String; 2]], found: &[[String; 2]]) -> Result<(), String> {
    if expected.len() != found.len() {
        return Err(format!(
            "expected {} examples, got {}",
            expected.len(),
            found.len()
        ));
    }
    for (expected, found) in expected.iter().zip(found) {
        for (part, (expected, found)) in
            ["inputs", "targets"].iter().zip(expected.iter().zip(found))
        {
            if expected != found {
                return Err(format!("{part}: expected `{expected}`, got `{found}`"));
            }
        }
    }
    Ok(())
}
