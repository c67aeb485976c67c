//! S2: rows that look like templates, and templates that would not end.
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use ext5_data::{Row as DataRow, Task, TaskSpec};
use ext5_objectives::Stream;
use serde_json::{Value, json};

use crate::place::{Place, Tier};
use crate::row::{Failure, Figure, Row};

pub(super) const ROW: Row = Row {
    id: "S2",
    what: "rows that look like templates; hostile templates",
    tier: Tier::P,
    defect: "an engine that compiles what rows hold, without fuel",
    run,
};

/// What rows hold that the language of templates would act on.
const LURES: &[&str] = &[
    "{{7*7}}",
    "{{ 7 * 7 }}",
    "{% include 'x' %}",
    "{% include '/etc/passwd' %}",
    "{# gone #}",
    "{%- for i in range(10) -%}x{%- endfor -%}",
    "{{ labels }}",
    "{% raw %}{{ 1 }}{% endraw %}",
    "}}",
    "%}",
    "{{",
    "{% set x = 1 %}",
    "\n{{ split }}\n",
    "&lt;<b>&amp;",
    "\\{{ 1 }}\\n",
];

/// Templates that would run for ever, fill the memory, or look where they should not.
const HOSTILE: &[&str] = &[
    "{% for i in range(1000000000) %}x{% endfor %}",
    "{% for i in range(100000) %}{% for j in range(100000) %}x{% endfor %}{% endfor %}",
    "{{ 'a' * 1000000000 }}",
    "{{ range(1000000000) | list }}",
    "{{ range(1000000000) | join('') }}",
    "{% set ns = namespace(x='aaaaaaaa') %}{% for i in range(64) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}{{ ns.x }}",
    "{% set ns = namespace(x=[1]) %}{% for i in range(64) %}{% set ns.x = ns.x + ns.x %}{% endfor %}{{ ns.x | length }}",
    "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
    "{% macro f(n) %}{{ f(n + 1) }}{{ f(n + 1) }}{% endmacro %}{{ f(0) }}",
    "{% for i in [1] recursive %}{{ loop([1]) }}{% endfor %}",
    "{% include 'other' %}",
    "{% extends '/etc/passwd' %}",
    "{% import 'os' as os %}{{ os }}",
    "{{ text.__class__.__mro__ }}",
    "{{ self.__init__.__globals__ }}",
    "{{ lipsum() }}",
    "{{ cycler.__init__ }}",
    "{{ env('HOME') }}",
    "{{ text | replace('a', 'a' * 100000) | replace('a', 'a' * 100000) }}",
    "{{ ('a' * 1500000) }}",
];

/// A hostile template must be stopped in this time.
const SOON: Duration = Duration::from_millis(100);

fn run(place: &Place) -> Result<Figure, Failure> {
    let rows = place.count(10_000, 100_000);
    let task = task("{{ text }}")?;
    let mut stream = Stream::new(&[7, 2]);
    let mut changed = 0;
    for _ in 0..rows {
        let text: String = (0..=stream.below(4))
            .map(|_| LURES[stream.below(LURES.len() as u64) as usize])
            .collect();
        let found = if place.seeded {
            compiled(&text)
        } else {
            inputs(&task, &text)
        };
        changed += usize::from(found.as_ref() != Ok(&text));
    }
    let (mut went_on, mut late, mut slowest) = (0, 0, Duration::ZERO);
    for number in 0..HOSTILE.len() {
        // The quickest of three: the machine has other work, too.
        let tries: Result<Vec<_>, Failure> = (0..3).map(|_| rendered(number)).collect();
        let tries = tries?;
        let took = tries.iter().map(|it| it.0).min().unwrap_or_default();
        went_on += usize::from(tries.iter().any(|it| !it.1));
        late += usize::from(took > SOON);
        slowest = slowest.max(took);
    }
    Ok(Figure::new(
        format!(
            "{} of {rows} rows verbatim; {} of {} hostile templates stopped, {late} above 100 ms, slowest {:.0} ms",
            rows - changed,
            HOSTILE.len() - went_on,
            HOSTILE.len(),
            slowest.as_secs_f64() * 1e3,
        ),
        "all rows verbatim; all hostile templates stopped in 100 ms",
        changed + went_on + late == 0,
    ))
}

/// The first word of a rendering process's command line.
const WORD: &str = "render-hostile";

/// A process that renders longer is killed.
const PATIENCE: Duration = Duration::from_secs(1);

/// How long a hostile template takes in a process of its own, and whether it was refused.
fn rendered(number: usize) -> Result<(Duration, bool), Failure> {
    let mut child = Command::new(std::env::current_exe()?)
        .args([WORD, &number.to_string()])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let start = Instant::now();
    while child.try_wait()?.is_none() {
        if start.elapsed() > PATIENCE {
            child.kill()?;
            child.wait()?;
            return Ok((PATIENCE, false));
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    let output = child.wait_with_output()?;
    let told: (f64, bool) = serde_json::from_slice(&output.stdout).unwrap_or((0.0, false));
    Ok((Duration::from_secs_f64(told.0), told.1))
}

/// Where this process is to render a hostile template, its answer: `render-hostile NUMBER`.
pub(crate) fn work(words: &[String]) -> Option<Result<String, Failure>> {
    let [word, number] = words else {
        return None;
    };
    (word == WORD).then(|| {
        let hostile = HOSTILE
            .get(number.parse::<usize>()?)
            .ok_or("no such template")?;
        let start = Instant::now();
        let text = task(hostile).and_then(|task| Ok(inputs(&task, "aaaa")?));
        Ok(serde_json::to_string(&(
            start.elapsed().as_secs_f64(),
            text.is_err(),
        ))?)
    })
}

/// A task of one column with these inputs.
fn task(inputs: &str) -> Result<Task, Failure> {
    let spec: TaskSpec = serde_json::from_value(json!({
        "name": "lured", "family": "other", "description": "Lures.", "inputs": inputs, "targets": "x",
        "source": { "format": "jsonl", "columns": ["text"], "splits": { "train": ["a.jsonl"] } },
    }))?;
    Ok(Task::from_spec(spec, Path::new(""))?)
}

/// The inputs that a row becomes.
fn inputs(task: &Task, text: &str) -> Result<String, String> {
    let row = DataRow::from_iter([("text".to_owned(), Value::from(text))]);
    let examples = task
        .render("train", &row)
        .map_err(|error| error.to_string())?;
    examples
        .into_iter()
        .next()
        .map(|example| example.inputs)
        .ok_or_else(|| "no example".to_owned())
}

/// What becomes of a row whose text is taken for a template.
fn compiled(text: &str) -> Result<String, String> {
    let task = task(text).map_err(|error| error.to_string())?;
    inputs(&task, "aaaa")
}
