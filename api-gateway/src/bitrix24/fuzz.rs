use super::form::Form;
use super::{install, placement};
use crate::inbox;

/// The body of a call of the portal: a robot, an event, an installation, the tab of a deal.
pub(crate) fn call(body: &[u8]) {
    let form = Form::parse(body);
    let kept = Form::parse(&form.without_tokens());
    assert!(
        kept.get("auth[access_token]").is_none() && kept.get("auth[refresh_token]").is_none(),
        "a token is kept"
    );
    let _ = inbox::bitrix24::read(&form);
    let _ = placement::read(&form);
    if let Some(read) = install::read(&form) {
        install::fuzz(&read);
    }
}
