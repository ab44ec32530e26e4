//! Every method of the API, called over the wire by every role: who is let in is the committed matrix.

use std::collections::BTreeMap;

use bytes::Bytes;
use prost::Message;
use prost_types::FileDescriptorSet;
use stack::seed;
use tests::World;
use tonic::client::Grpc;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::metadata::MetadataValue;
use tonic::transport::Channel;
use tonic::{Code, Request, Status};

const MATRIX: &str = include_str!("../../api-gateway/src/access/matrix.txt");

/// Methods for whoever has no token yet, and what they say to somebody with nothing at all: no password, no
/// cookie, no ticket.
const OPEN: [(&str, Code); 5] = [
    ("kite.session.v1.SessionService/GetSignInOptions", Code::Ok),
    (
        "kite.session.v1.SessionService/SignIn",
        Code::Unauthenticated,
    ),
    (
        "kite.session.v1.SessionService/RefreshSession",
        Code::Unauthenticated,
    ),
    (
        "kite.session.v1.SessionService/RedeemTicket",
        Code::Unauthenticated,
    ),
    ("kite.session.v1.SessionService/SignOut", Code::Ok),
];

/// Messages as bytes: an empty message of any method is no bytes at all.
#[derive(Default)]
struct Raw;

impl Codec for Raw {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;
    fn encoder(&mut self) -> Self {
        Self
    }
    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Raw {
    type Item = Bytes;
    type Error = Status;
    fn encode(&mut self, item: Bytes, into: &mut EncodeBuf<'_>) -> Result<(), Status> {
        bytes::BufMut::put(into, item);
        Ok(())
    }
}

impl Decoder for Raw {
    type Item = Bytes;
    type Error = Status;
    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        let length = bytes::Buf::remaining(from);
        Ok(Some(bytes::Buf::copy_to_bytes(from, length)))
    }
}

/// "kite.task.v1.TaskService/ListTasks" of every method; `true` for a stream of answers.
fn methods() -> BTreeMap<String, bool> {
    let files = FileDescriptorSet::decode(proto::DESCRIPTORS).expect("descriptors");
    let mut methods = BTreeMap::new();
    for file in files.file {
        for service in &file.service {
            for method in &service.method {
                let name = format!("{}.{}/{}", file.package(), service.name(), method.name());
                if name.starts_with("kite.") {
                    methods.insert(name, method.server_streaming());
                }
            }
        }
    }
    methods
}

/// The status of a call with an empty message.
async fn call(
    channel: &Channel,
    method: &str,
    streams: bool,
    token: Option<&str>,
) -> anyhow::Result<Code> {
    let mut grpc = Grpc::new(channel.clone());
    grpc.ready().await?;
    let mut request = Request::new(Bytes::new());
    if let Some(token) = token {
        let value: MetadataValue<_> = format!("Bearer {token}").parse()?;
        request.metadata_mut().insert("authorization", value);
    }
    let path = format!("/{method}").parse()?;
    let answer = if streams {
        grpc.server_streaming(request, path, Raw).await.map(|_| ())
    } else {
        grpc.unary(request, path, Raw).await.map(|_| ())
    };
    Ok(answer.map_or_else(|status| status.code(), |()| Code::Ok))
}

#[tokio::test(flavor = "multi_thread")]
async fn every_method_lets_in_the_roles_of_the_matrix_and_nobody_else() -> anyhow::Result<()> {
    let world = World::start().await?;
    let methods = methods();
    let allowed: BTreeMap<&str, &str> = MATRIX
        .lines()
        .filter_map(|line| line.split_once(": "))
        .collect();
    let mut people = Vec::new();
    for account in &seed::ACCOUNTS {
        people.push((
            account.role.to_string(),
            world.stack.sign_in(account.login).await?,
        ));
    }
    for (method, expected) in OPEN {
        for token in [None, Some("forged.token.here")] {
            let code = call(&world.stack.door.channel, method, methods[method], token).await?;
            assert_eq!(code, expected, "{method} with token {token:?}");
        }
    }
    let open: BTreeMap<&str, Code> = OPEN.into_iter().collect();
    for (method, streams) in &methods {
        if open.contains_key(method.as_str()) {
            assert!(
                !allowed.contains_key(method.as_str()),
                "{method} is open and in the matrix"
            );
            continue;
        }
        let roles = allowed
            .get(method.as_str())
            .unwrap_or_else(|| panic!("{method} is not in the matrix"));
        for token in [None, Some("forged.token.here")] {
            let code = call(&world.stack.door.channel, method, *streams, token).await?;
            assert_eq!(code, Code::Unauthenticated, "{method} with token {token:?}");
        }
        for (role, person) in &people {
            let code = call(
                &world.stack.door.channel,
                method,
                *streams,
                Some(&person.token),
            )
            .await?;
            let lets_in = *roles == "every role" || roles.split(' ').any(|allowed| allowed == role);
            if lets_in {
                let passed = !matches!(
                    code,
                    Code::PermissionDenied
                        | Code::Unauthenticated
                        | Code::Unimplemented
                        | Code::Internal
                        | Code::Unknown
                );
                assert!(passed, "{method} refused {role}: {code:?}");
            } else {
                assert_eq!(code, Code::PermissionDenied, "{method} let in {role}");
            }
        }
    }
    assert_eq!(
        methods.len(),
        allowed.keys().filter(|name| name.contains('/')).count() + OPEN.len(),
        "a method without a line"
    );
    world.stop().await
}
