//! A file that is either whole or not there, or the standard output.

use std::fs::{self, File, OpenOptions};
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
        // The process number keeps two commands with one target apart.
        let part = format!(".{}.{}.part", name.to_string_lossy(), std::process::id());
        let part = path.with_file_name(part);
        let file = File::create(&part).map_err(|error| Failure::file("write", path, &error))?;
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
