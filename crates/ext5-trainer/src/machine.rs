//! What the machine at hand offers a run: which device to choose and why, and how fast it may be.
use crate::{Memory, device, product_ceiling};
use ext5_architecture::{flops_per_step, preset};
use ext5_data::storage;
use serde::Serialize;
use std::path::Path;

/// Model and lengths whose speed is told.
const EXAMPLE: (&str, usize, usize) = ("t5_1_1_small", 512, 114);
/// Share of the products' rate that a whole step is expected to reach.
const REACHED: f64 = 0.8;

/// A device that ext5 knows: name, what it is, what the machine must have, libraries of it that are looked for.
const DEVICES: &[(&str, &str, &str, &[&str])] = &[
    (
        "cuda",
        "NVIDIA cards",
        "the driver of NVIDIA (`libcuda.so.1`); a prebuilt LLVM when ext5 is built",
        &["libcuda.so.1"],
    ),
    (
        "vulkan",
        "cards of any maker",
        "the Vulkan loader (`libvulkan.so.1`) and the card's Vulkan driver",
        &["libvulkan.so.1"],
    ),
    (
        "wgpu",
        "cards of any maker",
        "the driver of Vulkan, Metal or DirectX 12",
        &[],
    ),
    ("cpu", "the processor", "nothing", &[]),
    (
        "flex",
        "the processor by Burn, slower: the reference",
        "nothing",
        &[],
    ),
];

/// Folders in which the system keeps libraries.
const LIBRARIES: &[&str] = &[
    "/lib",
    "/lib64",
    "/usr/lib",
    "/usr/lib64",
    "/usr/local/lib",
    "/lib/x86_64-linux-gnu",
    "/usr/lib/x86_64-linux-gnu",
    "/lib/aarch64-linux-gnu",
    "/usr/lib/aarch64-linux-gnu",
    "/usr/local/nvidia/lib64",
    "/usr/lib/wsl/lib",
];

/// A device, whether it can be used, and what it takes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DeviceAdvice {
    /// Name for `trainer.device`.
    pub name: &'static str,
    /// What computes.
    pub is: &'static str,
    /// Whether this program was built with it.
    pub compiled: bool,
    /// Whether it is there and opens.
    pub opens: bool,
    /// What it needs.
    pub needs: &'static str,
    /// What is missing, with the step that brings it; `None` where it opens.
    pub missing: Option<String>,
}

/// The speed that training may have here: an estimate by arithmetic, nothing was trained.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ExpectedSpeed {
    /// The model's preset.
    pub model: &'static str,
    /// Tokens of a row, inputs and targets.
    pub tokens_per_row: usize,
    /// Operations of training for each of them.
    pub flops_per_token: f64,
    /// Tokens a second.
    pub tokens_per_s: f64,
    /// How it was estimated.
    pub how: String,
}

/// What a machine offers.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Machine {
    /// The device to train on.
    pub choose: &'static str,
    /// Why.
    pub why: String,
    /// All known devices, those for graphics cards first.
    pub devices: Vec<DeviceAdvice>,
    /// Best instruction set that the processor has of those ext5 is written for.
    pub isa: &'static str,
    /// Threads that compute.
    pub threads: usize,
    /// Memory that is left, MiB.
    pub memory_available_mib: Option<f64>,
    /// Room on the disk of the current directory, MiB.
    pub disk_free_mib: Option<f64>,
    /// Measured rate of products of f32 on the processor, GFLOP/s.
    pub product_gflops: f64,
    /// What to expect of the processor.
    pub expected: Option<ExpectedSpeed>,
}

impl Machine {
    /// Looks at this machine; measures for 0.2 s, and opens every device that this program has.
    pub fn look() -> Self {
        let devices: Vec<DeviceAdvice> = DEVICES.iter().map(advice).collect();
        let (choose, why) = choice(&devices, card());
        let rate = product_ceiling();
        Self {
            choose,
            why,
            devices,
            isa: ext5_cpu::Isa::detect().name(),
            threads: ext5_cpu::threads(),
            memory_available_mib: Memory::available_mib(),
            disk_free_mib: storage::free_bytes(Path::new("."))
                .map(|bytes| bytes as f64 / f64::from(1 << 20)),
            product_gflops: rate / 1e9,
            expected: expected(rate),
        }
    }
}

fn advice(
    &(name, is, needs, libraries): &(&'static str, &'static str, &'static str, &[&str]),
) -> DeviceAdvice {
    let compiled = device::compiled().contains(&name);
    let opens = compiled && device::open(name).is_ok();
    let absent = libraries.iter().find(|library| !is_installed(library));
    DeviceAdvice {
        name,
        is,
        compiled,
        opens,
        needs,
        missing: missing(name, compiled, opens, absent.copied()),
    }
}

/// What keeps a device from opening, and what to do.
fn missing(name: &str, compiled: bool, opens: bool, absent: Option<&str>) -> Option<String> {
    if opens {
        return None;
    }
    let mut steps = Vec::new();
    if let Some(library) = absent {
        steps.push(format!("`{library}` is not found: install the driver"));
    }
    if !compiled {
        let name = if name == device::CPU { "flex" } else { name };
        steps.push(format!(
            "this program was built without it: `cargo install --path crates/ext5-cli --features {name}`"
        ));
    }
    if steps.is_empty() {
        steps.push("no card answers: install its driver".to_owned());
    }
    Some(steps.join("; "))
}

/// The best device that opens, and why; `card` is a graphics card that the system shows.
fn choice(devices: &[DeviceAdvice], card: Option<&str>) -> (&'static str, String) {
    let host = |name| matches!(name, device::CPU | device::FLEX);
    // Without a card `wgpu` and `vulkan` open on a driver that draws in software, slower than the processor's own path.
    let best = devices
        .iter()
        .find(|it| it.opens && (host(it.name) || card.is_some() || !cfg!(target_os = "linux")));
    let Some(best) = best else {
        return (
            "flex",
            "no device opens; build with the feature `flex`".to_owned(),
        );
    };
    let why = match (best.name, card) {
        ("cpu" | "flex", None) => {
            "no graphics card is to be seen, and the processor needs nothing else".to_owned()
        }
        ("cpu" | "flex", Some(card)) => format!(
            "no graphics card can be used as this program was built, though the system shows `{card}`: see what is missing"
        ),
        (name, _) => format!("`{name}` is there and opens; graphics cards outrun the processor"),
    };
    (best.name, why)
}

/// The place where the system shows a graphics card.
fn card() -> Option<&'static str> {
    let places = ["/dev/nvidia0", "/dev/dri/renderD128", "/dev/dxg"];
    places.into_iter().find(|place| Path::new(place).exists())
}

fn is_installed(library: &str) -> bool {
    let own = std::env::var_os("LD_LIBRARY_PATH").unwrap_or_default();
    let own = std::env::split_paths(&own).any(|dir| dir.join(library).exists());
    own || LIBRARIES
        .iter()
        .any(|dir| Path::new(dir).join(library).exists())
}

/// The speed at a rate of products, FLOP/s.
fn expected(rate: f64) -> Option<ExpectedSpeed> {
    let (model, inputs, targets) = EXAMPLE;
    let tokens_per_row = inputs + targets;
    let flops = flops_per_step(&preset(model).ok()?, 1, inputs, targets);
    let flops_per_token = flops / tokens_per_row as f64;
    Some(ExpectedSpeed {
        model,
        tokens_per_row,
        flops_per_token,
        tokens_per_s: rate * REACHED / flops_per_token,
        how: format!(
            "an estimate: {REACHED} of the measured rate of products, by the operations of {inputs} inputs and {targets} targets a row"
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device(name: &'static str, compiled: bool, opens: bool) -> DeviceAdvice {
        DeviceAdvice {
            name,
            is: "",
            compiled,
            opens,
            needs: "",
            missing: missing(name, compiled, opens, None),
        }
    }

    #[test]
    fn the_first_that_opens_is_chosen_and_a_card_that_lies_idle_is_told() {
        let both = [device("vulkan", true, true), device("cpu", true, true)];
        assert_eq!(choice(&both, Some("/dev/dri/renderD128")).0, "vulkan");
        #[cfg(target_os = "linux")]
        assert_eq!(choice(&both, None).0, "cpu");
        let closed = [device("vulkan", false, false), device("cpu", true, true)];
        let (name, why) = choice(&closed, Some("/dev/nvidia0"));
        assert_eq!(name, "cpu");
        assert!(why.contains("/dev/nvidia0"), "{why}");
        assert!(choice(&[], None).1.contains("flex"));
    }

    #[test]
    fn what_is_missing_is_told_with_the_step_that_brings_it() {
        assert_eq!(missing("flex", true, true, None), None);
        let text = missing("vulkan", false, false, Some("libvulkan.so.1")).unwrap();
        assert!(
            text.contains("libvulkan.so.1") && text.contains("--features vulkan"),
            "{text}"
        );
        assert!(
            missing("wgpu", true, false, None)
                .unwrap()
                .contains("driver")
        );
    }

    #[test]
    fn an_estimate_follows_from_rate_and_operations() {
        // 850,027,216,896 operations for 8 rows of 626 tokens, as flops.rs counts.
        let it = expected(200e9).unwrap();
        let by_hand = 200e9 * 0.8 * (8.0 * 626.0) / 850_027_216_896.0;
        assert!((it.tokens_per_s - by_hand).abs() < 1e-6, "{it:?}");
        assert!(it.how.contains("estimate"));
    }

    #[test]
    fn a_machine_is_looked_at() {
        let it = Machine::look();
        let names: Vec<&str> = it.devices.iter().map(|device| device.name).collect();
        assert_eq!(names, ["cuda", "vulkan", "wgpu", "cpu", "flex"]);
        assert!(
            it.devices
                .iter()
                .all(|device| device.opens == device.missing.is_none())
        );
        assert!(it.threads >= 1 && it.product_gflops > 0.0);
    }
}
