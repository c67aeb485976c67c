//! The few instructions and names of pickles of which a dictionary of tensors is made.
use std::collections::{BTreeMap, BTreeSet};

use safetensors::tensor::Dtype;

mod program;

use program::{Program, instruction};

/// Largest program, bytes.
const LARGEST: usize = 64 << 20;
/// Most objects that it may make, most that it may remember, and most at once on its stack. T5 of 11 billion weights needs 4,000.
const MOST: usize = 1 << 18;
/// Most values that all its tuples and dictionaries may hold.
const VALUES: usize = 1 << 20;
/// Deepest nesting of what is not finished.
const DEEPEST: usize = 64;
/// Most sides of a tensor.
const SIDES: usize = 8;

/// Numbers that tensors are views of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Storage<'a> {
    pub(super) dtype: Dtype,
    pub(super) key: &'a str,
    /// Of numbers.
    pub(super) count: usize,
}

/// A view of a storage.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Tensor<'a> {
    pub(super) storage: Storage<'a>,
    pub(super) offset: usize,
    pub(super) shape: Vec<usize>,
    pub(super) strides: Vec<usize>,
}

/// What names may stand for.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Name {
    OrderedDict,
    RebuildTensor,
    RebuildParameter,
    Storage(Dtype),
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Value<'a> {
    None,
    Bool,
    Int(i64),
    Text(&'a str),
    Name(Name),
    Storage(Storage<'a>),
    /// Among the objects of the machine: what is large or may change is never copied.
    Object(usize),
}

#[derive(Debug)]
enum Object<'a> {
    Tuple(Vec<Value<'a>>),
    Dict(Vec<(Value<'a>, Value<'a>)>),
    Tensor(Tensor<'a>),
}

type Outcome<T> = Result<T, String>;

/// The tensors of a dictionary, in its order.
///
/// # Errors
/// The first instruction or name that is refused, or what does not fit, in words.
pub(super) fn tensors(program: &[u8]) -> Outcome<Vec<(&str, Tensor<'_>)>> {
    if program.len() > LARGEST {
        return Err(format!("its pickle has more than {LARGEST} bytes"));
    }
    let mut machine = Machine {
        program: Program(program),
        ..Machine::default()
    };
    let top = machine.run()?;
    let mut names = BTreeSet::new();
    let mut order = Vec::new();
    for (key, value) in machine.dict(top)? {
        let Value::Text(name) = *key else {
            return Err("a key of its dictionary is no text".to_owned());
        };
        let tensor = match value {
            Value::Object(at) => match machine.objects.get(*at) {
                Some(Object::Tensor(tensor)) => tensor.clone(),
                _ => {
                    return Err(format!(
                        "`{name}` is no tensor: save a state dictionary and nothing else"
                    ));
                }
            },
            _ => {
                return Err(format!(
                    "`{name}` is no tensor: save a state dictionary and nothing else"
                ));
            }
        };
        if !names.insert(name) {
            return Err(format!("`{name}` is there twice"));
        }
        order.push((name, tensor));
    }
    Ok(order)
}

#[derive(Default)]
struct Machine<'a> {
    program: Program<'a>,
    stack: Vec<Value<'a>>,
    /// Heights of the stack at the marks.
    marks: Vec<usize>,
    memo: BTreeMap<u32, Value<'a>>,
    objects: Vec<Object<'a>>,
    /// Values that tuples and dictionaries hold.
    held: usize,
}

impl<'a> Machine<'a> {
    /// Runs to the end; answers what is left.
    fn run(&mut self) -> Outcome<Value<'a>> {
        loop {
            let counts = [self.stack.len(), self.objects.len(), self.memo.len()];
            if counts.into_iter().any(|count| count > MOST) || self.held > VALUES {
                return Err(format!("its pickle makes more than {MOST} objects"));
            }
            let code = self.program.byte()?;
            match code {
                0x80 => match self.program.byte()? {
                    2 => {}
                    other => {
                        return Err(format!("its pickle has protocol {other}, torch writes 2"));
                    }
                },
                b'.' => {
                    let top = self.pop()?;
                    let is_whole =
                        self.stack.is_empty() && self.marks.is_empty() && self.program.0.is_empty();
                    return is_whole
                        .then_some(top)
                        .ok_or_else(|| "its pickle goes on behind its end".to_owned());
                }
                b'N' => self.stack.push(Value::None),
                0x88 | 0x89 => self.stack.push(Value::Bool),
                b'K' => {
                    let int = self.program.byte()?;
                    self.stack.push(Value::Int(int.into()));
                }
                b'M' => {
                    let int = u16::from_le_bytes(self.program.array()?);
                    self.stack.push(Value::Int(int.into()));
                }
                b'J' => {
                    let int = i32::from_le_bytes(self.program.array()?);
                    self.stack.push(Value::Int(int.into()));
                }
                0x8a => {
                    let int = self.program.long()?;
                    self.stack.push(Value::Int(int));
                }
                b'X' => {
                    let text = self.program.text()?;
                    self.stack.push(Value::Text(text));
                }
                b'c' => {
                    let name = self.name()?;
                    self.stack.push(Value::Name(name));
                }
                b'(' => {
                    if self.marks.len() >= DEEPEST {
                        return Err(format!("its pickle is nested deeper than {DEEPEST}"));
                    }
                    self.marks.push(self.stack.len());
                }
                _ => self.build(code)?,
            }
        }
    }

    /// The instructions that take from the stack.
    fn build(&mut self, code: u8) -> Outcome<()> {
        match code {
            b'q' | b'r' => {
                let place = self.program.place(code == b'q')?;
                let top = *self.stack.last().ok_or_else(short)?;
                self.memo.insert(place, top);
            }
            b'h' | b'j' => {
                let place = self.program.place(code == b'h')?;
                let value = self.memo.get(&place).copied();
                self.stack
                    .push(value.ok_or("its pickle recalls what it never kept")?);
            }
            b')' => self.make(Object::Tuple(Vec::new())),
            b'}' => self.make(Object::Dict(Vec::new())),
            b't' => {
                let items = self.since_mark()?;
                self.make(Object::Tuple(items));
            }
            0x85..=0x87 => {
                let from = self.stack.len().checked_sub(usize::from(code) - 0x84);
                let items = self
                    .stack
                    .split_off(from.filter(|it| *it >= self.floor()).ok_or_else(short)?);
                self.make(Object::Tuple(items));
            }
            b's' => {
                let (value, key) = (self.pop()?, self.pop()?);
                self.set(&[key, value])?;
            }
            b'u' => {
                let items = self.since_mark()?;
                self.set(&items)?;
            }
            b'Q' => {
                let id = self.pop()?;
                let storage = self.storage(id)?;
                self.stack.push(Value::Storage(storage));
            }
            b'R' => {
                let (arguments, name) = (self.pop()?, self.pop()?);
                self.reduce(name, arguments)?;
            }
            b'b' => self.annotate()?,
            _ => {
                return Err(format!(
                    "its pickle has the instruction {} (0x{code:02x}), which no dictionary of tensors needs",
                    instruction(code)
                ));
            }
        }
        Ok(())
    }

    /// What a call of a name gives: of three names, and their arguments as torch writes them.
    fn reduce(&mut self, name: Value<'a>, arguments: Value<'a>) -> Outcome<()> {
        let arguments = self.tuple(arguments)?;
        match (name, arguments.as_slice()) {
            (Value::Name(Name::OrderedDict), []) => self.make(Object::Dict(Vec::new())),
            (
                Value::Name(Name::RebuildTensor),
                [
                    Value::Storage(storage),
                    Value::Int(offset),
                    shape,
                    strides,
                    Value::Bool,
                    hooks,
                ],
            ) => {
                if !self.dict(*hooks)?.is_empty() {
                    return Err("a tensor of it has hooks".to_owned());
                }
                let (shape, strides) = (self.sides(*shape)?, self.sides(*strides)?);
                if shape.len() != strides.len() {
                    return Err("a tensor of it has not as many strides as sides".to_owned());
                }
                let tensor = Tensor {
                    storage: *storage,
                    offset: unsigned(*offset)?,
                    shape,
                    strides,
                };
                self.make(Object::Tensor(tensor));
            }
            (
                Value::Name(Name::RebuildParameter),
                [tensor @ Value::Object(at), Value::Bool, hooks],
            ) => {
                let is_tensor = matches!(self.objects.get(*at), Some(Object::Tensor(_)));
                if !is_tensor || !self.dict(*hooks)?.is_empty() {
                    return Err("a parameter of it is none".to_owned());
                }
                self.stack.push(*tensor);
            }
            _ => return Err("its pickle calls a name otherwise than torch does".to_owned()),
        }
        Ok(())
    }

    /// A dictionary of torch's carries `_metadata`, versions of modules, which are of no use here. Nothing else may be set.
    fn annotate(&mut self) -> Outcome<()> {
        let state = self.pop()?;
        let top = *self.stack.last().ok_or_else(short)?;
        self.dict(top)?;
        let state = self.dict(state)?;
        if matches!(state, [] | [(Value::Text("_metadata"), _)]) {
            return Ok(());
        }
        Err("its pickle sets attributes (BUILD) other than `_metadata`".to_owned())
    }

    /// `("storage", torch.FloatStorage, "0", "cpu", 1024)`.
    fn storage(&self, id: Value<'a>) -> Outcome<Storage<'a>> {
        let parts = self.tuple(id)?;
        match parts.as_slice() {
            [
                Value::Text("storage"),
                Value::Name(Name::Storage(dtype)),
                Value::Text(key),
                Value::Text(_),
                Value::Int(count),
            ] => Ok(Storage {
                dtype: *dtype,
                key,
                count: unsigned(*count)?,
            }),
            _ => Err("its pickle refers to what is no storage".to_owned()),
        }
    }

    /// `module\nname\n`.
    fn name(&mut self) -> Outcome<Name> {
        let (module, name) = (self.program.line()?, self.program.line()?);
        Ok(match (module, name) {
            ("collections", "OrderedDict") => Name::OrderedDict,
            ("torch._utils", "_rebuild_tensor_v2") => Name::RebuildTensor,
            ("torch._utils", "_rebuild_parameter") => Name::RebuildParameter,
            ("torch", "FloatStorage") => Name::Storage(Dtype::F32),
            ("torch", "HalfStorage") => Name::Storage(Dtype::F16),
            ("torch", "BFloat16Storage") => Name::Storage(Dtype::BF16),
            ("torch", "DoubleStorage") => Name::Storage(Dtype::F64),
            ("torch", "LongStorage") => Name::Storage(Dtype::I64),
            ("torch", "IntStorage") => Name::Storage(Dtype::I32),
            _ => {
                let whole: String = format!("{module}.{name}").chars().take(100).collect();
                return Err(format!(
                    "its pickle names {whole:?}, which no dictionary of tensors needs"
                ));
            }
        })
    }

    fn make(&mut self, object: Object<'a>) {
        if let Object::Tuple(items) = &object {
            self.held += items.len();
        }
        self.stack.push(Value::Object(self.objects.len()));
        self.objects.push(object);
    }

    /// Adds keys and values, in turns, to the dictionary on top.
    fn set(&mut self, items: &[Value<'a>]) -> Outcome<()> {
        let (pairs, []) = items.as_chunks::<2>() else {
            return Err("its pickle has a key without a value".to_owned());
        };
        self.held += items.len();
        match self.stack.last() {
            Some(Value::Object(at)) if self.stack.len() > self.floor() => {
                match self.objects.get_mut(*at) {
                    Some(Object::Dict(dict)) => {
                        dict.extend(pairs.iter().map(|[key, value]| (*key, *value)));
                        Ok(())
                    }
                    _ => Err("its pickle adds to what is no dictionary".to_owned()),
                }
            }
            _ => Err(short()),
        }
    }

    fn dict(&self, value: Value<'a>) -> Outcome<&[(Value<'a>, Value<'a>)]> {
        match value {
            Value::Object(at) => match self.objects.get(at) {
                Some(Object::Dict(dict)) => Ok(dict),
                _ => Err("its pickle has no dictionary where one belongs".to_owned()),
            },
            _ => Err("its pickle has no dictionary where one belongs".to_owned()),
        }
    }

    fn tuple(&self, value: Value<'a>) -> Outcome<Vec<Value<'a>>> {
        match value {
            Value::Object(at) => match self.objects.get(at) {
                Some(Object::Tuple(items)) if items.len() <= SIDES => Ok(items.clone()),
                _ => Err("its pickle has no short tuple where one belongs".to_owned()),
            },
            _ => Err("its pickle has no short tuple where one belongs".to_owned()),
        }
    }

    fn sides(&self, value: Value<'a>) -> Outcome<Vec<usize>> {
        let sides = self.tuple(value)?.into_iter().map(|side| match side {
            Value::Int(side) => unsigned(side),
            _ => Err("a side of a tensor is no number".to_owned()),
        });
        sides.collect()
    }

    /// How far down the stack may be taken.
    fn floor(&self) -> usize {
        self.marks.last().copied().unwrap_or(0)
    }

    fn pop(&mut self) -> Outcome<Value<'a>> {
        if self.stack.len() <= self.floor() {
            return Err(short());
        }
        self.stack.pop().ok_or_else(short)
    }

    fn since_mark(&mut self) -> Outcome<Vec<Value<'a>>> {
        let mark = self
            .marks
            .pop()
            .ok_or("its pickle has no mark where one belongs")?;
        Ok(self.stack.split_off(mark.min(self.stack.len())))
    }
}

fn unsigned(int: i64) -> Outcome<usize> {
    usize::try_from(int).map_err(|_| format!("a tensor of it has the size, stride or place {int}"))
}

fn short() -> String {
    "its pickle takes from an empty stack".to_owned()
}
