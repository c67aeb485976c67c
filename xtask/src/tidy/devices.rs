//! One file names a backend; everybody else is given a device.
use super::Violation;
use super::features::DEVICE;
use super::rust::words;
use super::tree::Tree;

const RULE: &str = "devices";

/// Constructors that choose a backend.
const CONSTRUCTORS: &[&str] = &[
    "Device::cpu",
    "Device::cuda",
    "Device::flex",
    "Device::libtorch",
    "Device::metal",
    "Device::ndarray",
    "Device::rocm",
    "Device::vulkan",
    "Device::webgpu",
    "Device::wgpu",
];

/// Reports [`CONSTRUCTORS`] outside the device file and tests.
pub(super) fn check(tree: &Tree) -> Vec<Violation> {
    let mut broken = Vec::new();
    for (file, rust) in tree.rust() {
        if file.path == DEVICE || file.is_test() {
            continue;
        }
        for line in rust.code_lines().filter(|line| !line.in_test) {
            for name in CONSTRUCTORS
                .iter()
                .filter(|name| words(line.text, name).next().is_some())
            {
                let message =
                    format!("only {DEVICE} may call `{name}`: take a `&Device` as an argument");
                broken.push(Violation::new(&file.path, line.number, RULE, message));
            }
        }
    }
    broken
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_may_name_a_backend_and_sources_may_not() {
        let inside = "/// Not `Device::flex`.\nfn f() {}\n#[cfg(test)]\nmod tests {\n    fn g() { Device::flex(); }\n}\n";
        let outside = "fn f() {\n    Device::wgpu(kind)\n}\n";
        let tree = Tree::of_files(&[
            (DEVICE, outside),
            ("crates/ext5-model/src/a.rs", inside),
            ("crates/ext5-model/src/b.rs", outside),
            ("crates/ext5-model/tests/c.rs", outside),
        ]);
        let broken: Vec<_> = check(&tree)
            .into_iter()
            .map(|it| (it.path, it.line))
            .collect();
        assert_eq!(broken, [("crates/ext5-model/src/b.rs".to_owned(), 2)]);
    }
}
