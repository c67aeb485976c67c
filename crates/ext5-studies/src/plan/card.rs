use crate::{Error, Result};
use ext5_data::did_you_mean;
use serde::Serialize;

/// A graphics card as its maker describes it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Card {
    /// Name for `--gpu`.
    pub name: &'static str,
    /// What it is, and whose sheet says so.
    pub sheet: &'static str,
    /// Numbers in which products are taken.
    pub precision: &'static str,
    /// Most products of dense matrices, 1e12 operations a second. Sheets that print the figure for sparse matrices alone are
    /// halved.
    pub tflops: f64,
    /// Memory, GB of 1e9 bytes.
    pub memory_gb: f64,
}

const fn card(
    name: &'static str,
    (precision, tflops, memory_gb): (&'static str, f64, f64),
    sheet: &'static str,
) -> Card {
    Card {
        name,
        sheet,
        precision,
        tflops,
        memory_gb,
    }
}

/// The cards that studies can be planned for.
pub const CARDS: &[Card] = &[
    card(
        "a100",
        ("bf16", 312.0, 80.0),
        "NVIDIA A100 Tensor Core GPU data sheet, 80 GB",
    ),
    card(
        "a100-40",
        ("bf16", 312.0, 40.0),
        "NVIDIA A100 Tensor Core GPU data sheet, 40 GB",
    ),
    card(
        "b200",
        ("bf16", 2250.0, 180.0),
        "NVIDIA DGX B200 data sheet, an eighth of it",
    ),
    card(
        "h100",
        ("bf16", 989.4, 80.0),
        "NVIDIA H100 Tensor Core GPU data sheet, SXM",
    ),
    card(
        "h100-pcie",
        ("bf16", 756.0, 80.0),
        "NVIDIA H100 Tensor Core GPU data sheet, PCIe",
    ),
    card(
        "h200",
        ("bf16", 989.4, 141.0),
        "NVIDIA H200 Tensor Core GPU data sheet, SXM",
    ),
    card(
        "l4",
        ("bf16", 121.0, 24.0),
        "NVIDIA L4 Tensor Core GPU data sheet",
    ),
    card("l40s", ("bf16", 362.0, 48.0), "NVIDIA L40S GPU data sheet"),
    card(
        "rtx4090",
        ("bf16", 165.2, 24.0),
        "NVIDIA Ada GPU Architecture white paper, sums in f32",
    ),
    card(
        "v100",
        ("fp16", 125.0, 32.0),
        "NVIDIA V100 Tensor Core GPU data sheet, SXM2; it has no bf16",
    ),
];

impl Card {
    /// The card of that name.
    ///
    /// # Errors
    /// [`Error::UnknownCard`] with the nearest name and all of them.
    pub fn find(name: &str) -> Result<&'static Self> {
        let lower = name.to_lowercase();
        let found = CARDS.iter().find(|card| card.name == lower);
        found.ok_or_else(|| {
            let names: Vec<&str> = CARDS.iter().map(|card| card.name).collect();
            Error::UnknownCard {
                name: name.to_owned(),
                hint: did_you_mean(name, names.iter().copied()),
                known: names.join(", "),
            }
        })
    }

    /// Its memory, MiB.
    pub fn memory_mib(&self) -> f64 {
        self.memory_gb * 1e9 / f64::from(1 << 20)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_is_found_by_its_name_and_an_unknown_one_gets_the_nearest() {
        assert_eq!(Card::find("H100").unwrap().name, "h100");
        let error = Card::find("h10").unwrap_err().to_string();
        assert!(error.contains("did you mean `h100`"), "{error}");
        assert!(error.contains("rtx4090"), "{error}");
    }

    #[test]
    fn cards_are_sorted_and_each_once() {
        assert!(CARDS.windows(2).all(|pair| pair[0].name < pair[1].name));
    }
}
