//! PostgreSQL's own tools, which have to be installed where the command runs.

use std::path::Path;
use std::process::Stdio;

use tokio::process::Command;
use url::Url;

use super::Failure;

/// Writes a dump in the custom format.
pub(super) async fn dump(url: &str, file: &Path) -> Result<(), Failure> {
    let mut command = client("pg_dump", url)?;
    command
        .args(["--format=custom", "--no-owner", "--no-privileges", "--file"])
        .arg(file);
    run("pg_dump", command).await
}

/// Brings a dump into an empty database, all of it or nothing.
pub(super) async fn load(url: &str, file: &Path) -> Result<(), Failure> {
    let mut command = client("pg_restore", url)?;
    let database = Url::parse(url)
        .map(|url| url.path().trim_start_matches('/').to_owned())
        .unwrap_or_default();
    command
        .args([
            "--no-owner",
            "--no-privileges",
            "--exit-on-error",
            "--single-transaction",
            "--dbname",
        ])
        .arg(database)
        .arg(file);
    run("pg_restore", command).await
}

/// The program with the connection in its environment: what is on a command line everybody reads.
fn client(program: &'static str, url: &str) -> Result<Command, Failure> {
    let parsed = Url::parse(url).map_err(|error| Failure::Program(program, error.to_string()))?;
    let mut command = Command::new(program);
    command.stdin(Stdio::null()).stdout(Stdio::null());
    let port = parsed.port().unwrap_or(5432).to_string();
    let database = parsed.path().trim_start_matches('/');
    for (name, value) in [
        ("PGHOST", parsed.host_str().unwrap_or("localhost")),
        ("PGPORT", &port),
        ("PGUSER", parsed.username()),
        ("PGDATABASE", database),
    ] {
        if !value.is_empty() {
            command.env(name, decoded(value));
        }
    }
    if let Some(password) = parsed.password() {
        command.env("PGPASSWORD", decoded(password));
    }
    if let Some((_, mode)) = parsed.query_pairs().find(|(name, _)| name == "sslmode") {
        command.env("PGSSLMODE", mode.as_ref());
    }
    Ok(command)
}

/// Percent signs of a URL undone.
fn decoded(text: &str) -> String {
    // A query's rules but for the plus sign, which stands for itself before the query.
    let pair = format!("x={}", text.replace('+', "%2B"));
    url::form_urlencoded::parse(pair.as_bytes())
        .next()
        .map(|(_, value)| value.into_owned())
        .unwrap_or_default()
}

async fn run(program: &'static str, mut command: Command) -> Result<(), Failure> {
    let ended = command.output().await.map_err(|error| {
        let hint = "PostgreSQL's client programs have to be installed on this machine";
        Failure::Program(program, format!("{error}; {hint}"))
    })?;
    if ended.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&ended.stderr).trim().to_owned();
    Err(Failure::Program(
        program,
        format!("{}: {said}", ended.status),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_never_an_argument() {
        let command = client(
            "pg_dump",
            "postgres://ki%40te:p%40ss+w%2Frd@db.example:5433/kite?sslmode=require",
        )
        .expect("a command");
        let command = command.as_std();
        assert_eq!(command.get_args().count(), 0);
        let env = |name: &str| {
            command
                .get_envs()
                .find(|(known, _)| *known == name)
                .and_then(|(_, value)| value)
                .map(|value| value.to_string_lossy().into_owned())
        };
        for (name, value) in [
            ("PGHOST", "db.example"),
            ("PGPORT", "5433"),
            ("PGUSER", "ki@te"),
            ("PGPASSWORD", "p@ss+w/rd"),
            ("PGDATABASE", "kite"),
            ("PGSSLMODE", "require"),
        ] {
            assert_eq!(env(name).as_deref(), Some(value), "{name}");
        }
    }
}
