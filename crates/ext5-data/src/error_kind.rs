/// What sort of thing went wrong, over all crates; its number is the exit code of the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
#[repr(u8)]
pub enum ErrorKind {
    /// Anything without a code of its own.
    Other = 1,
    /// The command or a name in it is wrong.
    Request = 64,
    /// A file is damaged, a row does not hold what it should, or a loss is no number.
    Data = 65,
    /// A file, directory, task or column that is named does not exist.
    Missing = 66,
    /// A service or feature is not to be had here.
    Unavailable = 69,
    /// The compute device failed or is not present.
    Device = 71,
    /// A directory is in use by another process.
    Locked = 73,
    /// Reading or writing failed, for example on a full disk.
    Io = 74,
    /// A run was asked to stop and has saved everything; starting it again continues it.
    Stopped = 75,
    /// The operating system refuses access.
    Permission = 77,
    /// A configuration, task or mixture file is wrong.
    Config = 78,
    /// The user interrupted the process.
    Interrupted = 130,
}

impl ErrorKind {
    /// The exit code of a process that ends with this error.
    pub const fn exit_code(self) -> u8 {
        self as u8
    }
}
