//! A folder takes the place of another.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Where the folder is that was there before.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Moved {
    /// There was none.
    Nothing,
    /// It has to be removed there.
    OldIsAt(PathBuf),
}

/// Moves `new` to `place`. What is there changes places with it at once or, where the file system cannot do
/// that, is moved aside first.
pub(super) fn put_in_place(new: &Path, place: &Path) -> io::Result<Moved> {
    if !place.exists() {
        fs::rename(new, place)?;
        return Ok(Moved::Nothing);
    }
    if exchange(new, place).is_ok() {
        return Ok(Moved::OldIsAt(new.to_path_buf()));
    }
    let aside = aside(place);
    fs::rename(place, &aside)?;
    if let Err(error) = fs::rename(new, place) {
        fs::rename(&aside, place)?;
        return Err(error);
    }
    Ok(Moved::OldIsAt(aside))
}

#[cfg(target_os = "linux")]
fn exchange(a: &Path, b: &Path) -> io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    Ok(renameat_with(CWD, a, CWD, b, RenameFlags::EXCHANGE)?)
}

#[cfg(not(target_os = "linux"))]
fn exchange(_: &Path, _: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

fn aside(place: &Path) -> PathBuf {
    let mut name = place.file_name().unwrap_or_default().to_os_string();
    name.push(format!(".old-{}", std::process::id()));
    place.with_file_name(name)
}

/// Folders that may have been moved aside from `place`.
pub(super) fn moved_aside(place: &Path) -> Vec<PathBuf> {
    let Some(name) = place.file_name().map(|name| format!("{}.old-", name.to_string_lossy())) else {
        return Vec::new();
    };
    let parent = place.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let entries = fs::read_dir(parent).into_iter().flatten().flatten();
    let is_aside = |entry: &fs::DirEntry| {
        let found = entry.file_name();
        found
            .to_string_lossy()
            .strip_prefix(&name)
            .is_some_and(|id| id.bytes().all(|byte| byte.is_ascii_digit()))
    };
    entries.filter(is_aside).map(|entry| entry.path()).collect()
}

/// Makes what a folder names last through a loss of power; where that cannot be asked for, nothing is lost by
/// trying.
pub(super) fn sync(folder: &Path) {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let _ = fs::File::open(folder).and_then(|folder| folder.sync_all());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_folders_change_places_or_one_is_moved_aside() {
        let folder = tempfile::tempdir().unwrap();
        let (new, place) = (folder.path().join("m.partial"), folder.path().join("m"));
        for (at, name) in [(&new, "new"), (&place, "old")] {
            fs::create_dir(at).unwrap();
            fs::write(at.join(name), "").unwrap();
        }
        let Moved::OldIsAt(old) = put_in_place(&new, &place).unwrap() else { panic!("there was one") };
        assert!(place.join("new").exists() && old.join("old").exists());
        fs::rename(&old, folder.path().join("m.old-17")).unwrap();
        fs::create_dir(folder.path().join("m.old-mine")).unwrap();
        assert_eq!(moved_aside(&place), [folder.path().join("m.old-17")]);
    }
}
