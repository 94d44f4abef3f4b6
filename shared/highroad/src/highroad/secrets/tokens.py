"""Formats of tokens that identify themselves, as data.

Each is a published format: that of the issuer's documentation, as the rules of detect-secrets 1.5
(Apache-2.0, https://github.com/Yelp/detect-secrets) and gitleaks 8 (MIT,
https://github.com/gitleaks/gitleaks) describe it too. Lengths are lower bounds, so that a token is
matched to its end.
"""

from typing import NamedTuple


class Token(NamedTuple):
    """A kind of token.

    Attributes:
        kind: What it opens.
        signs: One of them is in every text that has such a token; looking for them costs far less than
            the expression.
        pattern: A regular expression of the whole token.
    """

    kind: str
    signs: tuple[str, ...]
    pattern: str


_HEX = "[0-9a-f]"
TOKENS = (
    Token("1Password service account", ("ops_eyJ",), r"ops_eyJ[\w+/=-]{40,}"),
    Token("age", ("AGE-SECRET-KEY-1",), r"AGE-SECRET-KEY-1[0-9A-Z]{40,}"),
    Token("Alibaba Cloud", ("LTAI",), r"LTAI[A-Za-z0-9]{16,24}(?![A-Za-z0-9])"),
    Token("Anthropic, OpenAI", ("sk-",), r"sk-(?:ant|proj|svcacct|admin|or)-[\w-]{20,}"),
    Token("OpenAI", ("T3BlbkFJ",), r"sk-[A-Za-z0-9]{20}T3BlbkFJ[A-Za-z0-9]{20,}"),
    Token("Artifactory", ("AKCp",), r"AKCp[A-Za-z0-9]{50,}"),
    Token("Atlassian", ("ATATT3", "ATCTT3", "ATBB"), r"(?:ATATT3|ATCTT3|ATBB)[\w=-]{28,}"),
    # The documentation's example ends in EXAMPLE.
    Token("AWS", ("AKIA", "ASIA", "ABIA", "ACCA"),
          r"A(?:KI|SI|BI|CC)A(?![0-9A-Z]*EXAMPLE)[0-9A-Z]{16}(?![0-9A-Za-z])"),
    Token("AWS Bedrock", ("ABSK",), r"ABSK[A-Za-z0-9+/]{100,}=*"),
    Token("Microsoft Entra", ("Q~",), r"[\w~.-]{3}\dQ~[\w~.-]{31,34}"),
    Token("Cloudflare", ("v1.0-",), rf"v1\.0-{_HEX}{{24}}-{_HEX}{{146}}"),
    Token("Databricks", ("dapi",), rf"dapi{_HEX}{{32}}(?:-\d)?"),
    Token("DigitalOcean", ("_v1_",), rf"do[opr]_v1_{_HEX}{{64}}"),
    # Begins with a number in Base64.
    Token("Discord", tuple(first + second for first in "MNO" for second in "DTjz"),
          r"(?:M[Tjz]|N[DTjz]|O[DT])[A-Za-z\d_-]{22,24}\.[A-Za-z\d_-]{6}\.[A-Za-z\d_-]{27,38}"),
    Token("Discord webhook", ("/api/webhooks/",), r"discord(?:app)?\.com/api/webhooks/\d+/[\w-]{20,}"),
    Token("Docker Hub", ("dckr_",), r"dckr_[po]at_[\w-]{20,}"),
    Token("Doppler", ("dp.",), r"dp\.(?:pt|st|ct|sa|scim|audit)\.[\w.-]{40,}"),
    Token("Dynatrace", ("dt0c01.",), r"dt0c01\.[A-Z0-9]{24}\.[A-Z0-9]{64}"),
    Token("Figma", ("figd_",), r"figd_[\w-]{30,}"),
    Token("GitHub", ("ghp_", "gho_", "ghu_", "ghs_", "ghr_"), r"gh[pousr]_[A-Za-z0-9]{20,}"),
    Token("GitHub", ("github_pat_",), r"github_pat_\w{22,}"),
    Token("GitLab", ("glpat-", "gldt-", "glft-", "glffct-", "glsoat-", "glrt-", "glcbt-", "glimt-", "glptt-", "glagent-", "gloas-"),
          r"gl(?:pat|dt|ft|ffct|soat|rt|cbt|imt|ptt|agent|oas)-[\w.-]{20,}"),
    Token("GitLab runner", ("GR1348941",), r"GR1348941[\w-]{20,}"),
    Token("Google API", ("AIza",), r"AIza[\w-]{35,}"),
    Token("Google OAuth", ("ya29.", "GOCSPX-"), r"(?:ya29\.|GOCSPX-)[\w-]{20,}"),
    Token("Grafana", ("glsa_", "glc_"), r"gl(?:sa|c)_[\w+/=]{32,}"),
    Token("Groq", ("gsk_",), r"gsk_[A-Za-z0-9]{40,}"),
    Token("HashiCorp Terraform", (".atlasv1.",), r"[A-Za-z0-9]{14}\.atlasv1\.[\w=-]{60,}"),
    Token("HashiCorp Vault", ("hvs.", "hvb.", "hvr."), r"hv[sbr]\.[\w-]{24,}"),
    Token("Heroku", ("HRKU-",), r"HRKU-[\w-]{36,}"),
    Token("Hugging Face", ("hf_", "api_org_"), r"(?:hf_|api_org_)[A-Za-z0-9]{30,}"),
    Token("JSON Web Token", ("eyJ",), r"eyJ[\w-]{12,}={0,2}\.[\w-]{12,}={0,2}(?:\.[\w.+/=-]*)?"),
    Token("Linear", ("lin_api_",), r"lin_api_\w{30,}"),
    Token("Mailchimp", ("-us",), rf"{_HEX}{{32}}-us\d{{1,2}}"),
    Token("Mailgun", ("key-",), rf"key-{_HEX}{{32}}"),
    Token("New Relic", ("NRAK-",), r"NRAK-[A-Z0-9]{27}"),
    Token("Notion", ("ntn_",), r"ntn_\w{40,}"),
    Token("npm", ("npm_",), r"npm_[A-Za-z0-9]{36,}"),
    Token("Perplexity", ("pplx-",), r"pplx-[A-Za-z0-9]{40,}"),
    Token("PlanetScale", ("pscale_",), r"pscale_(?:tkn|pw|oauth)_[\w=.-]{32,}"),
    Token("Postman", ("PMAK-",), rf"PMAK-{_HEX}{{24}}-{_HEX}{{34}}"),
    Token("Prefect", ("pnu_", "pnb_"), r"pn[ub]_[A-Za-z0-9]{36,}"),
    Token("Pulumi", ("pul-",), rf"pul-{_HEX}{{40}}"),
    Token("PyPI", ("pypi-Ag",), r"pypi-Ag[\w-]{20,}"),
    Token("Replicate", ("r8_",), r"r8_[A-Za-z0-9]{37}"),
    Token("RubyGems", ("rubygems_",), rf"rubygems_{_HEX}{{48}}"),
    Token("SendGrid", ("SG.",), r"SG\.[\w-]{20,24}\.[\w-]{39,}"),
    Token("Sentry", ("sntry",), r"sntry[su]_[\w+/=-]{40,}"),
    Token("Shopify", ("shp",), r"shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}"),
    Token("Slack", ("xox", "xapp-"), r"(?:xox[abeoprs]|xapp)-[\w-]{10,}"),
    Token("Slack webhook", ("hooks.slack",), r"hooks\.slack(?:-gov)?\.com/(?:services|workflows|triggers)/[\w/+-]{20,}"),
    Token("SonarQube", ("sqp_", "squ_", "sqa_"), rf"sq[pua]_{_HEX}{{40}}"),
    Token("Square", ("sq0",), r"sq0[a-z]{3}-[\w-]{22,}"),
    Token("Stripe", ("k_live_", "k_test_"), r"[srp]k_(?:live|test)_\w{16,}"),
    Token("Stripe webhook", ("whsec_",), r"whsec_[\w+/=]{20,}"),
    Token("Supabase", ("sbp_",), rf"sbp_{_HEX}{{40}}"),
    Token("Tailscale", ("tskey-",), r"tskey-[a-z]+-[\w-]{16,}"),
    Token("Teams webhook", ("webhook.office.com",), r"webhook\.office\.com/webhookb2/[\w@/-]{40,}"),
    Token("Telegram", (":AA",), r"\d{8,10}:AA[\w-]{32,}"),
    Token("Twilio", ("SK",), rf"SK{_HEX}{{32}}(?!{_HEX})"),
)  # fmt: skip
