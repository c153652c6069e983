"""What secrets look like that nobody told us of: tokens by their beginnings, keys in their armour, values behind names such as `password`.

Each has a marker, a text without which it cannot be there. Markers are looked for first, because that is fast, and the pattern is tried
where one stands and nowhere else. No pattern can run away: what repeats without end comes last, or cannot begin again within itself.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from tools.words import is_credentials, is_value


@dataclass(frozen=True, slots=True)
class Shape:
    """What a kind of secret looks like. The pattern's last group is the secret; what is around it stays."""

    name: str
    marker: str
    """In lower case where `folded`."""
    expression: str
    """Begins where the marker does, or `back` characters before."""
    back: int = 0
    folded: bool = False
    """Whether the marker may be written in capitals too."""
    flags: re.RegexFlag = re.NOFLAG
    named: str = ""
    """What a value has to be like to be a secret: `value` behind its name, `credentials` in base64; empty where the pattern says it all."""

    @property
    def pattern(self) -> re.Pattern[str]:
        """Compiled where a marker is met for the first time: most never are, and all take longer than starting should."""
        return _compiled(self.expression, self.flags)

    def accepts(self, match: re.Match[str]) -> bool:
        """Whether what matched is a secret and no ordinary word."""
        if self.named == "credentials":
            return is_credentials(match[match.lastindex or 0])
        return not self.named or is_value(match)


@cache
def _compiled(expression: str, flags: re.RegexFlag) -> re.Pattern[str]:
    return re.compile(expression, flags)


BEGIN = r"(?:(?<![A-Za-z0-9_-])|(?<=\\[nrtbf])|(?<=%[0-9A-Fa-f]{2}))"
"""A word begins here, also behind an escape."""


def _word(name: str, marker: str, rest: str, back: int = 0, before: str = "", begin: str = "") -> Shape:
    """A token that begins with its marker, or that has it `back` characters behind its beginning."""
    return Shape(name, marker, f"{begin}({before}{re.escape(marker)}{rest})", back)


def _text(name: str, marker: str, pattern: str, *, back: int = 0, named: str = "") -> Shape:
    return Shape(name, marker, pattern, back, folded=True, flags=re.DOTALL | re.IGNORECASE, named=named)


def _words(name: str, markers: Iterable[str], rest: str, begin: str = "") -> tuple[Shape, ...]:
    return tuple(_word(name, marker, rest, begin=begin) for marker in markers)


_A = "[A-Za-z0-9]"
_W = "[A-Za-z0-9_-]"

CLOUDS = (
    *_words("AWS access key", ("AKIA", "ASIA"), r"[0-9A-Z]{16}(?![0-9a-z])"),
    _word("Amazon Bedrock key", "ABSK", r"[A-Za-z0-9+/]{80,}={0,2}"),
    _word("Google API key", "AIza", _W + "{35}"),
    _word("Google access token", "ya29.", _W + "{20,}"),
    _word("Google client secret", "GOCSPX-", _W + "{20,}"),
    _word("Google refresh token", "1//0", _W + "{30,}", begin=BEGIN),
    _word("Azure client secret", "8Q~", r"[A-Za-z0-9_~.-]{30,40}", 3, "[A-Za-z0-9_~.-]{3}"),
    _word("Azure storage key", "+ASt", r"[A-Za-z0-9+/]{6}==", 76, "[A-Za-z0-9+/]{76}"),
    _word("Azure DevOps token", "AZDO", _A + "{4}", 76, _A + "{76}"),
    _text("signed URL", "sig", r"sig(?:nature)?(?:=|%3d)([A-Za-z0-9%/+=_-]{16,})"),
    _word("DigitalOcean token", "_v1_", "[a-f0-9]{64}", 3, "do[a-z]"),
    _word("Heroku key", "HRKU-", _W + "{20,}"),
    _word("Databricks token", "dapi", "[a-f0-9]{32}(?:-[0-9])?"),
    _word("Vault token", "hvs.", _W + "{20,}"),
    _word("Vault batch token", "hvb.", _W + "{20,}"),
    _word("Terraform Cloud token", ".atlasv1.", "[A-Za-z0-9_=-]{60,}", 14, _A + "{14}"),
    _word("Pulumi token", "pul-", "[a-f0-9]{40}"),
    _word("Doppler token", "dp.", r"(?:pt|st|ct|sa|scim|audit)\." + "[A-Za-z0-9._]{40,}", begin=BEGIN),
    *_words("Fly.io token", ("fm1r_", "fm2_"), "[A-Za-z0-9+/=_,-]{20,}"),
    _word("PlanetScale token", "pscale_", r"(?:tkn|pw|oauth)_[A-Za-z0-9=._-]{32,}"),
    _word("Supabase token", "sbp_", "[a-f0-9]{40}"),
    _word("Tailscale key", "tskey-", _W + "{16,}"),
    _word("age key", "AGE-SECRET-KEY-1", "[0-9A-Z]{58}"),
)  # fmt: skip
"""Where things run."""

FORGES = (
    *_words("GitHub token", ("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"), "[A-Za-z0-9_]{20,}"),
    *_words(
        "GitLab token", ("glpat-", "gldt-", "glrt-", "glcbt-", "glptt-", "glagent-", "glsoat-"),
        "[A-Za-z0-9_.-]{18,}",
    ),
    _word("Bitbucket app password", "ATBB", _A + "{24,}"),
    _word("Atlassian token", "TT3", "[A-Za-z0-9_=-]{50,}", 3, "AT[AC]"),
    _word("npm token", "npm_", _A + "{36}"),
    _word("PyPI token", "pypi-AgE", _W + "{50,}"),
    _word("RubyGems key", "rubygems_", "[a-f0-9]{48}"),
    *_words("Docker Hub token", ("dckr_",), "[a-z]{1,4}_" + _W + "{20,}"),
    _word("CircleCI token", "CCIPAT_", "[A-Za-z0-9_]{40,}"),
    _word("Buildkite token", "bkua_", "[a-z0-9]{40}"),
    _word("Postman key", "PMAK-", "[a-f0-9]{24}-[a-f0-9]{34}"),
)  # fmt: skip
"""Where code and packages lie."""

WATCHES = (
    *_words("New Relic key", ("NRAK-", "NRII-", "NRJS-"), "[A-Za-z0-9_-]{19,}"),
    _word("New Relic licence", "NRAL", "", 36, "[a-f0-9]{36}"),
    *_words("Grafana token", ("glsa_", "glc_"), "[A-Za-z0-9_+/=]{30,}"),
    _word("Grafana key", "eyJrIjoi", "[A-Za-z0-9+/=_-]{40,}", begin=BEGIN),
    *_words("Sentry token", ("sntry",), "[a-z]_[A-Za-z0-9+/=_-]{30,}"),
    *_words("PagerDuty token", ("pdus+",), "[A-Za-z0-9_+/=-]{16,}"),
    _word("Dynatrace token", "dt0", r"[a-z][0-9]{2}\.[A-Z0-9]{24}\.[A-Z0-9]{64}"),
)  # fmt: skip
"""Where things are watched."""

TALKS = (
    _word("Slack token", "xox", "[a-z][.-][A-Za-z0-9.%-]{10,}"),
    _word("Slack app token", "xapp-", "[A-Za-z0-9-]{10,}"),
    _text("Slack webhook", "hooks.slack.com", r"hooks\.slack\.com(?:\\?/|%2f)(?:services|workflows|triggers)(?:\\?/|%2f)"
          r"([A-Za-z0-9/_%\\-]{8,}[A-Za-z0-9])"),
    _text("Discord webhook", "/webhooks/", r"/webhooks/[0-9]{15,22}/([A-Za-z0-9_-]{30,})"),
    _text("Teams webhook", "/incomingwebhook/", r"/incomingwebhook/([a-f0-9/-]{30,})"),
    _word("Telegram bot token", ":AA", _W + "{33}", 8, "[0-9]{8}"),
    *_words("Twilio key", ("SK",), "[0-9a-f]{32}(?![0-9A-Za-z])", BEGIN),
    _word("SendGrid key", "SG.", _W + r"{16,32}\." + _W + "{16,64}"),
    _word("Mailgun key", "key-", "[0-9a-f]{32}(?![0-9A-Za-z])", begin=BEGIN),
    _word("Mailchimp key", "-us", "[0-9]{1,2}(?![0-9A-Za-z-])", 32, "[0-9a-f]{32}"),
    *_words("Linear key", ("lin_",), "(?:api|oauth)_" + _A + "{32,}"),
    _word("Notion token", "ntn_", _A + "{40,}"),
    _word("Figma token", "figd_", _W + "{36,}"),
)  # fmt: skip
"""Where people talk and write."""

PAYS = (
    *_words("Stripe key", ("sk_live_", "sk_test_", "rk_live_"), _A + "{10,}"),
    _word("Stripe webhook secret", "whsec_", "[A-Za-z0-9+/=]{20,}"),
    *_words("Shopify token", ("shp",), "(?:at|ca|pa|ss)_[a-fA-F0-9]{32}"),
    *_words("Square token", ("sq0",), "[a-z]{3}-" + _W + "{22,}"),
    _word("Square access token", "EAAA", _W + "{60}", begin=BEGIN),
)  # fmt: skip
"""Where money moves."""

MODELS = (
    _word("model key", "sk-", r"(?:ant-[A-Za-z0-9_-]{8,}|(?:proj|svcacct|admin|or|lf)-[A-Za-z0-9_-]{16,}|[A-Za-z0-9]{32,})", begin=BEGIN),
    *_words("Hugging Face token", ("hf_", "api_org_"), _A + "{30,}", BEGIN),
    _word("Countersign token", "cs_", _W + "{43}(?![A-Za-z0-9_-])", begin=BEGIN),
    _word("Groq key", "gsk_", _A + "{40,}"),
    _word("Replicate token", "r8_", _A + "{37}", begin=BEGIN),
    _word("xAI key", "xai-", _A + "{60,}"),
    _word("Perplexity key", "pplx-", _A + "{40,}"),
)  # fmt: skip
"""Where models answer."""

_QUOTED = r"(?:\"((?:\\.|[^\"\\\r\n]){1,300})|'((?:\\.|[^'\\\r\n]){1,300})|(\\{1,3}[\"'])((?:\\\\\3|(?!\3)[^\r\n]){1,300})"
_VALUE = _QUOTED + r"|(?:%22|%27)?((?:(?!%2[27]|%26|%7[cCdD])[^\s\"'\\&,;<>\[\](){}|`]){1,300}))"
_SET = r"(?:[\"'\]]|\\{1,3}[\"']|%22|%27)?(?:\s{1,4}(?:is|was))?\s{0,4}(?:=>|:=|==?|:|%3[aAdD])\s{0,4}"


def _behind(name: str, marker: str, pattern: str = "") -> Shape:
    """A value behind its name: in an assignment, in JSON, YAML, a URL, XML, or behind a flag of the command line."""
    key = pattern or re.escape(marker)
    flag = rf"(?<=--){key}\s{{1,4}}|(?<=--[a-z]{{2}}-){key}\s{{1,4}}|(?<=--[a-z]{{3}}-){key}\s{{1,4}}"
    return _text(name, marker, rf"(?:{key}{_SET}|{flag}|{key}>(?=[^<\s]{{1,300}}</)){_VALUE}", named="value")


_KEYS = "|".join(f"(?<={kind})" for kind in (
    "api", "api[_ -]", "access", "access[_ -]", "accesssig", "account", "account[_-]", "app[_-]", "application[_-]", "private",
    "private[_-]",
    "license[_-]", "routing[_-]", "integration[_-]", "service[_-]", "signing[_-]", "encryption[_-]", "master[_-]", "shared[_-]",
    "deploy[_-]",
    "auth[_-]", "functions[_-]", "subscription[_-]", "sharedaccess",
))  # fmt: skip
"""What kinds of keys are secrets."""

NAMED = (
    _behind("password", "passw", "passw(?:or[dt]|d)"),
    _behind("password", "passphrase"),
    _behind("password", "pwd"),
    _behind("secret", "secret", r"secret(?:[_-]?(?:access[_-]?)?key(?:[_-]?base)?|[_-]?value|[_-]?string)?"),
    _behind("token", "token", r"token(?:[_-]?value)?"),
    _behind("key", "key", rf"(?:{_KEYS})key(?:_?id)?"),
    _behind("credential", "credential", r"credentials?"),
    _behind("npm password", "_auth"),
    _text("session", "sess", r"sess(?:ion)?_?id(?:=|%3d)([A-Za-z0-9%._~+/-]{8,})"),
    _text("cookie", "cookie", r"cookie[2\"'\\]{0,4}\s{0,4}[:=]\s{0,4}[\"'\\]{0,4}([^\s=;,\"'\\:]{1,100}=[^\r\n\"'\\]{4,4096})"),
    _text("Docker login", "\"auth", r"\"auth\\{0,3}\"\s{0,4}:\s{0,4}\\{0,3}\"([A-Za-z0-9+/]{8,}={0,2})\\{0,3}\""),
    _text("netrc", "machine ", r"machine\s{1,4}\S{1,128}\s{1,8}(?:login\s{1,4}\S{1,128}\s{1,8})?password\s{1,4}(\S{1,256})"),
    _text("curl -u", "curl ", r"curl\s[^\r\n|;]{0,400}?\s(?:-u|--user)[\s=]{0,3}[\"']?[^\s:\"']{1,64}:([^\s\"']{1,256})"),
    _text("sshpass", "sshpass -p", r"sshpass -p\s{0,2}[\"']?([^\s\"']{1,256})"),
    _text("mysql -p", "mysql", r"mysql(?:dump|admin|import)?\s[^\r\n|;]{0,200}?\s-p([^\s\"']{1,128})"),
    _text("SQL password", "identified ", r"identified\s{1,4}(?:with\s{1,4}\S{1,40}\s{1,4})?by\s{1,4}'([^']{1,128})'"),
    _text("SQL password", "password '", r"password\s{1,4}'([^'\s]{1,128})'"),
)  # fmt: skip
"""Values whose names say what they are."""

DISCORD = ("MT", "Mj", "Mz", "ND", "NT", "Nj", "Nz", "OD", "OT")
"""How a Discord token begins: with the base64 of its bot's number."""

SENT = (
    _text("bearer token", "bearer", BEGIN + r"bearer(?:\s{1,4}|%20|\+)((?=[^\s]{0,60}\d)[A-Za-z0-9._~+/=-]{16,})"),
    _text("basic credentials", "basic", BEGIN + r"basic(?:\s{1,4}|%20|\+)([A-Za-z0-9+/]{8,1024}={0,2})", named="credentials"),
    _text("authorization", "authorization", r"authorization[\\\"']{0,4}\s{0,4}[:=]\s{0,4}[\\\"']{0,4}"
          r"(?:(?:bearer|basic|token|digest|apikey|bot|splunk|genie_?key)\s{1,4}(?:token=)?)?"
          r"(?!(?:bearer|basic|token|digest|apikey)\s)[\\\"']{0,4}([A-Za-z0-9._~+/=:-]{6,})"),
    _text("password in a URL", "://", r"://(?:([0-9a-f]{32}(?::[0-9a-f]{32})?)|[^\s:/@\"'\[\]]{0,256}:([^\s/@\"']{1,256}))@"),
    Shape("JSON web token", "eyJ", BEGIN + r"(eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*\.[A-Za-z0-9_.-]*)"),
    *(Shape("Discord bot token", marker, BEGIN + r"([MNO][A-Za-z0-9_-]{23,27}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,40})")
      for marker in DISCORD),
    _text("private key", "-----begin ", r"(-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY"
          r".*?(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY[A-Z ]{0,10}-----|\Z))"),
    _text("PuTTY key", "private-lines:", r"private-lines:\s{1,4}[0-9]{1,4}((?:\s{1,2}|\\[rn]){1,4}[A-Za-z0-9+/=\s\\]{20,}"
          r"(?:-mac:\s{0,4}[0-9a-f]{1,128})?)"),
    *(_word("password hash", marker, r"[./A-Za-z0-9$=,-]{30,}") for marker in ("$2a$", "$2b$", "$6$", "$argon2")),
)  # fmt: skip
"""What travels in headers and URLs, and keys in their armour."""

SHAPES: tuple[Shape, ...] = (*CLOUDS, *FORGES, *WATCHES, *TALKS, *PAYS, *MODELS, *NAMED, *SENT)

PHRASES = tuple(shape for shape in SHAPES if shape.folded)
"""Those that several words make."""
TOKENS = tuple(shape for shape in SHAPES if not shape.folded)
"""Those that are one long word, which a line break may cut."""
