//! The least of a browser: it keeps cookies and sends forms.

use std::fmt::Write as _;

use anyhow::{Context as _, Result, bail};

use crate::door::from;
use crate::http::Http;
use crate::place::{PASSWORD, Server, door};

/// One of them, on a connection of its own.
pub struct Browser {
    http: Http,
    cookies: Vec<(String, String)>,
    number: u32,
}

impl Browser {
    /// Signs in; `number` tells addresses apart.
    pub async fn signs_in(server: &Server, login: &str, number: u32) -> Result<Self> {
        let mut browser = Self { http: Http::connect(server.address).await?, cookies: Vec::new(), number };
        browser.submits(&door(), &door(), &[("login", login), ("password", PASSWORD)]).await?;
        Ok(browser)
    }

    /// Its cookies and its address, as lines of a head.
    pub fn head(&self) -> String {
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        format!("Cookie: {}\r\n{}", cookies.join("; "), from(self.number))
    }

    async fn ask(&mut self, method: &str, path: &str, body: &str) -> Result<(u16, String, String)> {
        let mut head = self.head();
        if method == "POST" {
            head.push_str("Content-Type: application/x-www-form-urlencoded\r\n");
        }
        let answer = self.http.ask(method, path, &head, body).await?;
        for line in answer.head.lines() {
            let Some((name, rest)) = line.split_once(':') else { continue };
            if name.eq_ignore_ascii_case("set-cookie")
                && let Some((name, value)) = rest.trim().split(';').next().and_then(|pair| pair.split_once('='))
            {
                self.cookies.retain(|(known, _)| known != name);
                self.cookies.push((name.to_owned(), value.to_owned()));
            }
        }
        let location =
            answer.head.lines().find_map(|line| line.strip_prefix("location: ")).unwrap_or_default().to_owned();
        Ok((answer.status, location, String::from_utf8_lossy(&answer.body).into_owned()))
    }

    /// The page at this path.
    pub async fn page(&mut self, path: &str) -> Result<String> {
        let (status, _, page) = self.ask("GET", path, "").await?;
        if status != 200 {
            bail!("{path} was answered {status}");
        }
        Ok(page)
    }

    /// Sends a form of the page at `at` to `to`. Answers where it leads.
    pub async fn submits(&mut self, at: &str, to: &str, fields: &[(&str, &str)]) -> Result<String> {
        let page = self.page(at).await?;
        let (_, rest) = page.split_once("name=\"csrf\" value=\"").context("no form")?;
        let token = rest.split('"').next().unwrap_or_default().to_owned();
        let mut body = format!("csrf={token}");
        for (name, value) in fields {
            let _ = write!(body, "&{name}=");
            for byte in value.bytes() {
                let _ = write!(body, "%{byte:02X}");
            }
        }
        let (status, location, _) = self.ask("POST", to, &body).await?;
        if status != 303 {
            bail!("{to} was answered {status}");
        }
        Ok(location)
    }
}
