//! Previews of everything that clients receive.

use proto::kite::template::v1::{ListTemplatesRequest, PreviewTemplateRequest};
use tests::World;
use tonic::Code;

#[tokio::test(flavor = "multi_thread")]
async fn every_template_can_be_looked_at_by_those_who_answer_for_it() -> anyhow::Result<()> {
    let world = World::start().await?;
    let head = world.stack.sign_in("head").await?;
    let templates = head
        .templates()
        .list_templates(ListTemplatesRequest {})
        .await?
        .into_inner()
        .templates;
    assert_eq!(templates.len(), templates::catalogue::ENTRIES.len());
    let preview = async |code: &str| {
        let request = PreviewTemplateRequest {
            code: code.to_owned(),
        };
        head.templates().preview_template(request).await
    };
    for template in &templates {
        let shown = preview(&template.code).await?.into_inner();
        assert_eq!(shown.template.as_ref(), Some(template));
        match template.content_type.as_str() {
            "application/pdf" => assert!(shown.content.starts_with(b"%PDF-"), "{template:?}"),
            "text/html" | "text/plain" => {
                let text = String::from_utf8(shown.content)?;
                assert!(
                    !text.trim().is_empty() && !text.contains("{{"),
                    "{template:?}: {text}"
                );
            }
            other => panic!("{other} of {template:?}"),
        }
    }
    let letter = preview("buyout/offer_mail.html").await?.into_inner();
    assert!(letter.subject.contains("Образец"), "{}", letter.subject);
    assert!(String::from_utf8(letter.content)?.contains("ООО «Образец»"));
    for unknown in ["", "buyout/nothing.html", "../Cargo.toml"] {
        let refused = preview(unknown).await.expect_err(unknown);
        assert_eq!(refused.code(), Code::NotFound);
    }
    let inspector = world.stack.sign_in("inspector").await?;
    let refused = inspector
        .templates()
        .list_templates(ListTemplatesRequest {})
        .await
        .expect_err("not theirs");
    assert_eq!(refused.code(), Code::PermissionDenied);
    world.stop().await
}
