"""Secrets as they are found in the wild, none of them real: made of their format's beginning and letters of ours.

They are put together here, so that no scanner of repositories takes this file for a leak.
"""

from base64 import b64encode

HEX = "0a1b2c3d4e5f60718293a4b5c6d7e8f9"
MIX = "aB3dE5gH7jK9mN1pQ2sT4vW6yZ8cX0fR"
LONG = MIX * 6
PEM = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7"

TOKENS: dict[str, str] = {
    "aws access key": "AKIA" + "Q3XYZ7ABCD5EFGH2", "aws session key": "ASIA" + "Q3XYZ7ABCD5EFGH2", "bedrock": "ABSK" + LONG[:100],
    "google api key": "AIza" + LONG[:35], "google access token": "ya29." + LONG[:60], "google client secret": "GOCSPX-" + MIX[:28],
    "google refresh token": "1//0" + LONG[:60], "azure client secret": "abC" + "8Q~" + LONG[:34], "azure storage key": LONG[:76] + "+ASt" + "abCDeQ==",
    "azure devops": LONG[:76] + "AZDO" + "ab12", "digitalocean": "dop" + "_v1_" + HEX * 2, "heroku": "HRKU-" + LONG[:60],
    "databricks": "dapi" + HEX, "vault": "hvs." + LONG[:90], "vault batch": "hvb." + LONG[:90], "terraform cloud": MIX[:14] + ".atlasv1." + LONG[:67],
    "pulumi": "pul-" + HEX + HEX[:8], "doppler": "dp.pt." + LONG[:43], "fly": "fm2_" + LONG[:80], "planetscale": "pscale_tkn_" + LONG[:43],
    "supabase": "sbp_" + HEX + HEX[:8], "tailscale": "tskey-auth-" + LONG[:30], "github": "ghp" + "_" + LONG[:36], "github app": "ghs" + "_" + LONG[:36],
    "github fine-grained": "github" + "_pat_" + LONG[:82], "gitlab": "glpat" + "-" + MIX[:20], "gitlab runner": "glrt" + "-" + MIX[:20],
    "bitbucket": "ATBB" + MIX + "1A2B", "atlassian": "ATATT3" + "xFfGF0" + LONG[:180], "bitbucket token": "ATCTT3" + "xFfGN0" + LONG[:180],
    "npm": "npm" + "_" + LONG[:36], "pypi": "pypi-" + "AgEIcHlwaS5vcmc" + LONG[:150], "rubygems": "rubygems_" + HEX + HEX[:16],
    "docker hub": "dckr" + "_pat_" + LONG[:27], "circleci": "CCIPAT" + "_" + LONG[:22] + "_" + HEX + HEX[:8], "postman": "PMAK-" + HEX[:24] + "-" + HEX + "ab",
    "new relic": "NRAK-" + "A1B2C3D4E5F6G7H8I9J0K1L2M3N", "new relic licence": HEX + "abcd" + "NRAL", "grafana": "glsa" + "_" + MIX + "_" + HEX[:8],
    "grafana cloud": "glc" + "_" + "eyJvIjoi" + LONG[:60], "grafana key": "eyJrIjoi" + LONG[:80], "sentry": "sntrys_" + "eyJpYXQi" + LONG[:80],
    "pagerduty": "pdus+" + "_0XBPWQQ_" + MIX, "dynatrace": "dt0c01." + "ABCDEFGHIJKLMNOPQRSTUVWX" + "." + "A1" * 32,
    "slack": "xox" + "b-123456789012-" + MIX, "slack user": "xox" + "p-123456789012-" + MIX, "slack app": "xapp" + "-1-A0123-456-" + HEX,
    "telegram": "12345678" + ":AA" + LONG[:33], "twilio": "SK" + HEX, "sendgrid": "SG." + MIX[:22] + "." + LONG[:43], "mailgun": "key-" + HEX,
    "mailchimp": HEX + "-us12", "linear": "lin" + "_api_" + LONG[:40], "notion": "ntn" + "_" + LONG[:46], "figma": "figd" + "_" + LONG[:40],
    "discord": "MT" + LONG[:24] + ".Gx1Yz2." + LONG[:38], "stripe": "sk" + "_live_" + MIX, "stripe restricted": "rk" + "_live_" + MIX,
    "stripe webhook": "whsec" + "_" + MIX, "shopify": "shpat" + "_" + HEX, "square": "sq0" + "atp-" + MIX[:22], "square access": "EAAA" + LONG[:60],
    "anthropic": "sk-ant-" + "api03-" + LONG[:90], "openai": "sk-proj-" + LONG[:80], "openai old": "sk-" + LONG[:48], "hugging face": "hf" + "_" + LONG[:34],
    "groq": "gsk" + "_" + LONG[:52], "replicate": "r8" + "_" + LONG[:37], "xai": "xai-" + LONG[:80], "perplexity": "pplx-" + LONG[:48],
    "jwt": "eyJhbGciOiJIUzI1NiJ9." + "eyJzdWIiOiIxMjM0In0." + LONG[:43], "bcrypt": "$2b$12$" + LONG[:53], "shadow": "$6$" + MIX[:16] + "$" + LONG[:86],
    "age": "AGE-SECRET-KEY-1" + "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7LQPZRY9X8GF2TVDW0S3JN54KHCE"[:58],
}  # fmt: skip
"""Words that give themselves away."""

_W = "tr0ub4dor-x9"
_PLAIN = b64encode(f"alice:{_W}".encode()).decode()

PHRASES: dict[str, tuple[str, str]] = {
    "aws secret": (f"aws_secret_access_key = {LONG[:40]}", LONG[:40]), "aws json": (f'{{"SecretAccessKey": "{LONG[:40]}"}}', LONG[:40]),
    "aws session": (f"AWS_SESSION_TOKEN={LONG[:90]}", LONG[:90]), "presigned": (f"https://b.s3.amazonaws.com/k?X-Amz-Signature={HEX * 2}&x=1", HEX),
    "azure sas": (f"https://a.blob.core.windows.net/c?sv=2024-01-01&sig={MIX}%3D&se=2026", MIX),
    "azure connection": (f"DefaultEndpointsProtocol=https;AccountName=a;AccountKey={LONG[:86]}==;EndpointSuffix=core.windows.net", LONG[:86]),
    "service bus": (f"Endpoint=sb://x/;SharedAccessKeyName=Root;SharedAccessKey={LONG[:43]}=", LONG[:43]),
    "slack webhook": (f"https://hooks.slack.com/services/T01/B01/{MIX[:24]}", MIX[:24]), "sentry dsn": (f"https://{HEX}@o1.ingest.sentry.io/2", HEX),
    "discord webhook": (f"https://discord.com/api/webhooks/123456789012345678/{LONG[:68]}", LONG[:68]),
    "datadog": (f"DD_API_KEY={HEX}", HEX), "datadog header": (f"DD-APPLICATION-KEY: {HEX}abcd", HEX),
    "pagerduty header": (f"Authorization: Token token={MIX[:20]}", MIX[:20]), "pagerduty key": (f'"routing_key": "{HEX}"', HEX),
    "snowflake": (f"private_key_passphrase = {_W}", _W), "google key id": (f'"private_key_id": "{HEX}abcdef01"', HEX),
    "pem": (f"-----BEGIN PRIVATE KEY-----\n{PEM}\n-----END PRIVATE KEY-----", PEM),
    "rsa": (f"-----BEGIN RSA PRIVATE KEY-----\n{PEM}\n-----END RSA PRIVATE KEY-----", PEM),
    "openssh": (f"-----BEGIN OPENSSH PRIVATE KEY-----\n{PEM}\n-----END OPENSSH PRIVATE KEY-----", PEM),
    "encrypted": (f"-----BEGIN ENCRYPTED PRIVATE KEY-----\n{PEM}\n-----END ENCRYPTED PRIVATE KEY-----", PEM),
    "pgp": (f"-----BEGIN PGP PRIVATE KEY BLOCK-----\n\n{PEM}\n-----END PGP PRIVATE KEY BLOCK-----", PEM),
    "putty": (f"PuTTY-User-Key-File-3: ssh-rsa\nPrivate-Lines: 1\n{PEM}\nPrivate-MAC: {HEX}", PEM),
    "postgresql": (f"postgresql://ops:{_W}@db:5432/app", _W), "mongodb": (f"mongodb+srv://ops:{_W}@c0.mongodb.net/x", _W), "redis": (f"redis://:{_W}@cache:6379/0", _W),
    "amqp": (f"amqp://guest:{_W}@mq//", _W), "jdbc": (f"jdbc:mysql://db/app?user=ops&password={_W}", _W), "odbc": (f"Server=db;Uid=ops;Pwd={_W};", _W),
    "basic": (f"Authorization: Basic {_PLAIN}", _PLAIN), "basic alone": (f"proxy answered with Basic {_PLAIN}", _PLAIN), "bearer": (f"Bearer {MIX}", MIX),
    "cookie": (f"Cookie: sid={MIX}; theme=dark", MIX), "set-cookie": (f"Set-Cookie: session={MIX}; HttpOnly", MIX), "session": (f"JSESSIONID={MIX}", MIX),
    "env": (f"DB_PASSWORD={_W}", _W), "yaml": (f"  password: {_W}", _W), "json": (f'{{"password": "{_W}"}}', _W), "json in json": (f'{{\\"password\\": \\"{_W}\\"}}', _W),
    "json with a quote": ('{"password": "tr0ub4\\"dor-x9"}', 'dor-x9'), "spaces": ('{"password": "correct horse 9"}', "horse"), "toml": (f"client_secret = '{_W}'", _W),
    "flag": (f"deploy --password {_W} --verbose", _W), "flag =": (f"deploy --db-password={_W}", _W), "flag token": (f"gh auth --token {MIX}", MIX),
    "query": (f"https://x.example/cb?access_token={MIX}&state=1", MIX), "encoded": (f"%22password%22%3A%22{_W}%22", _W), "form": (f"password%3D{_W}%26x", _W),
    "xml": (f"<password>{_W}</password>", _W), "ruby": (f":password => '{_W}'", _W), "python": (f"connect(password='{_W}')", _W), "dict": (f"{{'api_key': '{MIX}'}}", MIX),
    "header": (f"X-Api-Key: {MIX}", MIX), "gitlab header": (f"PRIVATE-TOKEN: {MIX}", MIX), "prose": (f"The password: {_W} is wrong", _W), "said": (f"my password is: {_W}", _W),
    "npmrc": (f"//registry.npmjs.org/:_authToken={MIX}", MIX), "npmrc auth": (f"_auth={_PLAIN}", _PLAIN), "netrc": (f"machine api.example.com login ops password {_W}", _W),
    "docker": (f'{{"auths": {{"ghcr.io": {{"auth": "{_PLAIN}"}}}}}}', _PLAIN), "curl": (f"curl -s -u ops:{_W} https://x", _W), "sshpass": (f"sshpass -p {_W} ssh x", _W),
    "mysql": (f"mysqldump -h db -uops -p{_W} app", _W), "sql": (f"CREATE USER ops IDENTIFIED BY '{_W}'", _W), "sql role": (f"ALTER ROLE ops WITH PASSWORD '{_W}'", _W),
    "rails": (f"secret_key_base: {HEX}", HEX), "vault json": (f'"client_token": "{MIX}"', MIX), "signing": (f"signing_secret={HEX}", HEX), "pgpass": (f"PGPASSWORD={_W} psql", _W),
}  # fmt: skip
"""Texts, and what in them is secret."""

BENIGN = (
    "", "request 3f2b8c1e-6a4d-4f7b-9c0e-1d2e3f4a5b6c took 12 ms", "commit 9fceb02d0ae598e95dc970b74767f19372d61af8 by alice",
    "short sha 9fceb02, tag v1.2.3-rc.1+build.5", "registry.example.com/team/app@sha256:" + HEX * 2, "api-7d9f8b6c5d-x2x4z.prod.svc.cluster.local:8443",
    "db-1.eu-west-1.rds.amazonaws.com", "arn:aws:iam::123456789012:role/deploy", "image id 4f6b2c8d9e0a", "max_tokens: 4096", '"tokens": 200000, "token_count": 5',
    "token_type=bearer", "Bearer authentication is required", "the password policy requires 12 characters", "Password: required", "password: null", "password=${DB_PASSWORD}",
    "password: {{ vault_password }}", "--password=$PASS", "password_env: DB_PASSWORD", '"password": "********"', "secret_name: db-creds", 'secret "db-creds" not found',
    "secretKeyRef: {name: db-creds, key: url}", "Invalid token: unexpected end of file", 'Unexpected token "<" in JSON at position 0', "next_token=eyAbcDefGhiJkl",
    "page_token: CAUQAA1234567", "key: value", "primary key: order_id", "keyboard: qwerty123", "api_key_env: GRAFANA_KEY", "the api key: see the vault", "Basic information about x",
    "basic checks passed", "Cookie policy: see below", "task-12345678901234567890123456789012x", "risk-assessment-for-the-payment-service-2026", "disk-usage-high-on-node-17",
    "sk-learn", "/var/run/secrets/kubernetes.io/serviceaccount/token", "token: /var/run/secrets/token", "PWD=/home/ops/app", "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABgQC7 ops@host",
    "http://host:8080/a:b@c", "git@github.com:org/repo.git", "https://example.com/a?page=2&sort=asc", "at com.example.Service.handle(Service.java:42)", "2026-11-28T09:30:00.123456Z",
    "sessions: 1532 open", "session id missing", "author: alice, authority: bob", "signature: verified", "sigma=0.31", "significant", "docker run -u 1000:1000 app", "x" * 300, "a-" * 200,
    "0x7f3c2b1a9d8e", "deadbeef" * 8, "UklGRiQAAABXQVZFZm10IBAAAAABAAEA", "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk", "SKU SK1234567890",
    "EAAA is no token", "hf_model_card", "run_01jz3k5m7q9r1t3v.c1", "the secret: it works", "secret sauce", "credentials: missing", "credential helper", "password for alice expired",
    "Reset your password: https://id.example.com/reset", "token bucket: 10 a second", "npm_config_registry=https://registry.npmjs.org", "MTU 1500, MTTR 4.5h", "NTP.offset.milliseconds",
    "10.0.0.1:AAAA record", "AAAA 2606:4700::1111", "mysql -h db -P 3306 -e 'select 1'", "curl -s -o /dev/null -w '%{http_code}' https://x", "identified by its id", "kubectl get secret db -o yaml",
)  # fmt: skip
"""Texts without a secret."""
