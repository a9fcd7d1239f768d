//! A file that is either whole or not there, or the standard output.

use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::hash::{BuildHasher, RandomState};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// Where results of any size go.
pub(crate) enum Output<'a> {
    /// The standard output.
    Stream(BufWriter<&'a mut dyn Write>),
    /// What is no file, such as `/dev/stdout` or a pipe: written to as it is.
    Device { device: BufWriter<File>, path: PathBuf },
    /// Beside its place until it is whole.
    File { file: BufWriter<File>, part: PathBuf, path: PathBuf },
}

impl<'a> Output<'a> {
    /// `-` and no path stand for `stream`.
    pub(crate) fn open(path: Option<&Path>, stream: &'a mut dyn Write) -> Result<Self, Failure> {
        let Some(path) = path.filter(|path| *path != Path::new("-")) else {
            return Ok(Self::Stream(BufWriter::new(stream)));
        };
        let Some(name) = path.file_name().filter(|_| !path.is_dir()) else {
            return Err(Failure::new(format!(
                "`{}` is a folder; expected the name of a file",
                path.display()
            )));
        };
        if fs::metadata(path).is_ok_and(|there| !there.is_file()) {
            let device = OpenOptions::new().write(true).open(path);
            let device = device.map_err(|error| Failure::file("write", path, &error))?;
            return Ok(Self::Device { device: BufWriter::new(device), path: path.to_path_buf() });
        }
        Self::beside(path, name)
    }

    fn beside(path: &Path, name: &OsStr) -> Result<Self, Failure> {
        let (file, part) = part_of(path, name).map_err(|error| Failure::file("write", path, &error))?;
        Ok(Self::File { file: BufWriter::new(file), part, path: path.to_path_buf() })
    }

    /// Puts the file into its place.
    pub(crate) fn finish(&mut self) -> Result<(), Failure> {
        match self {
            Self::Stream(stream) => Ok(stream.flush()?),
            Self::Device { device, path } => {
                device.flush().map_err(|error| Failure::file("write", path, &error))
            }
            Self::File { file, part, path } => {
                let moved = file.flush().and_then(|()| file.get_ref().sync_all());
                let moved = moved.and_then(|()| fs::rename(&*part, &*path));
                moved.map_err(|error| Failure::file("write", path, &error))
            }
        }
    }
}

/// Writes a file of one of kitae's folders: whole or not at all, and never into what a link or a pipe of its
/// name leads to.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let mut output = Output::beside(path, path.file_name().unwrap_or_default())?;
    output.write_all(bytes).map_err(|error| Failure::file("write", path, &error))?;
    output.finish()
}

/// A new file beside `path`. Nobody can foresee its name, so nobody can have put a link or a pipe in its
/// place, and two commands with one target stay apart.
fn part_of(path: &Path, name: &OsStr) -> io::Result<(File, PathBuf)> {
    let keys = RandomState::new();
    let mut attempt = 0_u32;
    loop {
        let part = format!(".{}.{:016x}.part", name.to_string_lossy(), keys.hash_one(attempt));
        let part = path.with_file_name(part);
        match OpenOptions::new().write(true).create_new(true).open(&part) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && attempt < 8 => attempt += 1,
            file => return Ok((file?, part)),
        }
    }
}

impl Write for Output<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Stream(stream) => stream.write(bytes),
            Self::Device { device, .. } => device.write(bytes),
            Self::File { file, .. } => file.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Stream(stream) => stream.flush(),
            Self::Device { device, .. } => device.flush(),
            Self::File { file, .. } => file.flush(),
        }
    }
}

impl Drop for Output<'_> {
    /// Removes what is left of a file that never became whole.
    fn drop(&mut self) {
        if let Self::File { part, .. } = self {
            // After `finish` there is nothing to remove.
            let _ = fs::remove_file(part);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_an_unfinished_file_cannot_be_foreseen() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("p.csv");
        let names: Vec<PathBuf> = (0..2).map(|_| part_of(&path, OsStr::new("p.csv")).unwrap().1).collect();
        assert_ne!(names[0], names[1]);
        let id = std::process::id().to_string();
        assert!(names.iter().all(|name| !name.display().to_string().contains(&format!(".{id}."))));
    }
}
