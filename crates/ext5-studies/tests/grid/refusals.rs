//! Study files that cannot be, and what is said of them.
use ext5_data::ErrorKind;
use ext5_studies::{STUDIES, StudySpec, shipped};
use ext5_tasks::Catalogue;

/// What a shipped micro study with an override is refused with.
fn refusal(name: &str, overrides: &[&str]) -> String {
    let catalogue = Catalogue::built_in().unwrap();
    let overrides: Vec<String> = overrides.iter().map(|it| (*it).to_owned()).collect();
    let spec = shipped(name, "micro", &overrides);
    let error = spec.and_then(|spec| spec.grid(&catalogue)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config, "{error}");
    error.to_string()
}

fn refused(name: &str, assignment: &str, expected: &str) {
    let error = refusal(name, &[assignment]);
    assert!(error.contains(expected), "{assignment}: {error}");
}

#[test]
fn seeds_and_budget() {
    refused("ratio", "seeds=[]", "`seeds` is empty");
    refused("ratio", "seeds=[3, 1, 3]", "`seeds` has `3` twice");
    refused("ratio", "name=\"\"", "`name` is \"\"");
    refused("ratio", "name=\"../x\"", "`name` is \"../x\"");
    refused("ratio", "scale=\"a/b\"", "`scale` is \"a/b\"");
    refused("ratio", "budget.hours=0", "`budget.hours` must be above 0");
    refused(
        "ratio",
        "budget.disk_gib=-1",
        "`budget.disk_gib` must be above 0",
    );
}

#[test]
fn data() {
    refused(
        "ratio",
        "data.text=\"micro_txt\"",
        "`data.text`: unknown task `micro_txt`, the nearest are `micro_text`",
    );
    refused(
        "ratio",
        "data.text=\"micro_topic\"",
        "`data.text`: `micro_topic` is a supervised task",
    );
    refused(
        "ratio",
        "data.supervised=\"micro_exmx\"",
        "`data.supervised`: unknown mixture `micro_exmx`, the nearest are `micro_exmix`",
    );
    refused(
        "ratio",
        "data.supervised=\"micro_ext5\"",
        "the member `micro_exmix` of `micro_ext5` is no task",
    );
    refused(
        "ratio",
        "data.mixture=\"micro_ext6\"",
        "`data.mixture`: unknown task or mixture `micro_ext6`, the nearest are `micro_ext5`",
    );
    refused(
        "ratio",
        "data.mixture=\"micro_exmix\"",
        "`data.mixture`: `micro_exmix` lacks `micro_text`",
    );
    refused(
        "ratio",
        "data.supervised=\"micro_exmix_nli\"",
        "which is neither `data.text` nor in `data.supervised`",
    );
    refused(
        "ratio",
        "data.ratio=-1",
        "`data.ratio` is -1, expected a finite number of at least 0",
    );
    refused("ratio", "data.ratio=inf", "`data.ratio` is inf");
}

#[test]
fn recipes() {
    refused(
        "ratio",
        "pretrain.recipe=\"micro_ext\"",
        "`pretrain`: unknown recipe `micro_ext`, did you mean `micro_ext5`?",
    );
    refused(
        "ratio",
        "finetune.recipe=\"micro_finetun\"",
        "`finetune`: unknown recipe `micro_finetun`, did you mean `micro_finetune`?",
    );
    refused(
        "ratio",
        "pretrain.set=[\"trainer.step=5\"]",
        "did you mean `steps`?",
    );
    refused(
        "ratio",
        "pretrain.set=[\"trainer.steps=0\"]",
        "`trainer.steps` must be at least 1",
    );
    refused(
        "ratio",
        "pretrain.set=[\"trainer.seed=5\"]",
        "`pretrain.set`: `trainer.seed` is set by the study",
    );
    refused(
        "task-affinity",
        "finetune.recipe=\"micro_finetune\"",
        "`finetune`: `task-affinity` fine-tunes nothing",
    );
    refused(
        "transfer",
        "finetune.set=[\"trainer.steps=101\"]",
        "`trainer.steps` must be even",
    );
}

#[test]
fn a_missing_recipe_of_fine_tuning() {
    let catalogue = Catalogue::built_in().unwrap();
    for (name, _, text) in STUDIES
        .iter()
        .filter(|it| it.1 == "micro" && it.0 != "task-affinity")
    {
        let (before, rest) = text.split_once("[finetune]").unwrap();
        let after = &rest[rest.find("\n[").unwrap()..];
        let spec = StudySpec::parse("x.toml".as_ref(), &format!("{before}{after}"), &[]).unwrap();
        let error = spec.grid(&catalogue).unwrap_err().to_string();
        let expected = format!("`finetune` is missing: `{name}` needs `[finetune]`");
        assert!(error.contains(&expected), "{error}");
    }
}

#[test]
fn scores() {
    refused(
        "ratio",
        "score.limit=0",
        "`score.limit` is 0: nothing would be scored",
    );
    refused(
        "ratio",
        "score.tasks=[\"micro_topik\"]",
        "`score.tasks`: unknown task or mixture `micro_topik`, the nearest are `micro_topic`",
    );
    refused(
        "ratio",
        "score.tasks=[\"micro_topic\", \"micro_topic\"]",
        "`score.tasks` has `micro_topic` twice",
    );
    refused(
        "ratio",
        "score.tasks=[\"micro_text\"]",
        "`score.tasks`: `micro_text` has no metric",
    );
    refused(
        "ratio",
        "score.split=\"dev\"",
        "`micro_heldout_reading` has no split `dev`, it has `test`, `train`, `validation`",
    );
    refused(
        "ratio",
        "score.tasks=[]",
        "`score` needs either `tasks` or `suites`",
    );
    refused(
        "suites",
        "score.suites=[]",
        "`suites` needs `suites`, and no `tasks`",
    );
    refused(
        "suites",
        "score.suites=[{suite=\"superglu\", mixture=\"super_glue\"}]",
        "`score.suites`: unknown suite `superglu`, the nearest are `superglue`",
    );
    refused(
        "suites",
        "score.suites=[{suite=\"superglue\", mixture=\"super_glu\"}]",
        "`score.suites`: unknown task or mixture `super_glu`, the nearest are `super_glue`",
    );
    refused(
        "transfer",
        "score.tasks=[\"micro_heldout_recall\"]",
        "`score.tasks`: `micro_heldout_recall` is of no family of the study in `micro_exmix`",
    );
    refused(
        "transfer",
        "score.tasks=[\"micro_topic\"]",
        "no task of the family `nli` is scored",
    );
    refused(
        "transfer",
        "score.suites=[{suite=\"superglue\", mixture=\"super_glue\"}]",
        "`score.suites`: `transfer` scores the tasks of families",
    );
}

#[test]
fn too_much() {
    refused(
        "curation",
        "grid.subsets=1001",
        "`grid.subsets` is 1001, expected 1000 at most",
    );
    refused(
        "scaling",
        "grid.subsets=9223372036854775807",
        "expected 1000 at most",
    );
    let many = refusal(
        "scaling",
        &["grid.subsets=1000", "grid.counts=[1, 2, 3, 4]"],
    );
    assert!(
        many.contains("pre-trainings, expected 10000 at most"),
        "{many}"
    );
    refused(
        "scaling",
        "grid.batch_rows=[4611686018427387904]",
        "`grid.batch_rows` has 4611686018427387904: ",
    );
}

#[test]
fn keys_of_another_question() {
    refused(
        "ratio",
        "grid.counts=[3]",
        "`grid.counts` is a key of `scaling`, not of `ratio`",
    );
    refused(
        "stage",
        "grid.subsets=2",
        "`grid.subsets` is a key of `curation` and `scaling`, not of `stage`",
    );
    refused(
        "scaling",
        "grid.batches=2",
        "`grid.batches` is a key of `task-affinity`, not of `scaling`",
    );
    refused(
        "suites",
        "grid.prefinetune_share=0.5",
        "`grid.prefinetune_share` is a key of `stage`",
    );
    refused(
        "transfer",
        "grid.best_effort=[\"nli\"]",
        "`grid.best_effort` is a key of `curation`",
    );
}

#[test]
fn empty_grids() {
    refused(
        "ratio",
        "grid.ratios=[]",
        "`grid.ratios` is missing or empty",
    );
    refused(
        "scaling",
        "grid.counts=[]",
        "`grid.counts` is missing or empty",
    );
    refused(
        "scaling",
        "grid.batch_rows=[]",
        "`grid.batch_rows` is missing or empty",
    );
    refused(
        "scaling",
        "grid.subsets=0",
        "`grid.subsets` is missing or empty",
    );
    refused(
        "efficiency",
        "grid.steps=[]",
        "`grid.steps` is missing or empty",
    );
    refused(
        "task-affinity",
        "grid.batches=0",
        "`grid.batches` is missing or empty",
    );
    refused(
        "curation",
        "grid.best_effort=[]",
        "`grid` needs either `best_effort`",
    );
    refused(
        "curation",
        "grid.transfer=\"runs/transfer\"",
        "`grid` needs either `best_effort`",
    );
}

#[test]
fn places_that_cannot_be() {
    refused(
        "ratio",
        "grid.ratios=[1, -2]",
        "`grid.ratios` has -2, expected numbers of at least 0",
    );
    refused("ratio", "grid.ratios=[nan]", "`grid.ratios` has NaN");
    refused(
        "ratio",
        "grid.ratios=[1, 1.0]",
        "`grid.ratios` has `1` twice",
    );
    refused(
        "scaling",
        "grid.counts=[18]",
        "`grid.counts` has 18, but `micro_exmix` has 17 tasks",
    );
    refused("scaling", "grid.batch_rows=[0]", "`grid.batch_rows` has 0");
    refused(
        "efficiency",
        "grid.steps=[500, 1500]",
        "`grid.steps` has 1500, but pre-training takes 1000 steps",
    );
    refused(
        "efficiency",
        "grid.steps=[0, 500]",
        "`grid.steps` has 0, of which there is no checkpoint",
    );
    refused(
        "efficiency",
        "grid.steps=[333, 500]",
        "`grid.steps` has 1 as its greatest common divisor, so 1000 checkpoints would be kept",
    );
    refused(
        "stage",
        "grid.prefinetune_share=1.0",
        "`grid.prefinetune_share` is 1, expected between 0 and 1",
    );
    refused(
        "stage",
        "grid.prefinetune_share=0.0001",
        "leaves none for one of the stages",
    );
    refused(
        "transfer",
        "grid.families=[\"nly\", \"dialogue\"]",
        "`grid.families`: `micro_exmix` has no family `nly`, did you mean `nli`?",
    );
    refused(
        "transfer",
        "grid.families=[\"nli\"]",
        "`grid.families` leaves 1 of the paper's families",
    );
    refused(
        "transfer",
        "data.supervised=\"micro_heldout\"",
        "set `families = true` in its file",
    );
    let every = "grid.best_effort=[\"nli\", \"dialogue\", \"summarization\", \"classification\", \"semantic_parsing\", \"commonsense\", \"closed_book_qa\", \"reading_comprehension\"]";
    refused(
        "curation",
        every,
        "the chosen families have 17 of 17 tasks, expected some, not all",
    );
}

#[test]
fn all_problems_are_named_at_once() {
    let error = refusal("ratio", &["seeds=[]", "score.limit=0", "grid.ratios=[]"]);
    for key in [
        "`seeds`",
        "`score.limit`",
        "`grid.ratios`",
        "the study `ratio` is not valid",
    ] {
        assert!(error.contains(key), "{key}: {error}");
    }
}

#[test]
fn keys_and_words_that_are_not_known() {
    let (_, _, text) = STUDIES
        .iter()
        .find(|it| it.0 == "ratio" && it.1 == "micro")
        .unwrap();
    let misspelt = text.replace("ratios =", "rations =");
    let error = StudySpec::parse("my.toml".as_ref(), &misspelt, &[]).unwrap_err();
    let error = error.to_string();
    assert!(error.contains("`my.toml`, line "), "{error}");
    assert!(error.contains("did you mean `ratios`?"), "{error}");
    let misspelt = text.replace("question = \"ratio\"", "question = \"ration\"");
    let error = StudySpec::parse("my.toml".as_ref(), &misspelt, &[]).unwrap_err();
    assert!(
        error.to_string().contains("line 2") && error.to_string().contains("`ratio`?"),
        "{error}"
    );
    refused("ratio", "grid.rations=[1]", "did you mean `ratios`?");
    refused("ratio", "grid.rations=[1]", "`--set grid.rations=[1]`");
    refused("ratio", "seeds", "`--set seeds` has no `=`");
    refused(
        "ratio",
        "seeds.first=1",
        "`seeds` is a value, not a section",
    );
    refused(
        "ratio",
        "grid.ratios=[\"much\"]",
        "expected a number of at least 0, or `inf`",
    );
}

#[test]
fn studies_that_are_not_shipped() {
    let error = shipped("ration", "micro", &[]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Request);
    let text = error.to_string();
    assert!(
        text.contains(
            "unknown study `ration`, there are `transfer`, `curation`, `scaling`, `ratio`, `stage`, `efficiency`, `suites`, `task-affinity`, did you mean `ratio`?"
        ),
        "{text}"
    );
    let error = shipped("ratio", "giant", &[]).unwrap_err().to_string();
    assert_eq!(
        error,
        "unknown scale `giant`, there are `micro`, `local`, `paper`"
    );
}
