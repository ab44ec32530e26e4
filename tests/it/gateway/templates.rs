//! Previews of everything that clients receive.

use http::StatusCode;
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

#[tokio::test(flavor = "multi_thread")]
async fn a_page_is_shown_as_its_receiver_sees_it_under_a_policy_of_its_own() -> anyhow::Result<()> {
    let world = World::start().await?;
    let head = world.stack.sign_in("head").await?;
    let preview = async |code: &str| {
        let request = PreviewTemplateRequest {
            code: code.to_owned(),
        };
        let answer = head.templates().preview_template(request).await?;
        Ok::<_, tonic::Status>(answer.into_inner())
    };
    // A frame brings no token along.
    let frame = async |path: &str| {
        let url = world.stack.door.url.join(path)?;
        Ok::<_, anyhow::Error>(world.stack.door.http.get(url).send().await?)
    };
    for code in ["buyout/offer_mail.html", "buyout/offer_page/open.html"] {
        let told = preview(code).await?;
        let shown = frame(&told.page_path).await?;
        assert_eq!(shown.status(), StatusCode::OK, "{code}");
        let header = |name: &str| {
            let value = shown.headers().get(name).and_then(|v| v.to_str().ok());
            value.unwrap_or_default().to_owned()
        };
        assert_eq!(header("content-type"), "text/html; charset=utf-8");
        assert_eq!(header("cache-control"), "private, no-store");
        assert_eq!(header("x-content-type-options"), "nosniff");
        let policy = header("content-security-policy");
        let rules: Vec<&str> = policy.split(';').map(str::trim).collect();
        assert_eq!(
            rules,
            [
                "default-src 'none'",
                "style-src 'unsafe-inline'",
                "img-src data:",
                "base-uri 'none'",
                "form-action 'none'",
                "frame-ancestors 'self'",
                "sandbox",
            ],
            "{code}"
        );
        assert_eq!(shown.bytes().await?, told.content, "{code}");
    }
    for code in ["buyout/contract.pdf", "buyout/offer_message.txt"] {
        assert_eq!(preview(code).await?.page_path, "", "{code} is no page");
    }
    let path = preview("buyout/offer_mail.html").await?.page_path;
    // Nobody makes an address up, nor goes on to another template with one.
    for wrong in ["/templates/x", &path[..path.len() - 2], "/templates/"] {
        let refused = frame(wrong).await?;
        assert_eq!(refused.status(), StatusCode::NOT_FOUND, "{wrong}");
    }
    world.stop().await
}
