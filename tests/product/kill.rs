//! A run that is killed at any moment can be resumed and ends with the bits of a run that was not.

use std::process::{Command, Stdio};
use std::time::Duration;

use crate::common::{Workplace, flowers};

const FLAGS: &str = "--target kind --preset fast --epochs 60 --hidden 16,16 --folds 3 --normalisation batch \
     --threads 2 --device flex --quiet --checkpoint-every 0";

/// Starts a training in `workplace` and kills it after `delay`, whatever it is doing.
fn start_and_kill(workplace: &Workplace, words: &str, delay: Duration) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_kitae-under-test"))
        .args(words.split_whitespace())
        .current_dir(workplace.path(""))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    std::thread::sleep(delay);
    // It may have ended already; then there is nothing to kill.
    let _ = child.kill();
    child.wait().unwrap();
}

#[test]
fn a_run_killed_again_and_again_ends_with_the_same_bits() {
    let workplace = Workplace::new();
    workplace.write("flowers.csv", &flowers(150));
    workplace.kitae(&format!("train flowers.csv --out whole {FLAGS}")).ok();
    let whole = std::fs::read(workplace.path("whole/weights.safetensors")).unwrap();
    for first in [30, 90, 170, 350] {
        let out = format!("killed-{first}");
        start_and_kill(
            &workplace,
            &format!("train flowers.csv --out {out} {FLAGS}"),
            Duration::from_millis(first),
        );
        for delay in [60, 110, 230] {
            if workplace.path(&format!("{out}.partial/run.json")).exists() {
                let again =
                    format!("train --resume {out} --threads 2 --device flex --quiet --checkpoint-every 0");
                start_and_kill(&workplace, &again, Duration::from_millis(delay));
            }
        }
        finish(&workplace, &out);
        let killed = std::fs::read(workplace.path(&format!("{out}/weights.safetensors"))).unwrap();
        assert!(killed == whole, "killed after {first} ms");
    }
}

/// Ends the run, wherever the last kill left it.
fn finish(workplace: &Workplace, out: &str) {
    if workplace.path(&format!("{out}/model.json")).exists() {
        return;
    }
    if workplace.path(&format!("{out}.partial/run.json")).exists() {
        workplace.kitae(&format!("train --resume {out} --threads 2 --device flex --quiet")).ok();
    } else {
        // Killed before it had begun: nothing is lost, and the command can be given again.
        workplace.kitae(&format!("train flowers.csv --out {out} --overwrite {FLAGS}")).ok();
    }
}
