//! One request for a page: what came in, and what goes out with the answer.
//!
//! `Call` is the only extractor of the pages. It reads the form strictly and refuses one that this browser did not
//! ask for, before any handler sees it.

use std::sync::{Arc, Mutex};

use askama::Template;
use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, FromRequestParts, MatchedPath, RawPathParams, Request};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use tokio::sync::{Semaphore, SemaphorePermit};

use super::cookies::Cookie;
use super::failure::Failure;
use super::form::{BadForm, Form, MAX_BYTES};
use super::headers::Nonce;
use super::view::{Flash, FlashKind, Frame, ProblemKind, Said, Slip, WorkspaceShown};
use super::visitor;
use crate::app::App;
use crate::flows::session::Signed;
use crate::flows::workspaces::Workspace;
use crate::flows::{self, Visitor, Way};
use crate::model::{Locale, Role, Secret};
use crate::vault::dice;

/// What every handler answers.
pub type Answer = Result<Response, Failure>;

/// A request for a page.
pub struct Call {
    /// The running server.
    pub app: Arc<App>,
    /// Who asks.
    pub visitor: Visitor,
    /// The form, empty for GET.
    pub form: Form,
    headers: HeaderMap,
    params: Vec<(String, String)>,
    path: String,
    query: String,
    nonce: String,
    browser: String,
    is_post: bool,
    cookies: Vec<HeaderValue>,
    news: Option<Flash>,
    waiting: i64,
    /// The body of a form with a file, not read yet; nobody shares it, but a call is.
    upload: Option<Mutex<Body>>,
    file: Option<Vec<u8>>,
    /// Room for that file, until it is answered.
    room: Option<SemaphorePermit<'static>>,
}

/// Files that are read at once, since each lies in memory while it is looked through. Others wait before they send theirs.
static ROOM_FOR_FILES: Semaphore = Semaphore::const_new(2);

/// The one address that takes a file. Its form is read once it is known who sends it: by [`Call::read_upload`].
const TAKES_FILE: &str = "/w/{slug}/admin/members/import";
/// Room for a form around a file.
const AROUND: u64 = 16 * 1024;

impl FromRequest<Arc<App>> for Call {
    type Rejection = Failure;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Failure> {
        let (mut parts, body) = request.into_parts();
        let params = RawPathParams::from_request_parts(&mut parts, app).await.map_err(|_| Failure::NotFound)?;
        let params: Vec<_> = params.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        // No name of ours holds a NUL, and PostgreSQL takes none in a text.
        if params.iter().any(|(_, value)| value.contains('\0')) {
            return Err(Failure::NotFound);
        }
        let locale = visitor::locale(app, &parts.headers);
        let device = Cookie::Device.read(&app.config, &parts.headers);
        let nonce = parts.extensions.get::<Nonce>().map(|nonce| nonce.0.clone()).unwrap_or_default();
        let mut call = Self {
            visitor: visitor::visitor(app, &parts, Way::Page, locale, device),
            app: app.clone(),
            form: Form::default(),
            params,
            path: parts.uri.path().to_owned(),
            query: parts.uri.query().unwrap_or_default().to_owned(),
            nonce,
            browser: String::new(),
            is_post: parts.method == Method::POST,
            cookies: Vec::new(),
            news: None,
            waiting: 0,
            upload: None,
            file: None,
            room: None,
            headers: parts.headers,
        };
        call.know_browser();
        if parts.method == Method::POST {
            let takes_file = parts.extensions.get::<MatchedPath>().is_some_and(|path| path.as_str() == TAKES_FILE);
            if takes_file && call.boundary().is_some() {
                call.upload = Some(Mutex::new(body));
            } else {
                call.form = call.read_form(body).await?;
            }
        }
        Ok(call)
    }
}

impl Call {
    /// A secret that ties forms to this browser; made on its first page.
    fn know_browser(&mut self) {
        if let Some(known) = Cookie::Browser.read(&self.app.config, &self.headers) {
            known.expose().clone_into(&mut self.browser);
        } else {
            self.browser = data_encoding::HEXLOWER.encode(&dice::bytes::<16>(&*self.app.dice));
            let cookie = Cookie::Browser.set(&self.app.config, &self.browser);
            self.cookies.push(cookie);
        }
    }

    async fn read_form(&self, body: Body) -> Result<Form, Failure> {
        let body: Bytes = axum::body::to_bytes(body, MAX_BYTES).await.map_err(|_| Failure::TooLarge)?;
        let form = Form::parse(&self.headers, &body).map_err(|bad| match bad {
            BadForm::Kind | BadForm::Letters | BadForm::Repeated => Failure::BadRequest,
        })?;
        if self.is_from_elsewhere() || !self.app.keyring.csrf_matches(&self.browser, form.text("csrf")) {
            return Err(Failure::FormExpired);
        }
        Ok(form)
    }

    /// A browser that says where the form came from must say: from here.
    fn is_from_elsewhere(&self) -> bool {
        self.headers.get("sec-fetch-site").is_some_and(|site| site != "same-origin" && site != "none")
    }

    /// What stands between the parts of a form with a file (RFC 7578); none for any other form.
    fn boundary(&self) -> Option<String> {
        let kind = self.headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
        multer::parse_boundary(kind).ok()
    }

    /// Reads a form with a file of at most so many bytes, if one was sent: the token, and the file. Until then the form is empty, and nothing may rest on it.
    pub async fn read_upload(&mut self, most: usize) -> Result<(), Failure> {
        let Some(body) = self.upload.take().and_then(|body| body.into_inner().ok()) else { return Ok(()) };
        if self.is_from_elsewhere() {
            return Err(Failure::FormExpired);
        }
        self.room = Some(ROOM_FOR_FILES.acquire().await.map_err(|_| Failure::Broken)?);
        let most = u64::try_from(most).unwrap_or(u64::MAX);
        let limits =
            multer::SizeLimit::new().whole_stream(most + AROUND).for_field("csrf", 1024).for_field("file", most);
        let limits = multer::Constraints::new().allowed_fields(vec!["csrf", "file"]).size_limit(limits);
        let boundary = self.boundary().ok_or(Failure::BadRequest)?;
        let mut parts = multer::Multipart::with_constraints(body.into_data_stream(), boundary, limits);
        let bad = |error: multer::Error| match error {
            multer::Error::FieldSizeExceeded { .. } | multer::Error::StreamSizeExceeded { .. } => Failure::TooLarge,
            _ => Failure::BadRequest,
        };
        let (mut csrf, mut file) = (None, None);
        while let Some(part) = parts.next_field().await.map_err(bad)? {
            let known = match part.name() {
                Some("csrf") => &mut csrf,
                Some("file") => &mut file,
                _ => return Err(Failure::BadRequest),
            };
            if known.replace(Vec::from(part.bytes().await.map_err(bad)?)).is_some() {
                return Err(Failure::BadRequest);
            }
        }
        let csrf = csrf.and_then(|csrf| String::from_utf8(csrf).ok()).unwrap_or_default();
        if !self.app.keyring.csrf_matches(&self.browser, &csrf) {
            return Err(Failure::FormExpired);
        }
        self.file = file;
        Ok(())
    }

    /// The path that was asked for.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Whether a form with a file was sent and not read.
    pub const fn has_upload(&self) -> bool {
        self.upload.is_some()
    }

    /// The file that came with the form, once; none where nothing was chosen.
    pub fn take_file(&mut self) -> Option<Vec<u8>> {
        self.file.take().filter(|file| !file.is_empty())
    }

    /// Whether a form was sent.
    pub const fn is_post(&self) -> bool {
        self.is_post
    }

    /// A part of the path.
    pub fn param(&self, name: &str) -> Option<&str> {
        self.params.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// A value of the query; empty when it is not there. It is only ever a path of ours.
    pub fn query(&self, name: &str) -> &str {
        let pairs = self.query.split('&').filter_map(|pair| pair.split_once('='));
        pairs.into_iter().find(|(key, _)| *key == name).map_or("", |(_, value)| value)
    }

    /// The ID that the next sign-in page is to be filled in with.
    pub fn set_login(&mut self, login: &str) {
        let text = data_encoding::BASE64URL_NOPAD.encode(login.as_bytes());
        self.set(Cookie::Login, &text);
    }

    /// That ID, once.
    pub fn take_login(&mut self) -> String {
        let Some(text) = self.cookie(Cookie::Login) else { return String::new() };
        self.clear(Cookie::Login);
        let bytes = data_encoding::BASE64URL_NOPAD.decode(text.expose().as_bytes()).unwrap_or_default();
        String::from_utf8(bytes).unwrap_or_default()
    }

    /// The workspace that the path names; none on the common pages.
    pub async fn workspace(&self) -> Result<Option<Workspace>, Failure> {
        let Some(slug) = self.param("slug") else { return Ok(None) };
        let workspace = flows::workspaces::by_slug(&self.app, slug).await?.ok_or(Failure::NotFound)?;
        Ok(Some(workspace))
    }

    /// Who is signed in to the workspace that the path names.
    pub async fn signed(&self) -> Result<Option<Signed>, Failure> {
        let Some(slug) = self.param("slug") else { return Ok(None) };
        let Some(token) = Cookie::Session(slug).read(&self.app.config, &self.headers) else {
            return Ok(None);
        };
        let signed = flows::session::authenticate(&self.app, &token, &self.visitor).await?;
        Ok(signed.filter(|signed| signed.slug == slug))
    }

    /// The same while a page is only open, which is no use of the session.
    pub async fn looks(&self) -> Result<Option<Signed>, Failure> {
        let Some(slug) = self.param("slug") else { return Ok(None) };
        let Some(token) = Cookie::Session(slug).read(&self.app.config, &self.headers) else {
            return Ok(None);
        };
        let signed = flows::session::look(&self.app, &token, &self.visitor).await?;
        Ok(signed.filter(|signed| signed.slug == slug))
    }

    /// The value of a cookie that came with the request.
    pub fn cookie(&self, cookie: Cookie<'_>) -> Option<Secret> {
        cookie.read(&self.app.config, &self.headers)
    }

    /// The workspaces that this browser has a session's cookie of.
    pub fn slugs(&self) -> Vec<String> {
        Cookie::slugs(&self.app.config, &self.headers)
    }

    /// Sets a cookie with the answer.
    pub fn set(&mut self, cookie: Cookie<'_>, value: &str) {
        let line = cookie.set(&self.app.config, value);
        self.cookies.push(line);
    }

    /// Takes a cookie away with the answer.
    pub fn clear(&mut self, cookie: Cookie<'_>) {
        let line = cookie.clear(&self.app.config);
        self.cookies.push(line);
    }

    /// What the next page says above, once.
    pub fn say_next(&mut self, said: Said) {
        self.set(Cookie::Flash, said.as_str());
    }

    /// What this page says above: nothing to mend in a field, but to know.
    pub fn say(&mut self, slip: &Slip) {
        self.news = Some(Flash { kind: FlashKind::Info, text: slip.text(self.locale()) });
    }

    /// The language of the page.
    pub fn locale(&self) -> Locale {
        self.visitor.locale
    }

    /// The frame of a page outside any workspace.
    pub fn frame(&mut self) -> Frame {
        let said = self.cookie(Cookie::Flash).and_then(|name| Said::parse(name.expose()));
        if said.is_some() {
            self.clear(Cookie::Flash);
        }
        Frame {
            locale: self.locale(),
            csrf: self.app.keyring.csrf(&self.browser),
            nonce: self.nonce.clone(),
            here: self.path.clone(),
            workspace: None,
            member: None,
            flash: self.news.take().or_else(|| said.map(|said| said.flash(self.locale()))),
            signed_in_links: false,
            role: Role::Member,
            waiting: 0,
            demo: self.app.config.is_demo,
        }
    }

    /// The frame of a workspace's page.
    pub fn frame_of(&mut self, workspace: Option<&Workspace>) -> Frame {
        let shown =
            workspace.map(|workspace| WorkspaceShown { name: workspace.name.clone(), slug: workspace.slug.clone() });
        Frame { workspace: shown, ..self.frame() }
    }

    /// The frame of a signed-in member's page.
    pub fn frame_for(&mut self, signed: &Signed) -> Frame {
        let frame = self.frame();
        let running = signed.is_being_recovered(self.visitor.now).then(|| Said::RecoveryRunning.flash(self.locale()));
        Frame {
            flash: running.or(frame.flash),
            workspace: Some(WorkspaceShown { name: signed.workspace_name.clone(), slug: signed.slug.clone() }),
            member: Some(signed.member.name.clone()),
            signed_in_links: true,
            role: signed.member.role,
            ..frame
        }
    }

    /// How many locked-out people wait, for the desk's menu.
    pub const fn set_waiting(&mut self, waiting: i64) {
        self.waiting = waiting;
    }

    /// The frame of a page of the administrators' desk.
    pub fn frame_at_desk(&mut self, signed: &Signed) -> Frame {
        Frame { signed_in_links: false, waiting: self.waiting, ..self.frame_for(signed) }
    }

    /// The page.
    pub fn page(self, template: &impl Template) -> Answer {
        self.page_with(StatusCode::OK, template)
    }

    /// The same page again, with what is to be mended.
    pub fn mend(self, template: &impl Template) -> Answer {
        self.page_with(StatusCode::UNPROCESSABLE_ENTITY, template)
    }

    /// The page with another status.
    pub fn page_with(self, status: StatusCode, template: &impl Template) -> Answer {
        let html = template.render().map_err(|error| Failure::template(&error))?;
        let kind = (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        let mut response = (status, [kind], html).into_response();
        self.add_cookies(&mut response);
        Ok(response)
    }

    /// The page with `Retry-After` seconds (RFC 9110 §10.2.3).
    pub fn wait_page(self, seconds: i64, template: &impl Template) -> Answer {
        let mut response = self.page_with(StatusCode::TOO_MANY_REQUESTS, template)?;
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds.max(1)));
        Ok(response)
    }

    /// On to another page of ours by GET (RFC 9110 §15.4.4).
    pub fn go(self, path: &str) -> Answer {
        let to = HeaderValue::from_str(path).map_err(|_| Failure::BadRequest)?;
        let mut response = (StatusCode::SEE_OTHER, [(header::LOCATION, to)]).into_response();
        self.add_cookies(&mut response);
        Ok(response)
    }

    /// A page that says what did not work.
    pub fn problem(mut self, kind: ProblemKind) -> Answer {
        let status = StatusCode::from_u16(kind.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let page = self.frame();
        self.page_with(status, &super::view::Problem { page, kind, reference: None })
    }

    fn add_cookies(self, response: &mut Response) {
        for cookie in self.cookies {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
    }
}
