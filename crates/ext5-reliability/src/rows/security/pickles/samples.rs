//! Files that are no dictionary of tensors, or that lie.
use crate::rows::security::zip::{Member, archive, stored};

/// A file that must be refused.
pub(super) struct Sample {
    pub(super) what: &'static str,
    pub(super) file: Vec<u8>,
}

const DICT: &[u8] = b"ccollections\nOrderedDict\n)R";
/// Numbers in the only storage.
const COUNT: i32 = 4;

/// All of them; `command` is what they want to run.
pub(super) fn samples(command: &str) -> Vec<Sample> {
    let mut all = programs(command);
    all.extend(bombs());
    all.extend(tensors());
    all.extend(archives());
    all
}

/// A dictionary of nothing.
pub(super) fn harmless() -> Vec<u8> {
    file(&join(&[DICT, b"."]))
}

fn join(parts: &[&[u8]]) -> Vec<u8> {
    parts.concat()
}

/// A file with a program of protocol 2 and a storage of four numbers.
fn file(body: &[u8]) -> Vec<u8> {
    let program = join(&[b"\x80\x02", body]);
    stored(&[
        ("x/data.pkl", &program),
        ("x/byteorder", b"little"),
        ("x/data/0", &[0; 16]),
    ])
}

fn text(text: &str) -> Vec<u8> {
    join(&[b"X", &(text.len() as u32).to_le_bytes(), text.as_bytes()])
}

fn int(int: i32) -> Vec<u8> {
    join(&[b"J", &int.to_le_bytes()])
}

fn ints(all: &[i32]) -> Vec<u8> {
    let items: Vec<Vec<u8>> = all.iter().map(|it| int(*it)).collect();
    join(&[b"(", &items.concat(), b"t"])
}

/// A dictionary with one tensor, as torch writes it.
fn tensor(count: i32, offset: i32, shape: &[i32], strides: &[i32], hooks: &[u8]) -> Vec<u8> {
    let storage = join(&[
        b"(",
        &text("storage"),
        b"ctorch\nFloatStorage\n",
        &text("0"),
        &text("cpu"),
        &int(count),
        b"tQ",
    ]);
    let view = join(&[&int(offset), &ints(shape), &ints(strides), b"\x89", hooks]);
    let built = join(&[
        b"ctorch._utils\n_rebuild_tensor_v2\n(",
        &storage,
        &view,
        b"tR",
    ]);
    join(&[DICT, b"(", &text("w"), &built, b"u."])
}

/// Programs that do something.
fn programs(command: &str) -> Vec<Sample> {
    let argument = text(command);
    let call = |name: &str| file(&join(&[b"c", name.as_bytes(), b"\n(", &argument, b"tR."]));
    let mut all: Vec<Sample> = [
        ("os.system, called", "os\nsystem"),
        ("posix.system, called", "posix\nsystem"),
        ("subprocess.Popen, called", "subprocess\nPopen"),
        ("builtins.eval, called", "builtins\neval"),
        ("builtins.exec, called", "builtins\nexec"),
        ("__builtin__.eval, called", "__builtin__\neval"),
        ("builtins.getattr, called", "builtins\ngetattr"),
        ("runpy._run_code, called", "runpy\n_run_code"),
        ("torch.load, called", "torch\nload"),
        ("torch.hub.load, called", "torch.hub\nload"),
        ("webbrowser.open, called", "webbrowser\nopen"),
        (
            "torch's older rebuild, called",
            "torch._utils\n_rebuild_tensor",
        ),
        (
            "a name within an allowed one",
            "collections\nOrderedDict.fromkeys",
        ),
        ("an allowed name with a blank", "collections\nOrderedDict "),
        ("a storage, called", "torch\nFloatStorage"),
    ]
    .into_iter()
    .map(|(what, name)| Sample {
        what,
        file: call(name),
    })
    .collect();
    let mut add = |what, body: &[u8]| {
        all.push(Sample {
            what,
            file: file(body),
        });
    };
    add(
        "names from the stack",
        &join(&[&text("os"), &text("system"), b"\x93(", &argument, b"tR."]),
    );
    add("INST", &join(&[b"(", &argument, b"ios\nsystem\n."]));
    add("OBJ", &join(&[b"(cos\nsystem\n", &argument, b"o."]));
    add("NEWOBJ", b"ccollections\nOrderedDict\n)\x81.");
    add("EXT1", b"\x82\x01.");
    add("EXT4", b"\x84\x01\x00\x00\x00.");
    add("a persistent name as a line", b"Pos.system\n.");
    add(
        "BUILD of an attribute",
        &join(&[DICT, b"}", &text("__class__"), &text("x"), b"sb."]),
    );
    add("BUILD of a name", &join(&[b"ctorch\nFloatStorage\n}b."]));
    add(
        "hooks",
        &tensor(COUNT, 0, &[4], &[1], &join(&[DICT, &int(0), &int(0), b"s"])),
    );
    let four = join(&[b"\x80\x04", &text("os"), &text("system"), b"\x93."]);
    all.push(Sample {
        what: "protocol 4",
        file: stored(&[("x/data.pkl", &four)]),
    });
    all
}

/// Programs that want all memory or all time.
fn bombs() -> Vec<Sample> {
    let memo: Vec<u8> = (0..1_000_000_u32)
        .flat_map(|place| join(&[b"r", &place.to_le_bytes()]))
        .collect();
    let doubled: Vec<u8> = (0..60_u8)
        .flat_map(|at| [b'q', at, b'h', at, 0x86])
        .collect();
    let entries = b"KKKK".repeat(250_000);
    let grown: Vec<u8> = (0..40)
        .flat_map(|_| join(&[b"(", &entries, b"u"]))
        .collect();
    let programs: Vec<(&'static str, Vec<u8>)> = vec![
        ("a million of memories", join(&[b"N", &memo, b"."])),
        ("a hundred thousand marks", b"(".repeat(100_000)),
        ("a stack of ten millions", b"N".repeat(10_000_000)),
        ("a million of empty tuples", b")".repeat(1_000_000)),
        ("pairs of pairs, sixty deep", join(&[b")", &doubled, b"."])),
        (
            "a dictionary of ten million keys",
            join(&[DICT, &grown, b"."]),
        ),
        (
            "a text that says it has 4 GiB",
            b"X\xff\xff\xff\xffa.".to_vec(),
        ),
        (
            "a number of 255 bytes",
            join(&[b"\x8a\xff", &[1; 255], b"."]),
        ),
        ("a memory that was never kept", b"h\x07.".to_vec()),
        ("no end", DICT.to_vec()),
        (
            "something behind the end",
            join(&[DICT, b".cos\nsystem\n."]),
        ),
        ("an empty stack", b"R.".to_vec()),
        ("a key without a value", join(&[DICT, b"(K\x01u."])),
        ("a key that is no text", join(&[DICT, b"K\x01K\x02s."])),
        (
            "a value that is no tensor",
            join(&[DICT, &text("a"), b"K\x02s."]),
        ),
    ];
    programs
        .into_iter()
        .map(|(what, body)| Sample {
            what,
            file: file(&body),
        })
        .collect()
}

/// Tensors that are not where they say.
fn tensors() -> Vec<Sample> {
    let plain = |count, offset, shape: &[i32], strides: &[i32]| {
        file(&tensor(count, offset, shape, strides, DICT))
    };
    let all: Vec<(&'static str, Vec<u8>)> = vec![
        ("a huge shape", plain(COUNT, 0, &[i32::MAX; 4], &[1; 4])),
        ("a shape beyond the storage", plain(COUNT, 0, &[5], &[1])),
        (
            "a stride beyond the storage",
            plain(COUNT, 0, &[2, 2], &[4, 1]),
        ),
        ("an offset beyond the storage", plain(COUNT, 2, &[3], &[1])),
        ("a negative offset", plain(COUNT, -1, &[1], &[1])),
        ("a negative stride", plain(COUNT, 3, &[4], &[-1])),
        ("a negative side", plain(COUNT, 0, &[-4], &[1])),
        (
            "one number, a billion times",
            plain(COUNT, 0, &[1_000_000_000], &[0]),
        ),
        (
            "a storage shorter than declared",
            plain(400, 0, &[400], &[1]),
        ),
        ("a storage longer than declared", plain(2, 0, &[2], &[1])),
        ("more strides than sides", plain(COUNT, 0, &[4], &[1, 1])),
        ("nine sides", plain(COUNT, 0, &[1; 9], &[1; 9])),
    ];
    all.into_iter()
        .map(|(what, file)| Sample { what, file })
        .collect()
}

/// Archives that are none of torch's.
fn archives() -> Vec<Sample> {
    let good = join(&[b"\x80\x02", &tensor(COUNT, 0, &[4], &[1], DICT)]);
    let data = |more: &[(&str, &[u8])]| {
        let mut members: Vec<(&str, &[u8])> = vec![("x/data.pkl", &good), ("x/data/0", &[0; 16])];
        members.extend(more);
        stored(&members)
    };
    let with = |change: &dyn Fn(&mut Member<'_>)| {
        let mut members = [
            Member::stored("x/data.pkl", &good),
            Member::stored("x/data/0", &[0; 16]),
        ];
        change(&mut members[1]);
        archive(&members)
    };
    let bomb = with(&|member| {
        member.method = 8;
        member.size = 0xffff_fff0;
    });
    let mut cut = data(&[]);
    cut.truncate(cut.len() - 30);
    let mut flipped = data(&[]);
    if let Some(byte) = flipped.get_mut(60) {
        *byte ^= 1;
    }
    let all: Vec<(&'static str, Vec<u8>)> = vec![
        ("a bomb of zip", bomb),
        ("a size of 4 GiB", with(&|member| member.size = 0xffff_fff0)),
        (
            "members inside one another",
            with(&|member| member.place = Some(0)),
        ),
        (
            "a member beyond the end",
            with(&|member| member.place = Some(0xfff_ffff)),
        ),
        ("a name that leads out", data(&[("../../x", b"x")])),
        ("an absolute name", data(&[("/etc/passwd", b"x")])),
        ("two programs", data(&[("y/data.pkl", &good)])),
        (
            "a program of TorchScript",
            data(&[("x/constants.pkl", b"x")]),
        ),
        ("big-endian numbers", data(&[("x/byteorder", b"big")])),
        ("no storage", stored(&[("x/data.pkl", &good)])),
        ("a directory that is cut off", cut),
        ("a byte that has changed", flipped),
        (
            "torch before 1.6",
            b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03.".to_vec(),
        ),
        ("nothing", Vec::new()),
    ];
    all.into_iter()
        .map(|(what, file)| Sample { what, file })
        .collect()
}
