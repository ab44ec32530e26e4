"""Drives the simulated portal with the vendor's own Python client.

usage: REQUESTS_CA_BUNDLE=<folder>/ca.pem check.py CONTROL_URL
The simulator runs; the application is installed by this script.
"""

import http.server
import json
import sys
import threading
import urllib.parse
import urllib.request

from b24pysdk import BitrixApp, BitrixToken, BitrixWebhook, Client
from b24pysdk.api.requesters.bitrix_oauth_requester import BitrixOAuthRequester
from b24pysdk.credentials.oauth_event_data import OAuthEventData
from b24pysdk.credentials.oauth_workflow_data import OAuthWorkflowData
from b24pysdk.errors import BitrixAPIError

CONTROL = sys.argv[1].rstrip("/")
forms: dict[str, list[dict[str, str]]] = {}
arrived = threading.Condition()


class Application(http.server.BaseHTTPRequestHandler):
    """What the portal posts to the application."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        form = dict(urllib.parse.parse_qsl(body, keep_blank_values=True))
        with arrived:
            forms.setdefault(self.path, []).append(form)
            arrived.notify_all()
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


def person(path: str, body: dict | None = None) -> dict:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{CONTROL}/{path}", data, {"content-type": "application/json"})
    with urllib.request.urlopen(request) as answer:
        text = answer.read()
    return json.loads(text) if text else {}


def told(path: str) -> dict[str, str]:
    with arrived:
        assert arrived.wait_for(lambda: forms.get(path), 20), f"nothing came to {path}"
        return forms[path].pop(0)


def step(what: str) -> None:
    print(f"ok  {what}")


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Application)
threading.Thread(target=server.serve_forever, daemon=True).start()
application = f"http://127.0.0.1:{server.server_address[1]}"

person("bitrix24/install", {"handler": f"{application}/install"})
install = told("/install")
portal = person("bitrix24/app")
step("install form")

# The authorisation server is a constant of the client.
oauth = portal["server_endpoint"].removesuffix("/rest/")
BitrixOAuthRequester._OAUTH_TOKEN_URL = f"{oauth}/oauth/token/"
BitrixOAuthRequester._APP_INFO_URL = f"{oauth}/rest/app.info/"

app = BitrixApp(client_id=portal["client_id"], client_secret=portal["client_secret"])
token = BitrixToken(
    domain=install["auth[domain]"],
    auth_token=install["auth[access_token]"],
    refresh_token=install["auth[refresh_token]"],
    bitrix_app=app,
)
client = Client(token)

assert token.get_app_info().result.install.member_id == portal["member_id"]
step("app.info of the authorisation server")
assert token.call_method("profile")["result"]["ID"] == "1"
webhook = BitrixWebhook(domain=portal["domain"], webhook_token=portal["webhook"].split("/rest/")[1].strip("/"))
assert webhook.call_method("user.current")["result"]["ID"] == "1"
step("calls with a token and with a webhook")

before = token.refresh_token
person("bitrix24/tokens/expire", {})
assert token.call_method("profile")["result"]["ID"] == "1"
assert token.refresh_token != before
step("expired token is renewed and rotated")

deal = person("bitrix24/deals", {"car": "clean"})["deal_id"]
item = client.crm.item.get(bitrix_id=deal, entity_type_id=2).response.result["item"]
assert item["id"] == deal and item["stageId"] == "C9:NEW"
client.crm.item.update(bitrix_id=deal, entity_type_id=2, fields={"ufCrmKitePrice": 450000}).response
assert client.crm.deal.get(bitrix_id=deal).response.result["UF_CRM_KITE_PRICE"] == "450000.00"
step("crm.item.get, crm.item.update, crm.deal.get")

try:
    client.crm.item.get(bitrix_id=1, entity_type_id=2).response
    raise AssertionError("a deal that is not there was found")
except BitrixAPIError as error:
    assert "NOT_FOUND" in str(error.error), error
step("an error is told as an error")

batch = token.call_batch({
    "deal": ("crm.deal.get", {"id": deal}),
    "contact": ("crm.contact.get", {"id": "$result[deal][CONTACT_ID]"}),
})["result"]
assert batch["result"]["contact"]["ID"] == batch["result"]["deal"]["CONTACT_ID"], batch
assert batch["result_error"] == []
step("batch with a reference, empty map as []")

for _ in range(52):
    person("bitrix24/deals", {"car": "clean"})
assert len(client.crm.deal.list(select=["ID"]).as_list().result) >= 53
step("all pages of a list")

robot = {
    "CODE": "check", "HANDLER": f"{application}/robot", "AUTH_USER_ID": 1, "USE_SUBSCRIPTION": "Y",
    "NAME": "Check", "PROPERTIES": {"note": {"Name": "Note", "Type": "string", "Default": "x"}},
    "RETURN_PROPERTIES": {"result": {"Name": "Result", "Type": "string"}},
}
if "check" in token.call_method("bizproc.robot.list")["result"]:
    token.call_method("bizproc.robot.delete", {"CODE": "check"})
token.call_method("bizproc.robot.add", robot)
person(f"bitrix24/deals/{deal}/stage", {"stage": "C9:INSPECTION"})
workflow = OAuthWorkflowData.from_dict(told("/robot"))
assert workflow.document_id == ["crm", "CCrmDocumentDeal", f"DEAL_{deal}"] and workflow.use_subscription
assert workflow.validate_against_app_info(token.get_app_info().result)
step("robot form is what the client expects")
answer = {"EVENT_TOKEN": workflow.event_token, "RETURN_VALUES": {"result": "DONE"}}
assert token.call_method("bizproc.event.send", answer)["result"] is True
assert person(f"bitrix24/deals/{deal}")["robots"][-1]["answer"] == {"result": "DONE"}
step("robot is answered")

handler = f"{application}/event"
token.call_method("event.bind", {"event": "ONCRMDEALUPDATE", "handler": handler})
person(f"bitrix24/deals/{deal}/stage", {"stage": "C9:OFFER"})
event = OAuthEventData.from_dict(told("/event"))
assert event.event == "ONCRMDEALUPDATE" and event.data["FIELDS"]["ID"] == str(deal)
token.call_method("event.unbind", {"event": "ONCRMDEALUPDATE", "handler": handler})
token.call_method("bizproc.robot.delete", {"CODE": "check"})
step("event form is what the client expects")
print("all passed")
