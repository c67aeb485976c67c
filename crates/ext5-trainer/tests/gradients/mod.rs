//! Batches as tensors, and gradients by the names of weights, for tests that call the model without a learner.
use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::{Device, Gradients, Int, Tensor, TensorData};
use ext5_data::Batch;
use ext5_model::{Seq2SeqInput, T5, name_of};
use std::collections::BTreeMap;

/// What a model reads of `batch`: its tokens, the targets, their weights.
pub(crate) fn tensors(batch: &Batch, device: &Device) -> (Seq2SeqInput, Tensor<2, Int>, Tensor<2>) {
    let ints = |values: &[u32], length: usize| -> Tensor<2, Int> {
        let values: Vec<i64> = values.iter().map(|&id| i64::from(id)).collect();
        Tensor::from_data(TensorData::new(values, [batch.rows, length]), device)
    };
    let (source, target) = (batch.inputs_length, batch.targets_length);
    let input = Seq2SeqInput {
        encoder_tokens: ints(&batch.encoder_input_tokens, source),
        encoder_segments: ints(&batch.encoder_segment_ids, source),
        decoder_tokens: ints(&batch.decoder_input_tokens, target),
        decoder_segments: ints(&batch.decoder_segment_ids, target),
    };
    let weights = TensorData::new(batch.decoder_loss_weights.clone(), [batch.rows, target]);
    (
        input,
        ints(&batch.decoder_target_tokens, target),
        Tensor::from_data(weights, device),
    )
}

/// The gradient of every parameter of `model`, in Hugging Face's layout.
pub(crate) fn by_name(model: &T5, gradients: &Gradients) -> BTreeMap<String, Vec<f32>> {
    let mut visitor = ByName {
        gradients,
        path: Vec::new(),
        found: BTreeMap::new(),
    };
    model.visit(&mut visitor);
    visitor.found
}

struct ByName<'a> {
    gradients: &'a Gradients,
    path: Vec<String>,
    found: BTreeMap<String, Vec<f32>>,
}

impl ModuleVisitor for ByName<'_> {
    fn enter_module(&mut self, name: &str, _container_type: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.path.pop();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let (name, transposed) = name_of(&self.path.join("."), true).unwrap();
        let gradient = param.val().grad(self.gradients).unwrap();
        let gradient = if transposed {
            gradient.transpose()
        } else {
            gradient
        };
        let values = gradient.try_into_vec_as::<f32>().unwrap();
        self.found.insert(name, values);
    }
}
