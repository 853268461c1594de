"""The cost of recorded exchanges, by this server and by an independent catalogue of prices.

Run by `tools/acceptance.py costs`. Each recorded answer in JSON that reports its usage is replayed through the server, whose
models have the catalogue's prices; what the ledger charged is set beside what the catalogue's own extractors and rates make of
the same answer. The figures are compared per provider and model as multisets, since the judge that replays sends no ids.
"""
import collections
import datetime
import decimal
import json
import pathlib
import re

D = decimal.Decimal
NANO = D(10) ** 9
# Each class of tokens is rounded up to a whole nano-dollar; the catalogue does not round.
ROUNDING_NANO = 8
CATALOGUE_NAMES = {"anthropic": "anthropic", "openai": "openai", "azure": "azure", "gemini": "google", "vertex": "google",
                   "deepseek": "deepseek", "groq": "groq", "mistral": "mistral", "xai": "x-ai", "perplexity": "perplexity",
                   "openrouter": "openrouter"}
FLAVOURS = {"messages": ("default",), "chat.completions": ("chat", "default"), "responses": ("responses",),
            "generateContent": ("default",)}
RATES = {"input_mtok": "input", "output_mtok": "output", "cache_read_mtok": "cache_read", "cache_write_mtok": "cache_write",
         "cache_write_1h_mtok": "cache_write_1h", "output_reasoning_mtok": "reasoning"}


# What the catalogue's extractors overlook: Mistral names cached tokens outside of the details that they read.
MORE_MAPPINGS = {"mistral": [{"path": "num_cached_tokens", "dest": "cache_read_tokens"}]}
# Why a charge is another than the price list's, and rightly: the provider itself said what it cost, or it reported more than
# was held, of which the hold is charged and the row flagged.
EXPLAINED = {"stated": "stated", "worst_case": "capped"}


def matches(clause, name):
    kind, value = next(iter(clause.items()))
    if kind in ("or", "and"):
        return (any if kind == "or" else all)(matches(each, name) for each in value)
    return {"equals": name == value, "starts_with": name.startswith(str(value)), "ends_with": name.endswith(str(value)),
            "contains": str(value) in name}.get(kind) if kind != "regex" else re.search(value, name) is not None


def exact(value):
    """As the price book keeps it: to 10^-9 dollars."""
    return D(str(value)).quantize(D(10) ** -9)


def rates_of(model):
    """The rates that hold today, or None where they depend on the hour of the day or on more than tokens."""
    prices = model["prices"]
    if isinstance(prices, list):
        today = datetime.date.today().isoformat()
        held = [entry for entry in prices if (entry.get("constraint") or {}).get("start_date", "") <= today]
        if not held or any("start_time" in (entry.get("constraint") or {}) for entry in prices):
            return None
        prices = held[-1]["prices"]
    if not {"input_mtok", "output_mtok"} <= set(prices) or "requests_kcount" in prices:
        return None
    return prices


def rate(prices, name, tokens):
    value = prices.get(name)
    if not isinstance(value, dict):
        return value if value is None else exact(value)
    best = value["base"]
    for tier in sorted(value["tiers"], key=lambda each: each["start"]):
        if tokens > tier["start"]:
            best = tier["price"]
    return exact(best)


def usage_of(extractor, answer, more=()):
    def at(node, path):
        for key in [path] if isinstance(path, str) else path:
            node = node.get(key) if isinstance(node, dict) else None
        return node
    root = at(answer, extractor["root"])
    if not isinstance(root, dict):
        return None
    usage = collections.Counter()
    for mapping in [*extractor["mappings"], *more]:
        value = at(root, mapping["path"])
        if isinstance(value, int):
            usage[mapping["dest"]] += value
        elif mapping.get("required"):
            return None
    return usage


def cost_nano(prices, usage):
    """By the catalogue's rules; classes without a rate of their own are billed as what they are part of."""
    total = usage["input_tokens"]
    per = lambda name: rate(prices, name, total)
    hour = usage["cache_write_1h_tokens"]
    parts = [(usage["cache_read_tokens"], per("cache_read_mtok") or per("input_mtok")),
             (usage["cache_write_tokens"] - hour, per("cache_write_mtok") or per("input_mtok")),
             (hour, per("cache_write_1h_mtok") or per("cache_write_mtok") or per("input_mtok")),
             (total - usage["cache_read_tokens"] - usage["cache_write_tokens"], per("input_mtok"))]
    reasoning = usage["output_reasoning_tokens"] if "output_reasoning_mtok" in prices else 0
    parts += [(reasoning, per("output_reasoning_mtok")), (usage["output_tokens"] - reasoning, per("output_mtok"))]
    usd = sum((D(tokens) * price / 10**6 for tokens, price in parts if tokens), D(0))
    usd += D(usage["web_searches"]) * D(str(prices.get("web_searches_kcount", 0))) / 1000
    return usd * NANO


def price_yaml(prices):
    def flat(name, above=None):
        value = prices[name]
        if not isinstance(value, dict):
            return value
        return value["base"] if above is None else rate(prices, name, above + 1)
    fields = [f"{ours}: {exact(flat(name)):f}" for name, ours in RATES.items() if name in prices]
    if prices.get("web_searches_kcount"):
        fields += [f"per_search: {D(str(prices['web_searches_kcount'])) / 1000:f}", "max_searches: 20"]
    starts = sorted({tier["start"] for value in prices.values() if isinstance(value, dict) for tier in value["tiers"]})
    steps = ["{above: %d, %s}" % (start, ", ".join(f"{ours}: {exact(flat(name, start)):f}" for name, ours in RATES.items()
                                                    if name in prices)) for start in starts]
    return "{" + ", ".join(fields + ([f"steps: [{', '.join(steps)}]"] if steps else [])) + "}"


class Cases:
    """`listing`: of the judge, one exchange a line with its id first."""

    def __init__(self, shared, listing):
        catalogue = json.loads((shared / "prices/genai_prices_data.json").read_text())
        self.providers = {provider["id"]: provider for provider in catalogue["providers"]}
        self.ids, self.models, self.skipped = [], {}, collections.Counter()
        self.expected = collections.defaultdict(list)
        for line in listing.splitlines():
            columns = line.split("\t")
            if len(columns) < 5 or columns[3] != "json" or not columns[4].startswith("ok"):
                continue
            self.add(columns[0], shared / "wire/fixtures" / (columns[0].split("~")[0].replace(".", "/", 1) + ".json"))

    def add(self, identifier, path):
        if not path.is_file():
            return
        recorded = json.loads(path.read_text())
        name = recorded["provider"]
        provider = self.providers.get(CATALOGUE_NAMES.get(name, ""))
        asked = model_of(recorded)
        if provider is None or asked is None or recorded["endpoint"] not in FLAVOURS:
            self.skipped[name, "no such provider in the catalogue, or no chat"] += 1
            return
        model = next((each for each in provider["models"] if matches(each["match"], asked.lower())), None)
        prices = rates_of(model) if model else None
        extractor = next((each for flavour in FLAVOURS[recorded["endpoint"]] for each in provider.get("extractors", [])
                          if each["api_flavor"] == flavour), None)
        if prices is None or extractor is None:
            self.skipped[name, "the catalogue has no plain price of it"] += 1
            return
        usage = usage_of(extractor, json.loads(recorded["response"]["body"]), MORE_MAPPINGS.get(name, ()))
        if usage is None:
            self.skipped[name, "the answer has no usage"] += 1
            return
        if any("audio" in each or "image" in each or "video" in each for each, count in usage.items() if count):
            self.skipped[name, "priced by media"] += 1
            return
        self.ids.append(identifier)
        self.models[name, asked] = prices
        self.expected[name, asked].append(cost_nano(prices, usage))

    def table(self, charged):
        """Lines of the table, and the number of differences that nothing explains. `charged`: (provider, model) to a list
        of (nano-USD, basis)."""
        columns = ("cases", "equal", "stated", "capped", "differ")
        lines = [f"{'provider':12}" + "".join(f"{column:>8}" for column in columns)]
        rows, details = collections.defaultdict(collections.Counter), []
        for key, wanted in sorted(self.expected.items()):
            count, got, missing = rows[key[0]], sorted(charged.get(key, [])), []
            count["cases"] += len(wanted)
            for want in sorted(wanted):
                same = next((each for each in got if abs(each[0] - want) <= ROUNDING_NANO), None)
                if same is None:
                    missing.append(want)
                else:
                    got.remove(same)
                    count["equal"] += 1
            for basis, column in EXPLAINED.items():
                explained = min(len(missing), sum(1 for each in got if each[1] == basis))
                count[column] += explained
                del missing[:explained]
            count["differ"] += len(missing)
            if missing:
                details.append(f"  {key[0]} {key[1]}: the catalogue makes {[f'{want:.0f}' for want in missing]}, "
                               f"charged were {got} nano-USD")
        lines += [f"{name:12}" + "".join(f"{count[column]:8}" for column in columns) for name, count in sorted(rows.items())]
        lines += details + [f"# left out: {count} of {name}: {why}" for (name, why), count in sorted(self.skipped.items())]
        return lines, sum(count["differ"] for count in rows.values())


def model_of(recorded):
    body = recorded["request"].get("body")
    if isinstance(body, dict) and isinstance(body.get("model"), str):
        return body["model"]
    found = re.search(r"/models/([^/:]+):", recorded["request"]["path"]) or \
        re.search(r"/deployments/([^/]+)/", recorded["request"]["path"])
    return found.group(1) if found else None
