//! Programs that the configuration names: started without a shell and with an empty environment, and ended with all their children when their time is over.

use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};

use crate::config::Hook;

/// Runs it to its end. Fails with why it did not work.
pub(crate) fn run(hook: &Hook) -> Result<(), String> {
    let (program, arguments) = hook.command.split_first().ok_or("no program is named")?;
    let mut command = Command::new(program);
    command.args(arguments).env_clear().env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin").current_dir("/");
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
    let mut child = command.spawn().map_err(|why| format!("it cannot be started: {why}"))?;
    let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    let (tell, ended) = mpsc::channel();
    std::thread::spawn(move || tell.send(child.wait()));
    let outcome = ended.recv_timeout(Duration::from_secs(hook.seconds));
    // What it has left running goes, too.
    if let Some(group) = group {
        // None of them may be left.
        kill_process_group(group, Signal::KILL).ok();
    }
    match outcome {
        Ok(Ok(status)) if status.success() => Ok(()),
        Ok(Ok(status)) => Err(status.to_string()),
        Ok(Err(why)) => Err(why.to_string()),
        Err(_) => Err(format!("it took longer than {} seconds", hook.seconds)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hook(command: &[&str], seconds: u64) -> Hook {
        Hook { command: command.iter().map(|&part| part.to_owned()).collect(), seconds }
    }

    #[test]
    fn it_runs_to_its_end_or_is_ended() {
        assert_eq!(run(&hook(&["/bin/true"], 10)), Ok(()));
        assert!(run(&hook(&["/bin/false"], 10)).is_err() && run(&hook(&["/not/there"], 10)).is_err());
        let why = run(&hook(&["/bin/sh", "-c", "sleep 60 & sleep 60"], 0)).unwrap_err();
        assert!(why.contains("longer"), "{why}");
    }
}
