//! `aikagi-agent`: on a workplace's device it waits for the server's word that the device is lost, and then signs the workplace's applications out
//! and removes their data. It does what one workspace signed for this very device and member, once, and nothing else. docs/agent.md is its guide.

mod client;
mod command;
mod config;
mod hook;
mod journal;
mod keys;
mod remove;
mod run;
mod state;
mod work;

/// The very file that the server is built with.
#[allow(clippy::struct_field_names, reason = "the names travel; the server, which shows them to others, is not asked")]
#[path = "../../src/model/agent.rs"]
mod forms;

use std::io::Read as _;
use std::path::PathBuf;
use std::process::ExitCode;

use lexopt::Arg;

/// Where the configuration stands unless something else is said.
const CONFIG: &str = "/etc/aikagi-agent.toml";
/// The same of what the program keeps.
const STATE: &str = "/var/lib/aikagi-agent";

const HELP: &str = "\
aikagi-agent: removes the workplace's data from this device when the workplace says so

  aikagi-agent enrol --server URL [--code CODE] [--name NAME]
                                 enrols this device; without --code the code is read from the standard input
  aikagi-agent run               waits for what is to be done; a service does this
  aikagi-agent status            shows where this device is enrolled and what was done
  aikagi-agent leave             takes this device out again

  --config FILE                  /etc/aikagi-agent.toml unless said otherwise
  --state DIRECTORY              /var/lib/aikagi-agent unless said otherwise
  --version
";

/// What goes wrong, in words for whoever runs the program.
pub(crate) type Result<T> = std::result::Result<T, String>;

/// Seconds since 1970, by this device's clock.
pub(crate) fn now() -> i64 {
    #[expect(clippy::disallowed_methods, reason = "there is no other clock on a device")]
    let now = std::time::SystemTime::now();
    now.duration_since(std::time::UNIX_EPOCH).map_or(0, |past| i64::try_from(past.as_secs()).unwrap_or(i64::MAX))
}

struct Asked {
    verb: String,
    config: PathBuf,
    state: PathBuf,
    server: Option<String>,
    code: Option<String>,
    name: Option<String>,
}

fn main() -> ExitCode {
    match asked().and_then(|asked| go(&asked)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("aikagi-agent: {why}");
            ExitCode::FAILURE
        }
    }
}

fn asked() -> Result<Asked> {
    let mut asked =
        Asked { verb: String::new(), config: CONFIG.into(), state: STATE.into(), server: None, code: None, name: None };
    let mut parser = lexopt::Parser::from_env();
    let text = |value: std::result::Result<std::ffi::OsString, lexopt::Error>| {
        value.and_then(lexopt::ValueExt::string).map_err(|error| error.to_string())
    };
    while let Some(arg) = parser.next().map_err(|error| error.to_string())? {
        match arg {
            Arg::Long("config") => asked.config = text(parser.value())?.into(),
            Arg::Long("state") => asked.state = text(parser.value())?.into(),
            Arg::Long("server") => asked.server = Some(text(parser.value())?),
            Arg::Long("code") => asked.code = Some(text(parser.value())?),
            Arg::Long("name") => asked.name = Some(text(parser.value())?),
            Arg::Long("version") => "version".clone_into(&mut asked.verb),
            Arg::Long("help") | Arg::Short('h') => "help".clone_into(&mut asked.verb),
            Arg::Value(verb) if asked.verb.is_empty() => asked.verb = text(Ok(verb))?,
            other => return Err(format!("{}\n\n{HELP}", other.unexpected())),
        }
    }
    Ok(asked)
}

fn go(asked: &Asked) -> Result<()> {
    match asked.verb.as_str() {
        "enrol" => enrol(asked),
        "run" => run::run(&asked.config, &asked.state),
        "status" => status(asked),
        "leave" => leave(asked),
        "version" => {
            println!("aikagi-agent {}", env!("CARGO_PKG_VERSION"));
            Ok(())
        }
        "help" => {
            print!("{HELP}");
            Ok(())
        }
        _ => Err(format!("what is to be done?\n\n{HELP}")),
    }
}

fn enrol(asked: &Asked) -> Result<()> {
    let config = config::Config::read(&asked.config)?;
    let state = state::State::open(&asked.state)?;
    let _only_one = state.lock()?;
    if state.identity()?.is_some() {
        return Err(
            "this device is enrolled: `aikagi-agent status` says where, `aikagi-agent leave` takes it out".into()
        );
    }
    let server = asked.server.clone().or_else(|| config.server.clone());
    let server = server.ok_or("which server? --server URL, or `server` in the configuration")?;
    let code = if let Some(code) = &asked.code {
        code.clone()
    } else {
        let mut code = String::new();
        std::io::stdin().take(256).read_to_string(&mut code).map_err(|error| error.to_string())?;
        code
    };
    let name = asked.name.clone().unwrap_or_else(host_name).chars().take(forms::MOST_NAME).collect::<String>();
    let client = client::Client::new(&server, config.ca_file.as_deref())?;
    let identity = client.enrol(code.trim(), &name, &platform())?;
    state.set_identity(&identity)?;
    println!("enrolled with {} ({}) as {}", identity.workspace_name, identity.login, identity.agent);
    println!("start the service now: systemctl enable --now aikagi-agent");
    Ok(())
}

fn status(asked: &Asked) -> Result<()> {
    let state = state::State::open(&asked.state)?;
    let Some(identity) = state.identity()? else {
        println!("not enrolled");
        return Ok(());
    };
    println!("server     {}", identity.server);
    println!("workspace  {} ({})", identity.workspace_name, identity.workspace);
    println!("member     {}", identity.login);
    println!("device     {}", identity.agent);
    if identity.gone {
        println!("taken out  by the workplace: nothing is done here any more");
    }
    for entry in journal::Journal::open(&state)?.all() {
        println!("command    {} {}", entry.id(), entry.in_words());
    }
    Ok(())
}

fn leave(asked: &Asked) -> Result<()> {
    let config = config::Config::read(&asked.config)?;
    let state = state::State::open(&asked.state)?;
    let _only_one = state.lock()?;
    let identity = state.identity()?.ok_or("this device is not enrolled")?;
    if !identity.gone {
        let client = client::Client::new(&identity.server, config.ca_file.as_deref())?;
        match client.leave(&mut client::Caller::begin(&identity, &state)?)? {
            client::Left::Done => {}
            client::Left::Pending => return Err("there is something to be done first: start the service".into()),
        }
    }
    state.forget()?;
    println!("this device is taken out");
    Ok(())
}

fn host_name() -> String {
    let name =
        std::fs::read_to_string("/proc/sys/kernel/hostname").or_else(|_| std::fs::read_to_string("/etc/hostname"));
    name.map_or_else(|_| "device".to_owned(), |name| name.trim().to_owned())
}

fn platform() -> String {
    format!("{} {}", std::env::consts::OS, std::env::consts::ARCH)
}
