//! The CPU's optimizer against Burn's: the same weights and the same state, whichever wrote it.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking and says what it measured"
)]
use burn::module::{Module, ModuleVisitor, Param};
use burn::optim::GradientsParams;
use burn::tensor::{Device, Tensor, TensorData};
use ext5_architecture::Weights;
use ext5_backprop::Parameters;
use ext5_model::{SAFETENSORS, T5, T5Config, export_safetensors, import, name_of};
use ext5_trainer::{Optimizer, OptimizerConfig, optimizer_file};

const RATE: f64 = 1e-2;
const SCALE: f64 = 0.5;

/// No two widths equal; some matrices are wide enough to be factored, others are not.
fn config() -> T5Config {
    T5Config {
        vocab_size: 150,
        d_model: 130,
        d_kv: 70,
        d_ff: 96,
        num_layers: 1,
        num_decoder_layers: Some(1),
        num_heads: 2,
        tie_word_embeddings: false,
        ..T5Config::default()
    }
}

fn random(seed: u64) -> Parameters {
    let mut parameters = Parameters::zeros(&config());
    let mut state = seed;
    for value in parameters.values_mut() {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        *value = (state >> 40) as f32 / (1 << 23) as f32 - 1.0;
    }
    parameters
}

/// The model in Burn with these weights.
fn burn(parameters: &Parameters) -> T5 {
    let tensors = parameters.slots().iter().map(|slot| {
        let values = &parameters.values()[slot.range.clone()];
        let bytes: Vec<u8> = values.iter().flat_map(|it| it.to_le_bytes()).collect();
        (slot, bytes)
    });
    let tensors: Vec<_> = tensors.collect();
    let views = tensors.iter().map(|(slot, bytes)| {
        let view = safetensors::tensor::TensorView::new(
            safetensors::Dtype::F32,
            slot.shape.clone(),
            bytes,
        );
        (slot.name.as_str(), view.unwrap())
    });
    let mut weights = Weights::default();
    let file = safetensors::serialize(views, None).unwrap();
    weights.add(SAFETENSORS, file).unwrap();
    import(&config(), &Device::flex().autodiff(), weights).unwrap()
}

/// The weights of the model in Burn.
fn host(model: &T5) -> Parameters {
    let mut weights = Weights::default();
    let file = export_safetensors(model).unwrap();
    weights.add(SAFETENSORS, file).unwrap();
    Parameters::new(&config(), weights).unwrap()
}

/// Hands gradients over to Burn.
struct Register<'a> {
    gradients: &'a Parameters,
    registered: GradientsParams,
    path: Vec<String>,
}

impl ModuleVisitor for Register<'_> {
    fn enter_module(&mut self, name: &str, _container_type: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.path.pop();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let gated = config().feed_forward_proj.is_gated();
        let (name, transposed) = name_of(&self.path.join("."), gated).unwrap();
        let slot = self.gradients.slot(&name).unwrap();
        let values = self.gradients.values()[slot.range.clone()].to_vec();
        let shape: [usize; D] = slot.shape.as_slice().try_into().unwrap();
        let tensor = Tensor::<D>::from_data(TensorData::new(values, shape), &Device::flex());
        let tensor = if transposed {
            tensor.transpose()
        } else {
            tensor
        };
        self.registered.register(param.id, tensor);
    }
}

fn registered(model: &T5, gradients: &Parameters) -> GradientsParams {
    let mut register = Register {
        gradients,
        registered: GradientsParams::new(),
        path: Vec::new(),
    };
    model.visit(&mut register);
    assert_eq!(register.registered.len(), gradients.slots().len());
    register.registered
}

fn largest_difference(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    let differences = a.iter().zip(b).map(|(a, b)| (a - b).abs());
    differences.fold(0.0, f32::max)
}

/// A step on both sides, then one more in which each goes on from the file of the other.
fn compare(optimizer: OptimizerConfig) {
    let (start, first, second) = (random(1), random(2), random(3));
    let mut on_device = Optimizer::new(optimizer);
    let model = burn(&start);
    let gradients = registered(&model, &first);
    let model = on_device.step(model, gradients, RATE, SCALE);
    let mut on_host = ext5_backprop::Optimizer::new(optimizer.rule(), &start);
    let mut parameters = start;
    on_host.step(&mut parameters, &first, RATE, SCALE);
    let worst = largest_difference(parameters.values(), host(&model).values());
    println!("{optimizer:?}: first step at most {worst:.1e} apart");
    assert!(worst <= 1e-6, "{worst}");

    let files = [on_device.state().unwrap(), on_host.state()]
        .map(|state| optimizer_file::to_bytes(&state).unwrap());
    let [from_device, from_host] = files.map(|bytes| optimizer_file::from_bytes(&bytes).unwrap());
    assert!(from_device == on_device.state().unwrap());
    assert!(from_host == on_host.state());
    assert!(from_device.keys().eq(from_host.keys()));
    for (name, device) in &from_device {
        let host = &from_host[name];
        assert_eq!(device.updates, host.updates);
        assert!(device.tensors.keys().eq(host.tensors.keys()), "{name}");
        for (part, device) in &device.tensors {
            let host = &host.tensors[part];
            assert_eq!(device.shape, host.shape, "{name}/{part}");
            let worst = largest_difference(&device.values, &host.values);
            assert!(worst <= 1e-6, "{name}/{part}: {worst}");
        }
    }

    let mut on_host = ext5_backprop::Optimizer::new(optimizer.rule(), &parameters);
    on_host.restore(from_device).unwrap();
    let mut on_device = Optimizer::new(optimizer);
    on_device.restore(from_host, &Device::flex()).unwrap();
    let model = burn(&parameters);
    let gradients = registered(&model, &second);
    let model = on_device.step(model, gradients, RATE, SCALE);
    on_host.step(&mut parameters, &second, RATE, SCALE);
    let worst = largest_difference(parameters.values(), host(&model).values());
    println!("{optimizer:?}: resumed step at most {worst:.1e} apart");
    assert!(worst <= 1e-6, "{worst}");
}

#[test]
fn adafactor_is_the_same_on_every_device() {
    compare(OptimizerConfig::Adafactor { weight_decay: 0.01 });
}

#[test]
fn adamw_is_the_same_on_every_device() {
    compare(OptimizerConfig::AdamW {
        weight_decay: 0.01,
        beta_1: 0.9,
        beta_2: 0.999,
        epsilon: 1e-8,
    });
}

#[test]
fn a_file_without_moments_is_refused() {
    let state = [(
        "shared.weight".to_owned(),
        ext5_backprop::Remembered {
            updates: 3,
            tensors: [].into(),
        },
    )];
    let bytes = optimizer_file::to_bytes(&state.into()).unwrap();
    let read = optimizer_file::from_bytes(&bytes).unwrap();
    let mut optimizer = Optimizer::new(OptimizerConfig::default());
    let reason = optimizer.restore(read, &Device::flex()).unwrap_err();
    assert_eq!(reason, "it lacks the moments of `shared.weight`");
    assert!(optimizer_file::from_bytes(b"nothing").is_err());
}
