//! A copy of this very workspace is broken on purpose, one invariant at a time: tidy must say so.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot set up its folder has failed"
)]

use std::fs;
use std::path::Path;
use std::process::Command;

/// Names of the rule and the file that tidy must report, and how to break it.
struct Break {
    rule: &'static str,
    path: &'static str,
    edit: fn(&str) -> String,
}

const BREAKS: &[Break] = &[
    Break {
        rule: "owners",
        path: "crates/ext5-data/Cargo.toml",
        edit: |text| {
            text.replacen(
                "[dependencies]\n",
                "[dependencies]\nburn.workspace = true\n",
                1,
            )
        },
    },
    Break {
        rule: "arrows",
        path: "crates/ext5-model/Cargo.toml",
        edit: |text| {
            text.replacen(
                "[dependencies]\n",
                "[dependencies]\next5-data.workspace = true\n",
                1,
            )
        },
    },
    Break {
        rule: "manifests",
        path: "crates/ext5-eval/Cargo.toml",
        edit: |text| text.replacen("[lints]\nworkspace = true\n", "", 1),
    },
    Break {
        rule: "unsafe",
        path: "crates/ext5-eval/src/lib.rs",
        edit: |text| format!("{text}\nfn broken() {{\n    unsafe {{}}\n}}\n"),
    },
    Break {
        rule: "features",
        path: "crates/ext5-model/src/lib.rs",
        edit: |text| format!("{text}\n#[cfg(feature = \"cuda\")]\nfn broken() {{}}\n"),
    },
    Break {
        rule: "devices",
        path: "crates/ext5-model/src/lib.rs",
        edit: |text| format!("{text}\nfn broken() {{\n    Device::flex();\n}}\n"),
    },
    Break {
        rule: "durable door",
        path: "crates/ext5-trainer/src/lib.rs",
        edit: |text| format!("{text}\nfn broken() {{\n    std::fs::write(\"a\", \"b\");\n}}\n"),
    },
    Break {
        rule: "file length",
        path: "crates/ext5-eval/src/long.rs",
        edit: |_| "// A line.\n".repeat(501),
    },
    Break {
        rule: "names",
        path: "crates/ext5-eval/src/utils.rs",
        edit: |_| String::new(),
    },
];

#[test]
fn tidy_fails_when_an_invariant_is_broken_on_purpose() {
    let copy = tempfile::tempdir().unwrap();
    copy_workspace(copy.path());
    let (_, before) = tidy(copy.path());
    for broken in BREAKS {
        let path = copy.path().join(broken.path);
        let original = fs::read_to_string(&path).ok();
        fs::write(
            &path,
            (broken.edit)(original.as_deref().unwrap_or_default()),
        )
        .unwrap();

        let (passed, report) = tidy(copy.path());
        let named = |line: &&str| {
            line.starts_with(&format!("{}:", broken.path))
                && line.contains(&format!("[{}]", broken.rule))
        };
        let new: Vec<_> = report
            .lines()
            .filter(named)
            .filter(|line| !before.contains(line))
            .collect();
        assert!(!passed, "tidy passed with `{}` broken", broken.rule);
        assert_eq!(
            new.len(),
            1,
            "`{}` in `{}`; tidy said:\n{report}",
            broken.rule,
            broken.path
        );

        match original {
            Some(text) => fs::write(&path, text).unwrap(),
            None => fs::remove_file(&path).unwrap(),
        }
    }
    assert_eq!(
        tidy(copy.path()).1,
        before,
        "the copy was put back as it was"
    );
}

/// Whether tidy passed at `root`, and its report.
fn tidy(root: &Path) -> (bool, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_xtask"))
        .args(["tidy", "--root"])
        .arg(root)
        .output()
        .unwrap();
    (
        output.status.success(),
        String::from_utf8(output.stdout).unwrap(),
    )
}

/// Copies what git knows of this workspace and makes the copy a repository of its own.
fn copy_workspace(to: &Path) {
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let listed = git(
        &from,
        &["ls-files", "--cached", "--others", "--exclude-standard"],
    );
    for path in listed.lines() {
        let Ok(bytes) = fs::read(from.join(path)) else {
            continue;
        };
        fs::create_dir_all(to.join(path).parent().unwrap()).unwrap();
        fs::write(to.join(path), bytes).unwrap();
    }
    git(to, &["init", "--quiet"]);
}

fn git(folder: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new("git");
    command
        .args(arguments)
        .current_dir(folder)
        .env_remove("GIT_DIR")
        .env_remove("GIT_INDEX_FILE");
    let output = command.output().unwrap();
    assert!(output.status.success(), "git {arguments:?} failed");
    String::from_utf8(output.stdout).unwrap()
}
