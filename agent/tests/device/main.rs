//! The real program on a device, against a real server with TLS of its own, and against one that lies. Programs work in real time here: every wait is
//! for something to be so.

mod house;
mod liar;

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

use house::{Device, House, until};

/// Data of an application, with links to what is outside of it.
fn application(device: &Device) -> (std::path::PathBuf, std::path::PathBuf) {
    let (data, outside) = (device.path("srv/app/data"), device.path("outside"));
    fs::create_dir_all(data.join("mail/2026")).expect("made");
    fs::create_dir_all(&outside).expect("made");
    fs::write(data.join("mail/2026/letter"), "業務データ").expect("written");
    fs::write(outside.join("kept"), "大切なもの").expect("written");
    symlink(&outside, data.join("link")).expect("linked");
    symlink(outside.join("kept"), data.join("mail/link")).expect("linked");
    (data, outside)
}

fn lines(file: &Path) -> usize {
    fs::read_to_string(file).map_or(0, |text| text.lines().count())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_gives_up_the_data_and_nothing_besides() {
    let house = House::open().await;
    let mut device = house.device();
    let (data, outside) = application(&device);
    let file = device.path("srv/single");
    fs::write(&file, "業務データ").expect("written");
    let out = device.path("signed-out");
    device.configure(&format!(
        "[[sign_out]]\ncommand = [\"/bin/sh\", \"-c\", \"env >> {out}; echo\", \"x\"]\n[[data]]\npath = \"{}\"\n[[data]]\npath = \"{}\"\n[[data]]\npath = \"/srv/not/there\"\n",
        data.display(),
        file.display(),
        out = out.display()
    ));
    device.enrols(&house).await;
    device.starts();
    let wipe = house.asks(&device, "sign_out").await;
    house.becomes(&wipe, "confirmed").await;
    assert!(data.exists() && out.exists());
    // Nothing of the service's own environment reaches a program.
    let environment = fs::read_to_string(&out).expect("written");
    assert!(!environment.contains("SECRET_OF_THE_TEST") && environment.contains("PATH="), "{environment}");
    let wipe = house.asks(&device, "data").await;
    let row = house.becomes(&wipe, "confirmed").await;
    assert!(!data.exists() && !file.exists());
    assert_eq!(fs::read_to_string(outside.join("kept")).expect("it is there"), "大切なもの");
    for told in ["letter", "single", "absent"] {
        assert_eq!(row.receipt.contains(told), told != "letter", "{told}: {}", row.receipt);
    }
    // The whole device is another matter.
    let wipe = house.asks(&device, "device").await;
    assert_eq!(house.becomes(&wipe, "impossible").await.cause, "refused");
    device.says("status", &["data", "tanaka@sakura", "the server knows"]);
    // Where it is allowed, the program that the configuration names does it.
    let whole = device.path("whole");
    device.configure(&format!(
        "[whole_device]\nallowed = true\ncommand = [\"/usr/bin/touch\", \"{}\"]\n",
        whole.display()
    ));
    let wipe = house.asks(&device, "device").await;
    house.becomes(&wipe, "confirmed").await;
    assert!(whole.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_midway_it_finishes_after_a_restart_and_answers_once() {
    let house = House::open().await;
    let mut device = house.device();
    let (data, outside) = application(&device);
    let second = device.path("srv/other");
    fs::create_dir_all(&second).expect("made");
    let (first, gate) = (device.path("first"), device.path("gate"));
    assert!(std::process::Command::new("mkfifo").arg(&gate).status().expect("mkfifo").success());
    device.configure(&format!(
        "[[sign_out]]\ncommand = [\"/bin/sh\", \"-c\", \"echo once >> {}\"]\n[[sign_out]]\ncommand = [\"/bin/cat\", \"{}\"]\n[[data]]\npath = \"{}\"\n[[data]]\npath = \"{}\"\n",
        first.display(),
        gate.display(),
        data.display(),
        second.display()
    ));
    device.enrols(&house).await;
    device.starts();
    let wipe = house.asks(&device, "data").await;
    // The gate opens when the program stands at it.
    let holds = fs::OpenOptions::new().write(true).open(&gate).expect("somebody reads");
    assert_eq!((lines(&first), data.exists()), (1, true));
    device.killed();
    drop(holds);
    // Meanwhile somebody puts a link into the path.
    let (app, moved) = (device.path("srv/app"), device.path("moved"));
    fs::rename(&app, &moved).expect("moved");
    fs::create_dir_all(outside.join("data")).expect("made");
    fs::write(outside.join("data/kept"), "大切なもの").expect("written");
    symlink(&outside, &app).expect("linked");
    assert_eq!(house.state(&wipe).await.state, "sent");
    device.starts();
    drop(fs::OpenOptions::new().write(true).open(&gate).expect("it stands there again"));
    let row = house.becomes(&wipe, "failed").await;
    assert_eq!(row.cause, "not_removed");
    assert!(row.receipt.contains("symbolic link"), "{}", row.receipt);
    assert!(outside.join("data/kept").exists() && outside.join("kept").exists() && !second.exists());
    assert_eq!(lines(&first), 1, "what was done is not done again");
    device.killed();
    device.starts();
    // Another command, with the path put right, does the rest; of the first there is one answer.
    fs::remove_file(&app).expect("unlinked");
    fs::rename(&moved, &app).expect("moved");
    let wipe = house.asks(&device, "data").await;
    drop(fs::OpenOptions::new().write(true).open(&gate).expect("it stands there again"));
    house.becomes(&wipe, "confirmed").await;
    assert!(!data.exists() && outside.join("kept").exists());
    assert_eq!(house.deeds("agent_wipe_ended").await, 2);
    assert_eq!(house.deeds("agent_receipt_refused").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_server_is_away_it_waits_and_does_its_work_when_it_is_back() {
    let mut house = House::open().await;
    let mut device = house.device();
    let data = device.path("srv/data");
    fs::create_dir_all(&data).expect("made");
    device.configure(&format!("[[data]]\npath = \"{}\"\n", data.display()));
    device.enrols(&house).await;
    house.closes().await;
    device.starts();
    until("it says that it waits", || device.log().contains("cannot be reached")).await;
    let wipe = house.asks(&device, "data").await;
    house.opens_again().await;
    house.becomes(&wipe, "confirmed").await;
    assert!(!data.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_leaves_or_is_taken_out() {
    let house = House::open().await;
    let mut device = house.device();
    device.configure("");
    device.enrols(&house).await;
    device.fails("enrol", &["--server", &house.url(), "--code", "AGT-X"], "this device is enrolled");
    house.asks(&device, "data").await;
    device.fails("leave", &[], "something to be done first");
    house.sql("update agents set ended_at = 1").await;
    device.starts();
    assert!(device.ends_well().await, "a service that has nothing to do ends well: {}", device.log());
    device.says("status", &["taken out"]);
    device.says("leave", &["taken out"]);
    device.says("status", &["not enrolled"]);
    device.fails("enrol", &["--server", &house.url(), "--code", "AGT-CCCC-CCCC-CCCC-CCCC"], "does not take this code");
    device.fails("enrol", &["--server", "http://id.example.jp", "--code", "x"], "begins with https://");
    device.enrols(&house).await;
    device.says("leave", &["taken out"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_others_may_write_is_not_used() {
    let house = House::open().await;
    let device = house.device();
    device.configure("");
    let mode = |name: &str, mode| {
        fs::set_permissions(device.path(name), fs::Permissions::from_mode(mode)).expect("set");
    };
    mode("agent.toml", 0o666);
    device.fails("enrol", &["--server", &house.url(), "--code", "x"], "can be written by others");
    mode("agent.toml", 0o644);
    fs::create_dir(device.path("state")).expect("made");
    mode("state", 0o755);
    device.fails("status", &[], "others may look into");
    mode("state", 0o777);
    device.fails("status", &[], "can be written by others");
    mode("state", 0o700);
    device.says("status", &["not enrolled"]);
    for refused in
        ["[[data]]\npath = \"/etc/x\"", "[[data]]\npath = \"/home\"", "[[data]]\npath = \"/srv/../etc\"", "unknown = 1"]
    {
        device.configure(refused);
        device.fails("enrol", &["--server", &house.url(), "--code", "x"], "agent.toml");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_that_are_forged_foreign_or_repeated_are_refused() {
    let house = House::open().await;
    let mut device = house.device();
    let out = device.path("signed-out");
    device.configure(&format!("[[sign_out]]\ncommand = [\"/bin/sh\", \"-c\", \"echo >> {}\"]\n", out.display()));
    let liar = liar::Liar::open().await;
    device.enrols_at(&liar.url, "AGT-ANY");
    device.starts();
    let bad = [
        liar::Liar::forged(),
        liar.receipt_as_command(),
        liar.for_another_device(),
        liar.for_another_member(),
        liar.over(),
    ];
    liar.sends(&bad).await;
    let said = ["it is not signed by the workspace", "it is for another device or member", "it is over"];
    until("all are refused", || {
        let log = device.log();
        said.iter().map(|said| log.matches(&format!("a command is refused: {said}")).count()).eq([2, 2, 1])
    })
    .await;
    assert_eq!(lines(&out), 0);
    let good = liar.good();
    liar.sends(std::slice::from_ref(&good)).await;
    until("it is carried out", || lines(&out) == 1).await;
    until("it is answered", || liar.receipts() == 1).await;
    liar.sends(&[good]).await;
    until("the second time it is refused", || device.log().contains("it was here before")).await;
    assert_eq!((lines(&out), liar.receipts()), (1, 1));
}
