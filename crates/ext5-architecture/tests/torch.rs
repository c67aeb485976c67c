//! A file that torch has written holds what safetensors holds of the same weights.
#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking and says what it measured"
)]
use std::fs;
use std::path::Path;

use ext5_architecture::{T5Config, Weights, names};

fn golden(name: &str) -> Vec<u8> {
    fs::read(Path::new("tests/golden").join(name)).unwrap()
}

#[test]
fn numbers_are_those_of_safetensors() {
    let config = T5Config::from_json(&golden("config.json")).unwrap();
    let (mut torch, mut right) = (Weights::default(), Weights::default());
    torch.add_torch("torch.bin", &golden("torch.bin")).unwrap();
    right
        .add("torch.safetensors", golden("torch.safetensors"))
        .unwrap();
    let settled = torch.settle(&config);
    assert_eq!(settled, right.settle(&config));
    let mut count = 0;
    for (name, shape) in names(&settled) {
        assert_eq!(
            torch.take(&name, &shape).unwrap(),
            right.take(&name, &shape).unwrap(),
            "{name}"
        );
        count += 1;
    }
    assert!(count > 20, "{count}");
    torch.finish().unwrap();
    right.finish().unwrap();
}

#[test]
fn no_damage_goes_unseen_and_none_panics() {
    let file = golden("torch.bin");
    for length in (0..file.len()).step_by(97) {
        assert!(
            Weights::default()
                .add_torch("torch.bin", &file[..length])
                .is_err(),
            "{length}"
        );
    }
    for place in (0..file.len()).step_by(31) {
        let mut broken = file.clone();
        broken[place] ^= 0x41;
        // Between members lies what is read by nobody.
        let _ = Weights::default().add_torch("torch.bin", &broken);
    }
}
