//! One Chromium with its ChromeDriver, of its own and empty, gone at the end however the test ends.

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use aikagi::model::Locale;
use thirtyfour::extensions::query::ElementPollerWithTimeout;
use thirtyfour::{ChromiumLikeCapabilities, DesiredCapabilities, LoggingPrefsLogLevel, WebDriver};

/// Starts the program given, and kills all that came of it when standard input ends. It leads a process group of its
/// own, so that Chromium dies with it also when this process is killed.
const GUARD: &str = r#"trap "" INT TERM HUP; "$@" & cat >/dev/null; kill -KILL 0"#;

const FLAGS: [&str; 9] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
];

/// A running browser.
pub struct Chromium {
    pub driver: WebDriver,
    guard: Guard,
    _profile: tempfile::TempDir,
}

struct Guard {
    child: Child,
    // Closed, it would end ChromeDriver at its next line.
    _words: BufReader<ChildStdout>,
}

impl Drop for Guard {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        self.child.wait().ok();
    }
}

fn program(variable: &str, usual: &str) -> String {
    std::env::var(variable).unwrap_or_else(|_| usual.to_owned())
}

impl Chromium {
    /// Starts one that asks for pages in this language.
    pub async fn start(locale: Locale) -> Self {
        let (guard, port) = Guard::start();
        let profile = tempfile::tempdir().expect("a temporary folder");
        let driver = WebDriver::builder(format!("http://127.0.0.1:{port}"), wishes(locale, &profile))
            .poller(Arc::new(ElementPollerWithTimeout::new(Duration::from_secs(10), Duration::from_millis(40))))
            .await
            .expect("Chromium starts");
        Self { driver, guard, _profile: profile }
    }

    /// Ends it in peace.
    pub async fn quit(self) {
        self.driver.quit().await.ok();
        drop(self.guard);
    }
}

fn wishes(locale: Locale, profile: &tempfile::TempDir) -> thirtyfour::ChromeCapabilities {
    let mut wishes = DesiredCapabilities::chrome();
    wishes.set_binary(&program("AIKAGI_CHROMIUM", "/usr/bin/chromium")).expect("a text");
    for flag in FLAGS {
        wishes.add_arg(flag).expect("a text");
    }
    wishes.add_arg(&format!("--user-data-dir={}", profile.path().display())).expect("a text");
    // `--lang` does not set the accepted languages.
    let languages = if locale == Locale::Ja { "ja,en" } else { "en,ja" };
    let preferences = serde_json::json!({
        "intl.accept_languages": languages,
        "credentials_enable_service": false,
        "profile.password_manager_leak_detection": false,
    });
    wishes.add_experimental_option("prefs", preferences).expect("a table");
    wishes.set_browser_log_level(LoggingPrefsLogLevel::All).expect("a level");
    wishes
}

impl Guard {
    fn start() -> (Self, u16) {
        let mut child = Command::new("sh")
            .args(["-c", GUARD, "guard", &program("AIKAGI_CHROMEDRIVER", "/usr/bin/chromedriver"), "--port=0"])
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("a shell starts");
        let mut words = BufReader::new(child.stdout.take().expect("it was asked for"));
        let mut line = String::new();
        // "ChromeDriver was started successfully on port 40123."
        let port = loop {
            line.clear();
            let read = words.read_line(&mut line).expect("ChromeDriver speaks UTF-8");
            assert!(read > 0, "ChromeDriver did not start: is `chromium-driver` installed? (`cargo xtask tools`)");
            if let Some((_, rest)) = line.split_once("successfully on port ") {
                break rest.trim().trim_end_matches('.').parse().expect("a port");
            }
        };
        (Self { child, _words: words }, port)
    }
}
