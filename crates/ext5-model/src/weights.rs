use burn::module::{Param, ParamId};
use burn::tensor::{Device, Tensor};

/// A parameter `[rows, columns]` that holds nothing until it is filled.
pub(crate) fn matrix(shape: [usize; 2], device: &Device) -> Param<Tensor<2>> {
    let create = move |device: &Device, grad| trained(Tensor::zeros(shape, device), grad);
    Param::uninitialized(ParamId::new(), create, device.clone(), true, shape.into())
}

/// A parameter `[width]` that holds nothing until it is filled.
pub(crate) fn vector(width: usize, device: &Device) -> Param<Tensor<1>> {
    let create = move |device: &Device, grad| trained(Tensor::zeros([width], device), grad);
    Param::uninitialized(ParamId::new(), create, device.clone(), true, [width].into())
}

fn trained<const D: usize>(tensor: Tensor<D>, grad: bool) -> Tensor<D> {
    let grad = grad && tensor.is_autodiff();
    tensor.set_require_grad(grad)
}
