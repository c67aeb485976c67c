//! Files of the user's own.
use ext5_data::{ErrorKind, Source};
use ext5_hub::{AddOptions, Error, Origin, Pins, add, verify};

use crate::fixture::{Fixture, task};
use crate::server::sha256;

fn csv() -> ext5_data::TaskSpec {
    let mut task = task("t", "splits = { train = ['t/train.csv'] }");
    task.source.format = ext5_data::Format::Csv;
    task
}

fn put(fixture: &Fixture, name: &str, text: &str) -> String {
    std::fs::create_dir_all(fixture.outside()).unwrap();
    let path = fixture.outside().join(name);
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn files_are_linked_pinned_and_readable_as_the_split() {
    let fixture = Fixture::new();
    let files = [
        put(&fixture, "x[1].csv", "a,b\n1,2\n"),
        put(&fixture, "y.csv", "b,a\n4,3\n"),
    ];
    let added = add(
        &csv(),
        "train",
        &files,
        &fixture.root(),
        &AddOptions::default(),
        &mut |_| Ok(()),
    )
    .unwrap();
    let paths: Vec<&str> = added.iter().map(|file| file.path.as_str()).collect();
    assert_eq!(
        paths,
        ["t/train-00000-of-00002.csv", "t/train-00001-of-00002.csv"]
    );
    let pins = Pins::read(&fixture.root()).unwrap();
    let pin = &pins.files["t/train-00000-of-00002.csv"];
    assert_eq!(pin.sha256, sha256(b"a,b\n1,2\n"));
    assert_eq!(
        pin.origin,
        Origin::Local {
            path: files[0].clone()
        }
    );
    assert!(verify(&fixture.root(), &mut |_| Ok(())).unwrap().is_right());

    let mut spec = csv().source;
    spec.splits.insert(
        "train".to_owned(),
        paths.iter().map(|&path| path.to_owned()).collect(),
    );
    let rows = Source::new(spec, &fixture.root()).rows("train").unwrap();
    assert_eq!(rows.filter_map(Result::ok).count(), 2);

    // One file in place of two.
    let options = AddOptions {
        copy: true,
        ..AddOptions::default()
    };
    add(
        &csv(),
        "train",
        &files[1..],
        &fixture.root(),
        &options,
        &mut |_| Ok(()),
    )
    .unwrap();
    assert!(!fixture.root().join("t/train.csv").is_symlink());
    assert!(!fixture.root().join("t/train-00000-of-00002.csv").exists());
    assert_eq!(Pins::read(&fixture.root()).unwrap().files.len(), 1);
    assert!(
        fixture.outside().join("x[1].csv").exists(),
        "the user's own file stays"
    );
}

#[test]
fn files_that_do_not_fit_are_refused() {
    let fixture = Fixture::new();
    let add_one = |task: &ext5_data::TaskSpec, split: &str, file: String| {
        add(
            task,
            split,
            &[file],
            &fixture.root(),
            &AddOptions::default(),
            &mut |_| Ok(()),
        )
        .unwrap_err()
    };
    let no_column = add_one(&csv(), "train", put(&fixture, "no_column.csv", "b\n1\n"));
    assert_eq!(no_column.kind(), ErrorKind::Data);
    assert!(
        no_column.to_string().contains("CSV with the columns `a`"),
        "{no_column}"
    );
    let parquet = task("t", "splits = { train = ['t/train.parquet'] }");
    let error = add_one(&parquet, "train", put(&fixture, "text.parquet", "a\n1\n"));
    assert!(
        matches!(error, Error::Unfit { .. }) && error.kind() == ErrorKind::Data,
        "{error}"
    );
    let error = add_one(&csv(), "train", put(&fixture, "empty.csv", "a\n"));
    assert!(matches!(error, Error::Empty { .. }), "{error}");
    let error = add_one(&csv(), "train", put(&fixture, "tabs.tsv", "a\tb\n1\t2\n"));
    assert!(matches!(error, Error::Unfit { .. }), "{error}");
    let error = add_one(
        &csv(),
        "train",
        fixture.outside().join("none.csv").display().to_string(),
    );
    assert_eq!(error.kind(), ErrorKind::Missing);
    let error = add_one(&csv(), "trian", put(&fixture, "good.csv", "a\n1\n"));
    assert!(
        error.to_string().contains("did you mean `train`?"),
        "{error}"
    );
    assert!(!fixture.root().exists());
}

#[test]
fn foreign_files_stay() {
    let fixture = Fixture::new();
    std::fs::create_dir_all(fixture.root().join("t")).unwrap();
    std::fs::write(fixture.root().join("t/train.csv"), "a\n7\n").unwrap();
    let files = [put(&fixture, "x.csv", "a\n1\n")];
    let mut options = AddOptions::default();
    let error = add(
        &csv(),
        "train",
        &files,
        &fixture.root(),
        &options,
        &mut |_| Ok(()),
    )
    .unwrap_err();
    assert!(matches!(error, Error::Occupied { .. }), "{error}");
    assert_eq!(fixture.laid_out("t/train.csv"), b"a\n7\n");
    options.replace = true;
    add(
        &csv(),
        "train",
        &files,
        &fixture.root(),
        &options,
        &mut |_| Ok(()),
    )
    .unwrap();
    assert_eq!(fixture.laid_out("t/train.csv"), b"a\n1\n");
}

#[test]
fn what_the_user_has_added_is_not_fetched() {
    let mut fixture = Fixture::new();
    let files = [put(&fixture, "x.csv", "a\n1\n")];
    let manual = |hub: &str| {
        let splits = "splits = { train = ['t/train.csv'] }";
        let mut task = task("t", &format!("manual = 'get it'\n{hub}{splits}"));
        task.source.format = ext5_data::Format::Csv;
        task
    };
    let by_hand = manual("");
    assert_eq!(
        fixture.fetch(&by_hand).unwrap_err().kind(),
        ErrorKind::Permission
    );
    let options = AddOptions::default();
    let root = fixture.root();
    add(&by_hand, "train", &files, &root, &options, &mut |_| Ok(())).unwrap();
    assert_eq!(fixture.fetch(&by_hand).unwrap().here, ["train"]);

    // A data set that refuses us: the files added in its place count.
    let gated = manual("hub = { id = 'o/n' }\n");
    let refusal = crate::server::Fault::Status(403, "X-Error-Code: GatedRepo");
    fixture.server.fail("/revision/", usize::MAX, refusal);
    assert_eq!(fixture.fetch(&gated).unwrap().here, ["train"]);
    fixture.options.update = true;
    assert_eq!(
        fixture.fetch(&gated).unwrap_err().kind(),
        ErrorKind::Permission
    );
    assert_eq!(fixture.laid_out("t/train.csv"), b"a\n1\n");
}

#[test]
fn a_file_is_told_from_shards_of_its_name() {
    let fixture = Fixture::new();
    let files = [put(&fixture, "x.csv", "a\n1\n")];
    put(&fixture, "x-00000-of-00002.csv", "b\n1\n");
    let options = AddOptions::default();
    let root = fixture.root();
    add(&csv(), "train", &files, &root, &options, &mut |_| Ok(())).unwrap();
    assert_eq!(fixture.laid_out("t/train.csv"), b"a\n1\n");
}

#[test]
fn addresses_need_the_feature_and_hide_their_secrets() {
    let fixture = Fixture::new();
    let options = AddOptions::default();
    let add_one = |url: &str| {
        let files = [url.to_owned()];
        add(
            &csv(),
            "train",
            &files,
            &fixture.root(),
            &options,
            &mut |_| Ok(()),
        )
    };
    let error = add_one("https://user:word@host/x.csv?signature=signed").unwrap_err();
    assert!(matches!(error, Error::Address { .. }), "{error}");
    let text = format!("{error} {error:?}");
    assert!(!text.contains("word") && !text.contains("signed"), "{text}");

    let good = put(&fixture, "x.csv", "a\n1\n");
    let url = format!("file://{good}");
    if cfg!(feature = "object-store") {
        let added = add_one(&url).unwrap();
        assert_eq!(added[0].pin.origin, Origin::Url { url });
        assert_eq!(fixture.laid_out("t/train.csv"), b"a\n1\n");
        assert!(!fixture.root().join("t/train.csv").is_symlink());
        let error = add_one(&format!("file://{good}x")).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Missing, "{error}");
        put(&fixture, "bad.csv", "b\n1\n");
        let bad = format!("file://{}", fixture.outside().join("bad.csv").display());
        assert_eq!(add_one(&bad).unwrap_err().kind(), ErrorKind::Data);
        assert_eq!(fixture.laid_out("t/train.csv"), b"a\n1\n");
    } else {
        let error = add_one(&url).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        assert!(error.to_string().contains("`object-store`"), "{error}");
    }
    assert!(!fixture.root().join(".ext5-data.incoming").exists());
}

#[test]
fn a_table_with_tabs_is_added_to_a_task_of_tabs() {
    let fixture = Fixture::new();
    let mut tabs = csv();
    let place = vec!["t/train.tsv".to_owned()];
    tabs.source.splits.insert("train".to_owned(), place);
    let root = fixture.root();
    let options = AddOptions::default();
    let add_one = |file: String| add(&tabs, "train", &[file], &root, &options, &mut |_| Ok(()));
    let added = add_one(put(&fixture, "lone.tsv", "a\tb\n\"lone quote\t1\n")).unwrap();
    assert_eq!(added[0].path, "t/train.tsv");
    let error = add_one(put(&fixture, "commas.csv", "a,b\n1,2\n")).unwrap_err();
    assert!(matches!(error, Error::Unfit { .. }), "{error}");
    add_one(put(&fixture, "loud.TSV", "a\tb\n1\t2\n")).unwrap();
    // Under the name of a table with commas its row would be one field.
    let loud = [put(&fixture, "loud.TSV.gz", "a\tb\n1\t2\n")];
    let error = add(&csv(), "train", &loud, &root, &options, &mut |_| Ok(())).unwrap_err();
    assert!(format!("{error:?}").contains("must end in"), "{error:?}");
}

#[test]
fn files_that_lie_in_the_place_itself_are_not_lost() {
    let fixture = Fixture::new();
    let root = fixture.root();
    let lay = |files: &[String], copy: bool| {
        let options = AddOptions {
            copy,
            ..AddOptions::default()
        };
        add(&csv(), "train", files, &root, &options, &mut |_| Ok(()))
    };
    let inside = |name: &str| root.join("t").join(name).to_str().unwrap().to_owned();
    let one = put(&fixture, "one.csv", "a\n1\n");
    let two = put(&fixture, "two.csv", "a\n2\n");
    lay(std::slice::from_ref(&one), true).unwrap();
    std::fs::remove_file(&one).unwrap();
    // Alone it stays where it is; beside another it would leave its name.
    lay(&[inside("train.csv")], false).unwrap();
    let alias = fixture.outside().join("alias.csv");
    std::os::unix::fs::symlink(inside("train.csv"), &alias).unwrap();
    for first in [inside("train.csv"), alias.to_str().unwrap().to_owned()] {
        for copy in [false, true] {
            let error = lay(&[first.clone(), two.clone()], copy).unwrap_err();
            assert!(matches!(error, Error::Unfit { .. }), "{error}");
            assert!(format!("{error:?}").contains("move it out"), "{error:?}");
            assert_eq!(fixture.laid_out("t/train.csv"), b"a\n1\n");
        }
    }

    let one = put(&fixture, "one.csv", "a\n1\n");
    for copy in [true, false] {
        // Files, then links.
        lay(&[one.clone(), two.clone()], copy).unwrap();
        let [first, second] = ["train-00000-of-00002.csv", "train-00001-of-00002.csv"].map(inside);
        let error = lay(&[second.clone(), first.clone()], copy).unwrap_err();
        assert!(matches!(error, Error::Unfit { .. }), "{error}");
        lay(&[first, second], copy).unwrap();
        assert_eq!(fixture.laid_out("t/train-00000-of-00002.csv"), b"a\n1\n");
        assert_eq!(fixture.laid_out("t/train-00001-of-00002.csv"), b"a\n2\n");
        assert!(verify(&root, &mut |_| Ok(())).unwrap().is_right());
    }
}

#[test]
fn a_link_takes_a_free_name_and_leaves_those_of_others() {
    let fixture = Fixture::new();
    let folder = fixture.root().join("t");
    std::fs::create_dir_all(&folder).unwrap();
    let process = std::process::id();
    let left: Vec<_> = (0..2000)
        .map(|it| folder.join(format!(".tmp-{process}-{it}-link")))
        .collect();
    for path in &left {
        std::fs::write(path, "").unwrap();
    }
    let files = [put(&fixture, "x.csv", "a\n1\n")];
    let options = AddOptions::default();
    let root = fixture.root();
    add(&csv(), "train", &files, &root, &options, &mut |_| Ok(())).unwrap();
    assert!(fixture.root().join("t/train.csv").is_symlink());
    assert!(left.iter().all(|path| path.exists()));
}

#[test]
fn a_file_that_is_not_there_is_named_itself() {
    let fixture = Fixture::new();
    let file = fixture.outside().join("nowhere.csv");
    let files = [file.to_str().unwrap().to_owned()];
    let options = AddOptions::default();
    let root = fixture.root();
    let error = add(&csv(), "train", &files, &root, &options, &mut |_| Ok(())).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Missing);
    let said = error.to_string();
    assert!(
        said.starts_with(&format!("file `{}` does not exist", file.display())),
        "{said}"
    );
}
