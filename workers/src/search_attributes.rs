//! Search attributes, without which no workflow task succeeds.

use std::collections::HashMap;

use contracts::search_attributes::ALL;
use temporalio_client::tonic::{Request, Status};
use temporalio_client::{Client, NamespacedClient};
use temporalio_common::protos::temporal::api::enums::v1::IndexedValueType;
use temporalio_common::protos::temporal::api::operatorservice::v1::{
    AddSearchAttributesRequest, ListSearchAttributesRequest,
};

/// Registers what the namespace lacks. A server that does not let us (a cloud, an administrator's
/// namespace) is told about once: the worker goes on, and so do the runs once somebody registers them.
pub(crate) async fn register(client: &Client) {
    match missing(client).await {
        Ok(missing) if missing.is_empty() => {}
        Ok(missing) => {
            let names = names(&missing);
            match add(client, missing).await {
                Ok(()) => tracing::info!(%names, "search attributes are registered"),
                Err(error) => tracing::error!(
                    %names,
                    error = error.message(),
                    "search attributes are missing and this worker may not register them; until an administrator does, no process goes on"
                ),
            }
        }
        Err(error) => tracing::warn!(
            error = error.message(),
            "the server does not tell its search attributes; they must have been registered"
        ),
    }
}

async fn missing(client: &Client) -> Result<HashMap<String, i32>, Status> {
    let request = ListSearchAttributesRequest {
        namespace: client.namespace(),
    };
    let known = client
        .connection()
        .operator_service()
        .list_search_attributes(Request::new(request))
        .await?
        .into_inner()
        .custom_attributes;
    Ok(ALL
        .into_iter()
        .filter(|(name, _)| !known.contains_key(*name))
        .map(|(name, kind)| (name.to_owned(), value_type(kind) as i32))
        .collect())
}

async fn add(client: &Client, missing: HashMap<String, i32>) -> Result<(), Status> {
    let request = AddSearchAttributesRequest {
        search_attributes: missing,
        namespace: client.namespace(),
    };
    client
        .connection()
        .operator_service()
        .add_search_attributes(Request::new(request))
        .await
        .map(drop)
}

fn value_type(kind: &str) -> IndexedValueType {
    let name = format!("INDEXED_VALUE_TYPE_{}", kind.to_uppercase());
    IndexedValueType::from_str_name(&name).unwrap_or(IndexedValueType::Unspecified)
}

fn names(attributes: &HashMap<String, i32>) -> String {
    let mut names: Vec<&str> = attributes.keys().map(String::as_str).collect();
    names.sort_unstable();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_attribute_has_a_type_that_the_server_knows() {
        for (name, kind) in ALL {
            assert_ne!(value_type(kind), IndexedValueType::Unspecified, "{name}");
        }
    }
}
