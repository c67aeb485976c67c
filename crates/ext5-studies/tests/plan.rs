//! Plans and budgets of grids made by hand.
#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking and says what it measured"
)]
use ext5_data::ErrorKind;
use ext5_findings::{Condition, Question};
use ext5_studies::{
    Budget, Card, DataSpec, Grid, GridSpec, Pace, Result, RunSpec, ScoreSpec, Scoring, Start,
    StudyCell, StudyPlan, StudySpec, StudyTime, Subject, check_budget, plan_study,
};
use ext5_tasks::Catalogue;
use ext5_trainer::{ProbeOptions, RunConfig, Silent};
use std::path::Path;

/// A run of the smallest preset with a vocabulary of 1,024 ids.
fn run(steps: u64, rows: usize) -> RunConfig {
    let text = format!(
        "[data]\nmixture = \"micro_text\"\ninputs_length = 8\ntargets_length = 4\n\
         [data.vocabulary.trained]\nmixture = \"micro_text\"\nsize = 1024\n[model]\npreset = \"tiny\"\n\
         [trainer]\nsteps = {steps}\nbatch_rows = {rows}\ncheckpoint_every = 10\nkeep = 2\n"
    );
    RunConfig::parse(Path::new("a.toml"), &text, &[]).unwrap()
}

fn cell(name: &str, config: RunConfig, start: Option<&str>, scored: &[(&str, u64)]) -> StudyCell {
    let scoring = |&(condition, limit): &(&str, u64)| Scoring {
        condition: condition.to_owned(),
        replicate: 0,
        step: None,
        subject: Subject::Tasks("micro_exmix".to_owned()),
        split: "validation".to_owned(),
        limit: Some(limit),
    };
    StudyCell {
        name: name.to_owned(),
        config,
        start: start.map(|cell| Start {
            cell: cell.to_owned(),
            step: None,
        }),
        scorings: scored.iter().map(scoring).collect(),
        affinity: None,
    }
}

fn condition(id: &str) -> Condition {
    Condition {
        id: id.to_owned(),
        label: id.to_owned(),
        group: String::new(),
        parts: Vec::new(),
        x: None,
        replicates: 1,
    }
}

/// One pre-training of 100 steps, two fine-tunings of 30 and 20 that start from it.
fn grid() -> Grid {
    Grid {
        conditions: ["a", "b"].map(condition).to_vec(),
        cells: vec![
            cell("pretrain_s0", run(100, 4), None, &[]),
            cell(
                "finetune_a_s0",
                run(30, 2),
                Some("pretrain_s0"),
                &[("a", 5)],
            ),
            cell(
                "finetune_b_s0",
                run(20, 2),
                Some("pretrain_s0"),
                &[("b", 5), ("a", 7)],
            ),
        ],
        ..Grid::default()
    }
}

fn spec(supervised: &str) -> StudySpec {
    let recipe = RunSpec {
        recipe: "micro_t5".to_owned(),
        set: Vec::new(),
    };
    StudySpec {
        name: "planned".to_owned(),
        question: Question::Transfer,
        scale: "hand".to_owned(),
        description: String::new(),
        seeds: vec![0],
        data: DataSpec {
            text: "micro_text".to_owned(),
            supervised: supervised.to_owned(),
            mixture: "micro_ext5".to_owned(),
            ratio: 2.0,
        },
        pretrain: recipe.clone(),
        finetune: Some(recipe),
        score: ScoreSpec::default(),
        grid: GridSpec::default(),
        budget: Budget::default(),
    }
}

fn plan(grid: &Grid, finished: &[&str], pace: &Pace, supervised: &str) -> Result<StudyPlan> {
    let finished = finished.iter().map(|&name| name.to_owned()).collect();
    let catalogue = Catalogue::built_in().unwrap();
    plan_study(
        &spec(supervised),
        (grid, &finished),
        &catalogue,
        pace,
        &mut Silent,
    )
}

fn cards(count: u64) -> Pace {
    Pace::Cards {
        card: Card::find("a100").unwrap(),
        count,
        mfu: 0.5,
    }
}

#[test]
fn a_grid_is_counted_by_hand() {
    let it = plan(&grid(), &[], &Pace::Unknown, "micro_exmix").unwrap();
    let whole = &it.whole;
    assert_eq!((whole.runs, whole.steps), (3, 150));
    assert_eq!(whole.inputs_tokens, 8 * (100 * 4 + 50 * 2));
    assert_eq!(whole.targets_tokens, 4 * (100 * 4 + 50 * 2));
    let tasks = Catalogue::built_in()
        .unwrap()
        .tasks_of("micro_exmix")
        .unwrap()
        .len() as u64;
    assert_eq!(whole.scores, 3 * tasks);
    assert_eq!(whole.examples, Some(tasks * (5 + 5 + 7)));
    assert_eq!(whole.hours, None);
    // The preset's shape with 1,024 rows of embedding: its operations are proportional to steps and rows.
    let pretraining = it.kinds[0].cost.flops;
    assert_eq!(it.kinds.len(), 3, "{:?}", it.kinds);
    let ratio = it.kinds[1].cost.flops / pretraining;
    assert!((ratio - 30.0 * 2.0 / 400.0).abs() < 1e-12, "{ratio}");
    // A condition has the runs that are scored for it.
    let of = |place: usize| {
        (
            it.conditions[place].cost.runs,
            it.conditions[place].cost.steps,
        )
    };
    assert_eq!((of(0), of(1)), ((2, 50), (1, 20)));
    let examples = |place: usize| it.conditions[place].cost.examples;
    assert_eq!(
        (examples(0), examples(1)),
        (Some(tasks * 12), Some(tasks * 5))
    );
    assert!(matches!(it.time, StudyTime::Unknown { .. }));
}

#[test]
fn the_disk_holds_what_is_written_and_what_is_still_started_from() {
    let it = plan(&grid(), &[], &Pace::Unknown, "micro_exmix").unwrap();
    let thousandths = |mib: f64| (mib / checkpoint_mib() * 1e3).round() as u64;
    // Two stay of each run if none goes.
    assert_eq!(thousandths(it.disk.all_mib), 6000);
    // The second run writes its third while two lie there, beside the one that it and the third run start from.
    assert_eq!(thousandths(it.disk.most_mib), 4000);
    // The third run alone writes two; what it starts from is there already.
    let done = ["pretrain_s0", "finetune_a_s0"];
    let it = plan(&grid(), &done, &Pace::Unknown, "micro_exmix").unwrap();
    assert_eq!(thousandths(it.disk.remaining_mib), 2000);
    assert_eq!(thousandths(it.disk.most_mib), 4000);
}

/// A checkpoint by the plan of a run.
fn checkpoint_mib() -> f64 {
    let config = run(100, 4);
    let shape = ext5_trainer::model_config(&config, 1024).unwrap();
    ext5_trainer::plan_shape(&config, &shape).checkpoint_mib
}

#[test]
fn card_hours_are_operations_over_what_a_card_does() {
    let it = plan(&grid(), &[], &cards(1), "micro_exmix").unwrap();
    let hours = it.whole.flops / (312e12 * 0.5) / 3600.0;
    assert!((it.whole.hours.unwrap() - hours).abs() < 1e-9 * hours);
    let StudyTime::Card { hours: one, .. } = it.time else {
        panic!("{:?}", it.time);
    };
    assert!((one - hours).abs() < 1e-9 * hours);
    // Any number of cards takes as long as the longest chain.
    let it = plan(&grid(), &[], &cards(1000), "micro_exmix").unwrap();
    let chain = (it.kinds[0].cost.flops + it.kinds[1].cost.flops) / (312e12 * 0.5) / 3600.0;
    let StudyTime::Card { hours: many, .. } = it.time else {
        panic!("{:?}", it.time);
    };
    assert!((many - chain).abs() < 1e-9 * chain);
}

#[test]
fn what_is_finished_costs_nothing_more() {
    let done = ["pretrain_s0", "finetune_a_s0"];
    let it = plan(&grid(), &done, &cards(1), "micro_exmix").unwrap();
    assert_eq!((it.remaining.runs, it.remaining.steps), (1, 20));
    assert_eq!(it.whole.runs, 3);
}

#[test]
fn the_papers_mixture_is_planned_without_data() {
    let mut grid = grid();
    for cell in &mut grid.cells {
        cell.config.model.preset = "t5_1_1_base".to_owned();
        cell.config.data.vocabulary =
            ext5_trainer::VocabularyConfig::File("tokenizer/spiece.model".into());
        cell.config.data.root = "no/such/place".into();
    }
    let it = plan(&grid, &[], &cards(8), "exmix").unwrap();
    let tasks: usize = it.families.iter().map(|family| family.tasks.len()).sum();
    assert_eq!(tasks, 107);
    let absent = it.families.iter().flat_map(|family| &family.tasks);
    assert!(absent.clone().all(|task| task.absent.is_some()));
    assert!(
        it.warnings
            .iter()
            .any(|warning| warning.starts_with("the data of 107 of 107"))
    );
    // T5 1.1 base with 32,128 rows has 247,577,856 weights, as published.
    assert_eq!(it.kinds[0].parameters, 247_577_856);
}

#[test]
fn a_run_that_does_not_fit_a_card_is_told_how_many_rows_do() {
    let mut grid = grid();
    for cell in &mut grid.cells {
        cell.config.model.preset = "t5_1_1_large".to_owned();
        (
            cell.config.data.inputs_length,
            cell.config.data.targets_length,
        ) = (512, 512);
        cell.config.trainer.batch_rows = 128;
    }
    let it = plan(&grid, &[], &cards(1), "micro_exmix").unwrap();
    let StudyTime::Card { rows_that_fit, .. } = it.time else {
        panic!("{:?}", it.time);
    };
    assert!((1..128).contains(&rows_that_fit), "{rows_that_fit}");
    let hint = format!("trainer.micro_batch_rows={rows_that_fit}");
    assert!(
        it.warnings.iter().any(|warning| warning.contains(&hint)),
        "{:?}",
        it.warnings
    );
    for cell in &mut grid.cells {
        cell.config.trainer.micro_batch_rows = rows_that_fit;
    }
    let it = plan(&grid, &[], &cards(1), "micro_exmix").unwrap();
    assert_eq!(it.warnings, [""; 0]);
}

#[test]
fn a_grid_out_of_order_and_unknown_names_are_refused() {
    let mut wrong = grid();
    wrong.cells.rotate_left(1);
    let error = plan(&wrong, &[], &Pace::Unknown, "micro_exmix").unwrap_err();
    assert!(error.to_string().contains("`pretrain_s0`"), "{error}");
    let error = plan(&grid(), &[], &Pace::Unknown, "micro_exmi").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Request);
    assert!(error.to_string().contains("`micro_exmix`"), "{error}");
}

#[test]
fn a_budget_is_kept() {
    let it = plan(&grid(), &[], &cards(1), "micro_exmix").unwrap();
    let free = Some(1 << 40);
    check_budget(&it, &Budget::default(), free).unwrap();
    let budget = |hours, disk_gib| Budget { hours, disk_gib };
    let hours = it.whole.hours.unwrap();
    check_budget(&it, &budget(Some(hours), Some(1.0)), free).unwrap();
    let error = check_budget(&it, &budget(Some(hours / 2.0), None), free).unwrap_err();
    assert_eq!(error.kind().exit_code(), 64);
    assert!(error.to_string().contains("--set budget.hours="), "{error}");
    let error = check_budget(&it, &budget(None, Some(1e-6)), free).unwrap_err();
    assert_eq!(error.kind().exit_code(), 64);
    let error = check_budget(&it, &Budget::default(), Some(1 << 20)).unwrap_err();
    assert_eq!(error.kind().exit_code(), 74);
    // What is finished takes no hours and no further room.
    let done = ["pretrain_s0", "finetune_a_s0", "finetune_b_s0"];
    let it = plan(&grid(), &done, &cards(1), "micro_exmix").unwrap();
    check_budget(&it, &budget(Some(0.0), None), Some(0)).unwrap();
}

#[test]
fn some_steps_tell_the_time_of_all() {
    let dir = tempfile::tempdir().unwrap();
    let pace = Pace::Probe {
        dir: dir.path().to_owned(),
        options: ProbeOptions {
            steps: 2,
            limit: std::time::Duration::from_secs(20),
        },
    };
    let mut tried = grid();
    for cell in &mut tried.cells {
        let data = &mut cell.config.data;
        (data.inputs_length, data.targets_length) = (32, 16);
    }
    let it = plan(&tried, &[], &pace, "micro_exmix").unwrap();
    assert_eq!(it.time, StudyTime::Probe);
    let hours = it.whole.hours.unwrap();
    assert!(hours > 0.0 && hours < 1.0, "{hours}");
    // Where a mixture is yet to be made the time is not known, and the reason is.
    let mut made = tried;
    made.mixtures = vec![ext5_data::MixtureSpec {
        name: "micro_text".to_owned(),
        description: String::new(),
        rate: ext5_data::Rate::default(),
        families: false,
        members: Vec::new(),
    }];
    let it = plan(&made, &[], &pace, "micro_exmix").unwrap();
    assert!(
        matches!(it.time, StudyTime::Unknown { .. }),
        "{:?}",
        it.time
    );
}
