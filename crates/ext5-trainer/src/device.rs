//! The one place that names a backend.
use crate::{Error, Result, TrainerConfig};
use burn::tensor::{DType, Device};
#[cfg(feature = "wgpu")]
use burn::tensor::{DeviceKind, DeviceType};
use ext5_model::TrainingPrecision;

/// The CPU as ext5 itself uses it, without Burn.
pub const CPU: &str = "cpu";

/// The CPU by Burn.
pub const FLEX: &str = "flex";

/// Whether `name` is the CPU without Burn.
pub(crate) fn is_own_cpu(name: &str) -> bool {
    name == CPU
}

/// The devices compiled into this program, best first.
pub fn compiled() -> Vec<&'static str> {
    let mut names = Vec::new();
    if cfg!(feature = "cuda") {
        names.push("cuda");
    }
    if cfg!(feature = "vulkan") {
        names.push("vulkan");
    }
    if cfg!(feature = "wgpu") {
        names.push("wgpu");
    }
    if cfg!(feature = "flex") {
        names.extend([CPU, FLEX]);
    }
    names
}

/// Opens a device by name: `cpu`, `flex` (the CPU by Burn, the reference), `wgpu`, `vulkan`, `cuda`.
///
/// # Errors
/// [`Error::NoDevice`] where this program was built without it, or none is present.
pub fn open(name: &str) -> Result<Device> {
    #[cfg(any(feature = "wgpu", feature = "cuda"))]
    keep_tuning();
    let device = match name {
        #[cfg(feature = "flex")]
        CPU | FLEX => Some(Device::flex()),
        #[cfg(feature = "wgpu")]
        "wgpu" => wgpu(DeviceType::Wgpu).then(|| Device::wgpu(DeviceKind::default())),
        #[cfg(feature = "vulkan")]
        "vulkan" => wgpu(DeviceType::Vulkan).then(|| Device::vulkan(DeviceKind::default())),
        #[cfg(feature = "cuda")]
        "cuda" => (!Device::enumerate(burn::tensor::DeviceType::Cuda)
            .into_vec()
            .is_empty())
        .then(|| Device::cuda(0)),
        _ => None,
    };
    device.ok_or_else(|| Error::NoDevice {
        name: name.to_owned(),
        compiled: compiled().join(", "),
    })
}

/// Opens the device on which a run of `config` learns.
///
/// # Errors
/// As [`open`]; [`Error::Unsupported`] where it has no bf16, or cannot recompute.
pub fn open_for(config: &TrainerConfig) -> Result<Device> {
    let device = open(&config.device)?;
    let own = is_own_cpu(&config.device);
    let refused = |what, instead| Error::Unsupported {
        name: config.device.clone(),
        what,
        instead,
    };
    let bf16 = !own && device.supports_dtype(DType::BF16);
    if config.precision == TrainingPrecision::Bf16 && !bf16 {
        return Err(refused("compute in bf16", "trainer.precision=f32"));
    }
    if config.recompute && !own {
        return Err(refused("recompute layers", "trainer.recompute=false"));
    }
    Ok(device)
}

/// Lets what autotuning finds outlive the process, in the user's cache directory: by itself CubeCL would look for a
/// `Cargo.toml` and write beside it. Any other place that a `cubecl.toml` or `burn.toml` names stands.
#[cfg(any(feature = "wgpu", feature = "cuda"))]
fn keep_tuning() {
    use burn::cubecl::config::cache::CacheConfig;
    use burn::cubecl::config::{CubeClRuntimeConfig, RuntimeConfig};
    let mut config = CubeClRuntimeConfig::from_current_dir().override_from_env();
    if matches!(config.environment.path, CacheConfig::Target) {
        config.environment.path = CacheConfig::Global;
    }
    // Once a process: what is in use stays.
    CubeClRuntimeConfig::try_set(config);
}

/// Whether an adapter of this kind is present: asking Burn for a device where there is none would panic.
#[cfg(feature = "wgpu")]
fn wgpu(kind: DeviceType) -> bool {
    !Device::enumerate(kind).into_vec().is_empty()
}

/// Whether `device` is the CPU by way of `flex`.
pub(crate) fn is_host(device: &Device) -> bool {
    #[cfg(feature = "flex")]
    {
        *device == Device::flex()
    }
    #[cfg(not(feature = "flex"))]
    {
        let _ = device;
        false
    }
}
