//! What is answered where.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{MatchedPath, Path, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use kitae_eval::Level;
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::config::ServeConfig;
use crate::fault::Fault;
use crate::metrics::Requests;
use crate::openapi::openapi;
use crate::page::page;
use crate::pool::Pool;
use crate::protocol;
use crate::served::Served;

/// What all requests share.
pub(crate) struct App {
    pub(crate) models: Vec<Arc<Served>>,
    pub(crate) config: ServeConfig,
    pub(crate) pool: Pool,
    pub(crate) requests: Requests,
    pub(crate) is_stopping: AtomicBool,
}

/// These tell nothing of a model, so they ask for no token.
const OPEN: [&str; 4] = ["/", "/health", "/v2/health/live", "/v2/health/ready"];

pub(crate) fn router(app: Arc<App>) -> Router {
    Router::new()
        .route("/", get(page))
        .route("/health", get(health))
        .route("/metrics", get(metrics))
        .route(
            "/openapi.json",
            get(|State(app): State<Arc<App>>| async move { json_of(&openapi(&app.models)) }),
        )
        .route("/predict", post(predict_alone))
        .route("/models", get(models))
        .route("/models/{name}", get(describe))
        .route("/models/{name}/predict", post(predict_named))
        .route("/v2", get(server))
        .route("/v2/health/live", get(|| async { json_of(&json!({ "live": true })) }))
        .route("/v2/health/ready", get(ready))
        .route("/v2/models/{name}", get(metadata))
        .route("/v2/models/{name}/ready", get(model_ready))
        .route("/v2/models/{name}/infer", post(infer))
        .fallback(nowhere)
        .method_not_allowed_fallback(not_so)
        .layer(from_fn_with_state(app.clone(), watched))
        .with_state(app)
}

/// Asks for the token and counts the request.
async fn watched(
    State(app): State<Arc<App>>,
    route: Option<MatchedPath>,
    request: Request,
    next: Next,
) -> Response {
    let start = (app.config.clock)();
    let route = route.as_ref().map_or("other", MatchedPath::as_str).to_owned();
    let answer = if OPEN.contains(&route.as_str()) || app.lets_in(request.headers()) {
        next.run(request).await
    } else {
        Fault::new(
            StatusCode::UNAUTHORIZED,
            "expected the token of this server as `Authorization: Bearer TOKEN`",
        )
        .into_response()
    };
    app.requests.add(&route, answer.status().as_u16(), (app.config.clock)().duration_since(start));
    answer
}

impl App {
    fn lets_in(&self, headers: &HeaderMap) -> bool {
        let Some(token) = &self.config.token else { return true };
        let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let bearer = given.and_then(|given| given.split_once(' '));
        bearer.is_some_and(|(scheme, text)| scheme.eq_ignore_ascii_case("bearer") && token.is(text.trim()))
    }

    fn model(&self, name: &str) -> Result<&Arc<Served>, Fault> {
        self.models.iter().find(|model| model.name == name).ok_or_else(|| {
            Fault::new(StatusCode::NOT_FOUND, format!("no model is called `{name}`; there {}", self.names()))
        })
    }

    fn names(&self) -> String {
        let names: Vec<String> = self.models.iter().map(|model| format!("`{}`", model.name)).collect();
        format!("{} {}", if names.len() == 1 { "is" } else { "are" }, names.join(", "))
    }

    /// The whole body of a request, if it is not too much and comes in time.
    async fn body(&self, headers: &HeaderMap, body: Body) -> Result<Bytes, Fault> {
        let most = self.config.limits.body_bytes;
        let too_much =
            || Fault::too_much(format!("at most {most} bytes are accepted as a body: send fewer rows"));
        if let Some(encoding) = headers.get(header::CONTENT_ENCODING).filter(|value| *value != "identity") {
            let message = format!("a body of encoding {encoding:?} is not read: send it as it is");
            return Err(Fault::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, message));
        }
        let length = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
        if length.is_some_and(|length: u64| length > most as u64) {
            return Err(too_much());
        }
        let late = |_| {
            let seconds = self.config.limits.time.as_secs_f64();
            Fault::new(StatusCode::REQUEST_TIMEOUT, format!("the body did not arrive within {seconds} s"))
        };
        let collected =
            timeout(self.config.limits.time, Limited::new(body, most).collect()).await.map_err(late)?;
        let body = collected.map_err(|error| {
            if error.is::<LengthLimitError>() {
                too_much()
            } else {
                Fault::bad(format!("the body broke off: {error}"))
            }
        })?;
        Ok(body.to_bytes())
    }
}

/// How rows are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Json,
    Csv,
}

/// How the body says that it is written.
fn form_of(headers: &HeaderMap) -> Result<Form, Fault> {
    let Some(value) = headers.get(header::CONTENT_TYPE) else { return Ok(Form::Json) };
    let text = value.to_str().unwrap_or_default();
    let kind = text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match kind.as_str() {
        "application/json" => Ok(Form::Json),
        "text/csv" | "application/csv" => Ok(Form::Csv),
        _ => Err(Fault::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            format!("expected `Content-Type: application/json` or `text/csv`, got `{text}`"),
        )),
    }
}

/// How the answer is to be written: as it is asked for, or else as the body is.
fn wanted_form(headers: &HeaderMap, form: Form) -> Form {
    let accepted = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    match (accepted.contains("application/json"), accepted.contains("text/csv")) {
        (true, false) => Form::Json,
        (false, true) => Form::Csv,
        _ => form,
    }
}

/// The level that `?interval=…` asks for.
fn level_of(query: Option<&str>) -> Result<Option<Level>, Fault> {
    let mut level = None;
    for part in query.unwrap_or_default().split('&').filter(|part| !part.is_empty()) {
        match part.split_once('=') {
            Some(("interval", text)) => {
                let wrong = |error| Fault::bad(format!("`interval`: {error}"));
                level = Some(text.parse().map_err(wrong)?);
            }
            _ => return Err(Fault::bad(format!("expected `?interval=LEVEL`, got `{part}`"))),
        }
    }
    Ok(level)
}

async fn predict_alone(State(app): State<Arc<App>>, request: Request) -> Result<Response, Fault> {
    match &app.models[..] {
        [only] => predict(&app, only, request).await,
        _ => Err(Fault::new(
            StatusCode::NOT_FOUND,
            format!("several models are served: ask at /models/NAME/predict; there {}", app.names()),
        )),
    }
}

async fn predict_named(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    request: Request,
) -> Result<Response, Fault> {
    let served = app.model(&name)?;
    predict(&app, served, request).await
}

async fn predict(app: &Arc<App>, served: &Arc<Served>, request: Request) -> Result<Response, Fault> {
    let level = level_of(request.uri().query())?;
    let (parts, body) = request.into_parts();
    let form = form_of(&parts.headers)?;
    let wanted = wanted_form(&parts.headers, form);
    let body = app.body(&parts.headers, body).await?;
    let (served, most_rows) = (served.clone(), app.config.limits.rows);
    let answer = app.pool.run(move || {
        let loaded = served.loaded();
        let ready = &loaded.ready;
        let mut input = match form {
            Form::Json => ready.input(&kitae_answer::rows(&body, most_rows)?)?,
            Form::Csv => ready.csv_input(unpacked(body)?, "the body", most_rows)?,
        };
        let answer = ready.answer(&mut input, level)?;
        served.count(&loaded, &input.table);
        match wanted {
            Form::Json => Ok(("application/json", answer.json())),
            Form::Csv => Ok(("text/csv; charset=utf-8", answer.csv()?)),
        }
    });
    let (kind, bytes) = answer.await?;
    Ok(([(header::CONTENT_TYPE, kind)], bytes).into_response())
}

/// A packed body may be a thousand times as long as its limit once it is unpacked.
fn unpacked(body: Bytes) -> Result<Bytes, Fault> {
    if body.starts_with(&[0x1f, 0x8b]) {
        let message = "the body is packed with gzip: send it as it is";
        return Err(Fault::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, message));
    }
    Ok(body)
}

async fn infer(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    request: Request,
) -> Result<Response, Fault> {
    let served = app.model(&name)?.clone();
    let asked = level_of(request.uri().query())?;
    let (parts, body) = request.into_parts();
    if parts.headers.contains_key("inference-header-content-length") {
        let message = "tensors behind the JSON (binary data) are not read: send them as `data` in it";
        return Err(Fault::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, message));
    }
    if form_of(&parts.headers)? != Form::Json {
        return Err(Fault::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "expected `Content-Type: application/json`",
        ));
    }
    let body = app.body(&parts.headers, body).await?;
    let most_rows = app.config.limits.rows;
    let answer = app.pool.run(move || {
        let loaded = served.loaded();
        let ready = &loaded.ready;
        let mut request = protocol::Request::read(&body)?;
        let level = request.level()?.or(asked);
        let mut input = ready.input(&request.given(most_rows)?)?;
        let answer = ready.answer(&mut input, level)?;
        let tensors = protocol::tensors(&answer, &served.name, &request)?;
        served.count(&loaded, &input.table);
        Ok(tensors)
    });
    Ok(([(header::CONTENT_TYPE, "application/json")], answer.await?).into_response())
}

async fn health(State(app): State<Arc<App>>) -> Response {
    let status = if app.is_stopping.load(Ordering::Relaxed) { "stopping" } else { "ok" };
    json_of(&json!({ "status": status }))
}

async fn ready(State(app): State<Arc<App>>) -> Response {
    let is_ready = !app.is_stopping.load(Ordering::Relaxed);
    let status = if is_ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, json_of(&json!({ "ready": is_ready }))).into_response()
}

async fn server() -> Response {
    json_of(&json!({ "name": "kitae", "version": env!("CARGO_PKG_VERSION"), "extensions": [] }))
}

async fn metadata(State(app): State<Arc<App>>, Path(name): Path<String>) -> Result<Response, Fault> {
    Ok(json_of(&protocol::metadata(&app.model(&name)?.loaded().ready, &name)))
}

async fn model_ready(State(app): State<Arc<App>>, Path(name): Path<String>) -> Result<Response, Fault> {
    app.model(&name)?;
    Ok(json_of(&json!({ "name": name, "ready": true })))
}

async fn models(State(app): State<Arc<App>>) -> Response {
    let names: Vec<&str> = app.models.iter().map(|model| model.name.as_str()).collect();
    json_of(&json!({ "models": names }))
}

async fn describe(State(app): State<Arc<App>>, Path(name): Path<String>) -> Result<Response, Fault> {
    Ok(json_of(&app.model(&name)?.loaded().ready.description(&name)))
}

async fn metrics(State(app): State<Arc<App>>) -> Result<Response, Fault> {
    let made = move || app.requests.text(app.models.iter().map(|served| &**served));
    let failed = |_| Fault::new(StatusCode::INTERNAL_SERVER_ERROR, "the metrics could not be made");
    let text = tokio::task::spawn_blocking(made).await.map_err(failed)?;
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response())
}

async fn nowhere(request: Request) -> Fault {
    let message = format!("nothing is at `{}`; /openapi.json tells what is where", request.uri().path());
    Fault::new(StatusCode::NOT_FOUND, message)
}

async fn not_so(request: Request) -> Fault {
    let message = format!("`{}` does not take {}", request.uri().path(), request.method());
    Fault::new(StatusCode::METHOD_NOT_ALLOWED, message)
}

fn json_of(value: &Value) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], value.to_string()).into_response()
}
