use super::*;
use std::fs;

fn commit(run_dir: &Path, step: u64, text: &str) -> Checkpoint {
    let files = BTreeMap::from([("state.json".to_owned(), text.as_bytes().to_vec())]);
    Checkpoint::commit(storage::local(), run_dir, step, &files).unwrap()
}

fn names(run_dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(run_dir.join(CHECKPOINTS)).unwrap();
    let names = entries.map(|it| it.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

fn newest(run_dir: &Path) -> (u64, Vec<u8>) {
    let (found, _) = Checkpoint::newest(storage::local(), run_dir).unwrap();
    let found = found.unwrap();
    (found.step(), found.read("state.json").unwrap())
}

#[test]
fn a_step_that_is_saved_again_is_the_new_one_and_an_interrupted_exchange_loses_nothing() {
    let dir = tempfile::tempdir().unwrap();
    commit(dir.path(), 3, "a");
    commit(dir.path(), 3, "b");
    assert_eq!(names(dir.path()), ["step_00000003"]);
    assert_eq!(newest(dir.path()), (3, b"b".to_vec()));
    // Killed between the two renames.
    let path = dir.path().join("checkpoints/step_00000003");
    fs::rename(&path, replaced(&path)).unwrap();
    Checkpoint::clear(storage::local(), dir.path()).unwrap();
    assert_eq!(newest(dir.path()), (3, b"b".to_vec()));
    commit(dir.path(), 3, "c");
    assert_eq!(newest(dir.path()), (3, b"c".to_vec()));
    assert_eq!(names(dir.path()), ["step_00000003"]);
}

#[test]
fn two_good_ones_stay_whatever_is_damaged_and_what_is_read_stays_for_now() {
    let dir = tempfile::tempdir().unwrap();
    let reader = commit(dir.path(), 1, "a");
    for step in 2..6 {
        commit(dir.path(), step, "a");
    }
    let damaged = |step: u64| {
        let file = format!("checkpoints/step_{step:08}/state.json");
        fs::write(dir.path().join(file), "b").unwrap();
    };
    damaged(4);
    damaged(3);
    let last = commit(dir.path(), 5, "a");
    last.retain(storage::local(), 2, None).unwrap();
    assert_eq!(
        names(dir.path()).len(),
        5,
        "1 is read, 2 is the second good one"
    );
    let last = commit(dir.path(), 6, "a");
    drop(reader);
    last.retain(storage::local(), 2, None).unwrap();
    assert_eq!(names(dir.path()), ["step_00000005", "step_00000006"]);
}

#[test]
fn a_manifest_that_was_changed_is_not_believed() {
    let dir = tempfile::tempdir().unwrap();
    let path = commit(dir.path(), 6, "a").path().join(MANIFEST);
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("\"step\": 6", "\"step\": 7")).unwrap();
    let (found, skipped) = Checkpoint::newest(storage::local(), dir.path()).unwrap();
    assert!(found.is_none() && skipped.len() == 1);
}

#[test]
fn a_checkpoint_without_room_is_refused_and_one_with_little_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let free = storage::free_bytes(dir.path()).unwrap();
    let error = room(dir.path(), free.saturating_mul(2)).unwrap_err();
    assert_eq!(error.kind().exit_code(), 74);
    assert!(room(dir.path(), free / 4 * 3).unwrap().is_some());
    assert!(room(dir.path(), free / 4).unwrap().is_none());
}
