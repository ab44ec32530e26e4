//! Contacts: whom a deal is made with.

use serde_json::{Value, json};

use super::answer::{Done, RestError, portal_time};
use super::filter::{fits, id, page, sort};
use super::methods::Call;
use super::people::ADMIN;
use super::portal::{Contact, State};

pub(super) fn get(call: &Call<'_>) -> Result<Done, RestError> {
    let id =
        id(&call.params).ok_or_else(|| RestError::refused("", "ID is not defined or invalid."))?;
    let state = call.sim.state::<State>();
    let contact = state
        .contacts
        .get(&id)
        .ok_or_else(|| RestError::refused("", "Not found"))?;
    Ok(Done::new(shown(id, contact)))
}

pub(super) fn list(call: &Call<'_>) -> Result<Done, RestError> {
    let state = call.sim.state::<State>();
    let filter = call.params.map("filter").unwrap_or_default();
    let mut rows: Vec<Value> = state
        .contacts
        .iter()
        .map(|(id, contact)| shown(*id, contact))
        .filter(|row| fits(&filter, &|name| row.get(name).cloned()))
        .collect();
    sort(
        &mut rows,
        &call.params.map("order").unwrap_or_default(),
        &|row, name| row.get(name).cloned(),
    );
    let (rows, mut done) = page(rows, &call.params);
    done.result = Value::Array(rows);
    Ok(done)
}

/// Everything but an empty multifield, which is absent.
fn shown(id: u64, contact: &Contact) -> Value {
    let Contact {
        last_name,
        name,
        second_name,
        birthdate,
        phone,
        email,
        created_at,
    } = contact;
    let has = |value: &Option<String>| if value.is_some() { "Y" } else { "N" };
    // A birthday is midnight of the portal's day.
    let birthdate = birthdate.map_or(String::new(), |day| format!("{day}T03:00:00+03:00"));
    let created = portal_time(*created_at);
    let mut shown = json!({
        "ID": id.to_string(),
        "POST": null,
        "COMMENTS": null,
        "HONORIFIC": null,
        "NAME": name,
        "SECOND_NAME": second_name,
        "LAST_NAME": last_name,
        "PHOTO": null,
        "LEAD_ID": null,
        "TYPE_ID": "CLIENT",
        "SOURCE_ID": "WEB",
        "SOURCE_DESCRIPTION": null,
        "COMPANY_ID": null,
        "BIRTHDATE": birthdate,
        "EXPORT": "Y",
        "HAS_PHONE": has(phone),
        "HAS_EMAIL": has(email),
        "HAS_IMOL": "N",
        "DATE_CREATE": created,
        "DATE_MODIFY": created,
        "ASSIGNED_BY_ID": ADMIN.to_string(),
        "CREATED_BY_ID": ADMIN.to_string(),
        "MODIFY_BY_ID": ADMIN.to_string(),
        "OPENED": "Y",
        "ORIGINATOR_ID": null,
        "ORIGIN_ID": null,
    });
    let multi = |number: u64, kind: &str, value: &str| json!([{ "ID": number.to_string(), "VALUE_TYPE": "WORK", "VALUE": value, "TYPE_ID": kind }]);
    if let Some(phone) = phone {
        shown["PHONE"] = multi(id * 2, "PHONE", phone);
    }
    if let Some(email) = email {
        shown["EMAIL"] = multi(id * 2 + 1, "EMAIL", email);
    }
    shown
}
