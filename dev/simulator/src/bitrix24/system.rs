//! Methods about the application, the employee and the portal itself.

use serde_json::{Value, json};

use super::MEMBER_ID;
use super::answer::{Done, RestError, portal_time};
use super::filter::{fits, page};
use super::methods::{self, Call};
use super::oauth::endpoints;
use super::people::{self, EMPLOYEES, Employee};
use super::portal::State;

/// Both answers at once, since both servers are this one: the portal's in upper case, the authorisation
/// server's in lower case.
pub(super) fn app_info(call: &Call<'_>) -> Result<Done, RestError> {
    let state = call.sim.state::<State>();
    let (domain, client_endpoint, server_endpoint) = endpoints(call.sim, &state);
    // The authorisation server knows portals by name; a real one has no port.
    let name = domain.split(':').next().unwrap_or_default();
    Ok(Done::new(json!({
        "ID": 5,
        "CODE": super::CLIENT_ID,
        "VERSION": state.app.version,
        "STATUS": "L",
        "INSTALLED": state.app.installed,
        "PAYMENT_EXPIRED": "N",
        "DAYS": null,
        "LANGUAGE_ID": "ru",
        "LICENSE": "ru_pro100",
        "LICENSE_TYPE": "pro100",
        "LICENSE_FAMILY": "pro",
        "client_id": super::CLIENT_ID,
        "scope": state.scope(),
        "expires": call.caller.expires_at.map(portal_time),
        "user_id": call.caller.user,
        "install": {
            "installed": state.app.installed,
            "version": state.app.version.to_string(),
            "status": "L",
            "scope": state.scope(),
            "domain": name,
            "uri": "",
            "client_endpoint": client_endpoint,
            "server_endpoint": server_endpoint,
            "member_id": MEMBER_ID,
            "member_type": "bitrix24",
        },
    })))
}

pub(super) fn profile(call: &Call<'_>) -> Result<Done, RestError> {
    let me = me(call)?;
    Ok(Done::new(json!({
        "ID": me.id.to_string(),
        "ADMIN": me.is_admin(),
        "NAME": me.name,
        "LAST_NAME": me.last_name,
        "PERSONAL_GENDER": "",
        "PERSONAL_PHOTO": "",
        "TIME_ZONE": "Europe/Moscow",
        "TIME_ZONE_OFFSET": 10800,
    })))
}

pub(super) fn user_current(call: &Call<'_>) -> Result<Done, RestError> {
    Ok(Done::new(user(me(call)?)))
}

/// Filter fields stand beside or below `filter`; `ID` may be a list.
pub(super) fn user_get(call: &Call<'_>) -> Result<Done, RestError> {
    let mut filter = call.params.map("filter").unwrap_or_default();
    for name in ["ID", "ACTIVE", "NAME", "LAST_NAME", "EMAIL"] {
        if let Some(value) = call.params.get(name) {
            filter.entry(name).or_insert_with(|| value.clone());
        }
    }
    if let Some(active) = filter.get_mut("ACTIVE") {
        *active = json!(super::params::flag(active));
    }
    let rows: Vec<Value> = EMPLOYEES
        .iter()
        .map(user)
        .filter(|row| fits(&filter, &|name| row.get(name).cloned()))
        .collect();
    let (rows, mut done) = page(rows, &call.params);
    done.result = Value::Array(rows);
    Ok(done)
}

fn me(call: &Call<'_>) -> Result<&'static Employee, RestError> {
    people::find(call.caller.user).ok_or_else(|| RestError::access_denied("Access denied!"))
}

fn user(employee: &Employee) -> Value {
    json!({
        "ID": employee.id.to_string(),
        "XML_ID": null,
        "ACTIVE": true,
        "NAME": employee.name,
        "LAST_NAME": employee.last_name,
        "SECOND_NAME": "",
        "EMAIL": employee.email,
        "WORK_POSITION": employee.position,
        "UF_DEPARTMENT": [1],
        "USER_TYPE": "employee",
    })
}

pub(super) fn scope(call: &Call<'_>) -> Result<Done, RestError> {
    Ok(Done::new(json!(call.sim.state::<State>().app.scope)))
}

pub(super) fn methods(_call: &Call<'_>) -> Result<Done, RestError> {
    Ok(Done::new(json!(methods::names())))
}

pub(super) fn method_get(call: &Call<'_>) -> Result<Done, RestError> {
    let known = call
        .params
        .text("name")
        .is_some_and(|name| methods::find(&name.to_ascii_lowercase()).is_some());
    Ok(Done::new(
        json!({ "isExisting": known, "isAvailable": known }),
    ))
}

pub(super) fn server_time(call: &Call<'_>) -> Result<Done, RestError> {
    Ok(Done::new(json!(portal_time(call.sim.now()))))
}

pub(super) fn feature(call: &Call<'_>) -> Result<Done, RestError> {
    let has = call.params.text("code").as_deref() == Some("rest_offline_extended");
    Ok(Done::new(json!({ "value": if has { "Y" } else { "N" } })))
}
