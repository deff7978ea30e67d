//! `kind = "http"`: SMS by a provider whose requests and answers the operator describes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::receipts::Receipts;
use crate::model::Cause;

/// What the operator says about it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "aikagi.example.toml has a sentence for every key")]
pub struct Http {
    pub name: String,
    #[serde(default)]
    pub method: HttpMethod,
    pub url: String,
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    #[serde(default)]
    pub json: Option<String>,
    #[serde(default)]
    pub form: BTreeMap<String, String>,
    #[serde(default)]
    pub user: Option<String>,
    #[serde(default)]
    pub secret_file: Option<PathBuf>,
    #[serde(default)]
    pub sender: Option<String>,
    #[serde(default)]
    pub success_status: Vec<u16>,
    #[serde(default)]
    pub success_at: Option<String>,
    #[serde(default)]
    pub success_is: Option<String>,
    #[serde(default)]
    pub id_at: Option<String>,
    #[serde(default)]
    pub id_header: Option<String>,
    #[serde(default)]
    pub code_at: Option<String>,
    #[serde(default)]
    pub codes: BTreeMap<String, Cause>,
    #[serde(default)]
    pub receipts: Option<Receipts>,
}

/// How it is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
#[expect(missing_docs, reason = "the words of HTTP")]
pub enum HttpMethod {
    Get,
    #[default]
    Post,
    Put,
}

impl Http {
    /// The paths that it names.
    pub(super) fn paths(&mut self) -> Vec<&mut PathBuf> {
        let of_receipts = self.receipts.as_mut().map(|receipts| &mut receipts.secret_file);
        self.secret_file.iter_mut().chain(&mut self.ca_file).chain(of_receipts).collect()
    }

    /// The files of its secrets.
    pub(super) fn secrets(&self) -> Vec<&Path> {
        let of_receipts = self.receipts.as_ref().map(|receipts| &receipts.secret_file);
        self.secret_file.iter().chain(of_receipts).map(PathBuf::as_path).collect()
    }

    /// What cannot work together.
    pub fn check(&self) -> Result<(), &'static str> {
        if self.json.is_some() && !self.form.is_empty() {
            return Err("`json` and `form` exclude each other");
        }
        if self.method == HttpMethod::Get && (self.json.is_some() || !self.form.is_empty()) {
            return Err("a GET has no body: leave `json` and `form` out");
        }
        if self.success_at.is_some() != self.success_is.is_some() {
            return Err("`success_at` and `success_is` go together: give both or neither");
        }
        if self.id_at.is_some() && self.id_header.is_some() {
            return Err("`id_at` and `id_header` exclude each other");
        }
        let pointers = [&self.success_at, &self.id_at, &self.code_at];
        if pointers.into_iter().flatten().any(|pointer| !pointer.is_empty() && !pointer.starts_with('/')) {
            return Err("`success_at`, `id_at` and `code_at` are JSON pointers: they begin with /");
        }
        self.receipts.as_ref().map_or(Ok(()), Receipts::check)
    }
}
