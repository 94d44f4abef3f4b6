"""Generated secrets: each kind as its issuer writes it, and each form that a secret without a format has."""

from __future__ import annotations

import base64
import json
import random
import string

ALNUM = string.ascii_letters + string.digits
WORD = f"{ALNUM}_"
HEX = "0123456789abcdef"
UPPER = string.ascii_uppercase + string.digits
PEM_WORDS = "-----{} RSA PRIVATE KEY-----"


def kinds(seed: int) -> dict[str, str]:
    """One secret of each kind."""
    chance = random.Random(seed)

    def some(alphabet: str, count: int) -> str:
        return "".join(chance.choices(alphabet, k=count))

    def encoded(value: dict[str, str]) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    def pem() -> str:
        lines = "\n".join(some(f"{ALNUM}+/", 64) for _ in range(3))
        return f"{PEM_WORDS.format('BEGIN')}\n{lines}\n{PEM_WORDS.format('END')}"

    jwt = f"{encoded({'alg': 'HS256'})}.{encoded({'sub': some(ALNUM, 12)})}.{some(WORD, 43)}"
    return {
        "age": f"AGE-SECRET-KEY-1{some(UPPER, 58)}",
        "alibaba": f"LTAI{some(ALNUM, 20)}",
        "anthropic": f"sk-ant-api03-{some(WORD, 93)}AA",
        "artifactory": f"AKCp{some(ALNUM, 69)}",
        "atlassian": f"ATATT3xFfGF0{some(WORD, 170)}",
        "aws": f"AKIA{some(UPPER, 16)}",
        "aws session": f"ASIA{some(UPPER, 16)}",
        "databricks": f"dapi{some(HEX, 32)}-2",
        "digitalocean": f"dop_v1_{some(HEX, 64)}",
        "discord": f"MTk4{some(ALNUM, 21)}.{some(ALNUM, 6)}.{some(ALNUM, 27)}",
        "discord webhook": f"https://discord.com/api/webhooks/{some(string.digits, 18)}/{some(WORD, 68)}",
        "docker": f"dckr_pat_{some(WORD, 27)}",
        "doppler": f"dp.st.prd.{some(ALNUM, 43)}",
        "dynatrace": f"dt0c01.{some(UPPER, 24)}.{some(UPPER, 64)}",
        "entra": f"{some(ALNUM, 3)}8Q~{some(ALNUM, 34)}",
        "figma": f"figd_{some(WORD, 40)}",
        "github": f"ghp_{some(ALNUM, 36)}",
        "github app": f"ghs_{some(ALNUM, 36)}",
        "github fine-grained": f"github_pat_{some(ALNUM, 22)}_{some(ALNUM, 59)}",
        "gitlab": f"glpat-{some(WORD, 20)}",
        "gitlab runner": f"glrt-{some(WORD, 20)}",
        "google": f"AIza{some(WORD, 35)}",
        "google oauth": f"GOCSPX-{some(WORD, 28)}",
        "google refresh": f"ya29.{some(WORD, 120)}",
        "grafana": f"glsa_{some(ALNUM, 32)}_{some(HEX, 8)}",
        "groq": f"gsk_{some(ALNUM, 52)}",
        "heroku": f"HRKU-AA{some(WORD, 58)}",
        "hugging face": f"hf_{some(string.ascii_letters, 34)}",
        "jwt": jwt,
        "linear": f"lin_api_{some(ALNUM, 40)}",
        "mailchimp": f"{some(HEX, 32)}-us12",
        "mailgun": f"key-{some(HEX, 32)}",
        "new relic": f"NRAK-{some(UPPER, 27)}",
        "notion": f"ntn_{some(ALNUM, 46)}",
        "npm": f"npm_{some(ALNUM, 36)}",
        "openai": f"sk-{some(ALNUM, 20)}T3BlbkFJ{some(ALNUM, 20)}",
        "openai project": f"sk-proj-{some(WORD, 74)}",
        "perplexity": f"pplx-{some(ALNUM, 48)}",
        "planetscale": f"pscale_tkn_{some(WORD, 43)}",
        "postman": f"PMAK-{some(HEX, 24)}-{some(HEX, 34)}",
        "prefect": f"pnu_{some(ALNUM, 36)}",
        "private key": pem(),
        "pulumi": f"pul-{some(HEX, 40)}",
        "pypi": f"pypi-AgEIcHlwaS5vcmc{some(WORD, 130)}",
        "replicate": f"r8_{some(ALNUM, 37)}",
        "rubygems": f"rubygems_{some(HEX, 48)}",
        "sendgrid": f"SG.{some(WORD, 22)}.{some(WORD, 43)}",
        "sentry": f"sntryu_{some(HEX, 64)}",
        "shopify": f"shpat_{some(HEX, 32)}",
        "slack": f"xoxb-{some(string.digits, 11)}-{some(string.digits, 12)}-{some(ALNUM, 24)}",
        "slack webhook": f"https://hooks.slack.com/services/T{some(UPPER, 8)}/B{some(UPPER, 8)}/{some(ALNUM, 24)}",
        "sonarqube": f"squ_{some(HEX, 40)}",
        "square": f"sq0csp-{some(WORD, 43)}",
        "stripe": f"sk_live_{some(ALNUM, 24)}",
        "stripe webhook": f"whsec_{some(ALNUM, 32)}",
        "supabase": f"sbp_{some(HEX, 40)}",
        "tailscale": f"tskey-auth-{some(ALNUM, 12)}-{some(ALNUM, 31)}",
        "telegram": f"{some(string.digits, 9)}:AA{some(WORD, 33)}",
        "terraform": f"{some(ALNUM, 14)}.atlasv1.{some(WORD, 67)}",
        "twilio": f"SK{some(HEX, 32)}",
        "vault": f"hvs.{some(ALNUM, 24)}",
    }


FORMS = {
    "address": "could not reach postgresql://me:{}@db:5432/x",
    "address without a name": "cloning https://{}@example.org/shop.git",
    "assignment": "failed with password={} and more",
    "azure": "Endpoint=sb://x;SharedAccessKeyName=a;SharedAccessKey={};EntityPath=y",
    "basic": "Authorization: Basic {}1=",
    "bearer": "sent Bearer {}1, got 401",
    "client key": "client_key: {}",
    "cookie": "Set-Cookie: session={}; Path=/",
    "curl": "curl -u me:{} https://example.org",
    "environment": "export DB_PASSWORD='{}'",
    "header": "X-Api-Key: {}",
    "json": '{{"passcode": "{}", "a": 1}}',
    "json in json": '{{"body": "{{\\"api_key\\": \\"{}\\"}}"}}',
    "key auth": "auth: {}",
    "key pass": "db_pass = {}",
    "key passcode": "passcode={}",  # pragma: allowlist secret
    "key pwd": "pwd: {}",  # pragma: allowlist secret
    "odbc": "Driver=x;Server=y;Uid=me;Pwd={};Encrypt=yes",
    "option": "docker login --password {} registry",
    "option in a list": "['login', '--password', '{}', 'registry']",
    "option with =": "x --auth-token={}",
    "python": 'db_password: str = "{}"',
    "quoted with spaces": "token='{} and what follows'",
    "repr": "{{'secret': '{}', 'a': 1}}",
    "signature": "https://x.blob.core.windows.net/c?sv=2024&sig={}%3D&se=2026",
    "sql": "CREATE USER me PASSWORD '{}'",
    "subscript": "os.environ['API_TOKEN'] = '{}'",
    "xml": "<settings><password>{}</password></settings>",
    "yaml": "credentials:\n  password: {}\n  user: me",
    "yaml block": "secret: |\n  {}\nnext: 1",
}


def unformatted(seed: int) -> str:
    """A password that nothing but what is around it gives away; letters alone would be a word to a scan."""
    generator = random.Random(seed)
    signs = [*generator.choices(ALNUM, k=17), *"aZ7"]
    generator.shuffle(signs)
    return "".join(signs)
