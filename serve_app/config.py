"""The whole graph's configuration: one YAML file, strict and frozen."""

from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Self

import yaml
from pydantic import AfterValidator, Field, ValidationError

from deployments.encoder import EncoderTuning
from serve_app.admission import AdmissionLimits
from serve_app.cors import CorsConfig
from serve_app.keys.limits import KeysConfig
from serve_app.model_names import Models
from serve_app.sessions.context import SessionConfig
from speech.config import (
    AudioConfig,
    BatchConfig,
    CacheConfig,
    EngineConfig,
    EspeakConfig,
    MemoryConfig,
    RamTierConfig,
    RetryConfig,
    StrictModel,
    TextConfig,
)
from speech.errors import ConfigError
from speech.scaling import Target
from speech.text.lexicon import lexicon_entries
from speech.text.lexicon_files import load_lexicons
from speech.voice_home import home_folder

CONFIG_FOLDER = Path(__file__).resolve().parent.parent / "configs"


class Replicas(StrictModel):
    """How many replicas a stage has, and what each takes of the cluster."""

    num_cpus: float = Field(default=0.1, ge=0)
    num_gpus: float = Field(default=0.0, ge=0)
    memory: int = Field(default=0, ge=0)
    """Bytes that Ray reserves on a node for each, and that bound what its process takes
    (`MemoryConfig`); 0 reserves none and leaves it to the bound of the container."""
    min: int = Field(default=1, ge=0)
    max: int = Field(default=1, ge=1)
    target_ongoing_requests: float = Field(default=32, gt=0)
    """Running and queued requests per replica that the autoscaler aims at."""
    max_ongoing_requests: int = Field(default=1024, gt=0)
    """Slots; more than the gateway admits, so that no stage rejects what was admitted."""
    upscale_delay: float = Field(default=1.0, ge=0)
    downscale_delay: float = Field(default=60.0, ge=0)
    queueing: Target | None = None
    """Scale on the time that phrases wait for the engine instead of the number of requests; for the
    Synthesizer, whose replicas publish what that takes."""
    busy: float | None = Field(default=None, gt=0)
    """Scale on the cores that a replica's process keeps busy, at most so many, instead of the
    number of requests; for the stages around the Synthesizer, where most requests only wait."""
    max_per_node: int | None = Field(default=None, ge=1, le=100)
    """Most replicas on one node, so that they are on several nodes and survive the loss of one."""
    surge: int = Field(default=100, ge=0, le=100)
    """Percent of a stage's replicas that a rolling update starts before it stops old ones. 0 stops
    first, for stages of several replicas in a cluster without room for more."""
    health_check_timeout: float = Field(default=5.0, gt=0)
    """Seconds a health check may take. A replica that fails three in a row is killed, 15 to 17 s
    after it hangs, and its work goes elsewhere. On a starved machine, where replicas cannot answer
    for that long, a short time kills healthy replicas."""
    inline: bool = False
    """Run in the caller's process instead of in replicas of its own."""

    def options(self) -> dict[str, Any]:
        """Keyword arguments of `serve.deployment`."""
        actor = {"num_cpus": self.num_cpus, "num_gpus": self.num_gpus}
        options: dict[str, Any] = {
            "ray_actor_options": actor | ({"memory": self.memory} if self.memory else {}),
            "max_ongoing_requests": self.max_ongoing_requests,
            "max_surge_percent": self.surge,
            "health_check_period_s": 2,
            "health_check_timeout_s": self.health_check_timeout,
            "graceful_shutdown_timeout_s": 30,
            "graceful_shutdown_wait_loop_s": 0.5,
        }
        if self.max_per_node is not None:
            options["max_replicas_per_node"] = self.max_per_node
        if self.min == self.max:
            return options | {"num_replicas": self.min}
        return options | {
            "autoscaling_config": {
                "min_replicas": self.min,
                "max_replicas": self.max,
                "target_ongoing_requests": self.target_ongoing_requests,
                # The documented replacement of this option is read nowhere; it governs how fast
                # a queue is noticed.
                "metrics_interval_s": 0.5,
                "look_back_period_s": 2.0,
                "upscale_delay_s": self.upscale_delay,
                "downscale_delay_s": self.downscale_delay,
                "aggregation_function": "max",
            }
            | self._policy()
        }

    def _policy(self) -> dict[str, Any]:
        """Nothing where Serve's own policy is wanted."""
        if self.queueing is not None:
            name, arguments = "QueueTimePolicy", self.queueing.model_dump()
        elif self.busy is not None:
            name, arguments = "BusyPolicy", {"cores": self.busy}
        else:
            return {}
        return {
            "policy": {
                "policy_function": f"deployments.scaling:{name}",
                "policy_kwargs": arguments,
            }
        }


def _network(value: str) -> str:
    return str(ip_network(value))


class GatewayConfig(StrictModel):
    """What a Gateway replica is built from."""

    models: Models = Models.model_validate(
        ("chorale", "tts-1", "tts-1-hd", "gpt-4o-mini-tts", "gpt-4o-mini-tts-2025-12-15")
    )
    """Model names callers may send, as a list, or with what each stands for:
    `{tts-1: {}, tts-1-de: {language: de}}`. The first is of requests that name none. All speak with
    the voices of the catalogue."""
    cors: CorsConfig = CorsConfig()
    hot: RamTierConfig = RamTierConfig(max_bytes=64 * 2**20, ttl=60.0)
    """The cache of whole replies that costs no hop; its TTL bounds a missed invalidation."""
    hot_entry_bytes: int = Field(default=2**20, ge=0)
    epoch_poll: float = Field(default=5.0, gt=0)
    status_poll: float = Field(default=5.0, gt=0)
    """Seconds after which `/readyz` notices that a stage is gone."""
    sessions: SessionConfig = SessionConfig()
    """WebSockets on which text is streamed in."""
    trusted_proxies: tuple[Annotated[str, AfterValidator(_network)], ...] = ()
    """Addresses or networks of proxies in front of ours: the last address in `X-Forwarded-For` that
    is none of these tells callers behind them apart."""


class Stages(StrictModel):
    """Replicas of each stage."""

    gateway: Replicas = Replicas()
    normalizer: Replicas = Replicas()
    audio_cache: Replicas = Replicas()
    encoder: Replicas = Replicas()
    synthesizer: Replicas = Replicas(num_cpus=1, max_ongoing_requests=2048)


class GraphConfig(StrictModel):
    """Everything `build` needs."""

    catalogue: Path = Path("voices.yaml")
    """Relative to the configuration file."""
    home: Path | None = None
    """Folder of the user's own voices, relative to the configuration file. By default that of
    CHORALE_HOME where the application is built, or else `~/.local/share/chorale`. Every node reads
    its own copy."""
    preload: tuple[str, ...] = ()
    stages: Stages = Stages()
    gateway: GatewayConfig = GatewayConfig()
    admission: AdmissionLimits = AdmissionLimits()
    keys: KeysConfig = KeysConfig()
    text: TextConfig = TextConfig()
    lexicon: Path | None = CONFIG_FOLDER / "lexicon"
    """Folder of lexicons, `en-us.yaml` and the like; relative to the configuration file. Words in
    `text.lexicons` come on top of them. Read when the application is built: where only a file has
    changed, `serve deploy` needs another `revision`."""
    cache: CacheConfig = CacheConfig()
    encoder: EncoderTuning = EncoderTuning()
    retries: RetryConfig = RetryConfig()
    audio: AudioConfig = AudioConfig()
    engine: EngineConfig = EngineConfig()
    espeak: EspeakConfig = EspeakConfig()
    batch: BatchConfig = BatchConfig()
    memory: MemoryConfig = MemoryConfig()

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a file; relative paths in it are taken from its folder.

        Raises:
            ConfigError: the file is missing or wrong.
        """
        try:
            raw = yaml.safe_load(path.read_text("utf-8")) or {}
            return cls.model_validate(raw).anchored(path.parent)
        except (OSError, UnicodeDecodeError, yaml.YAMLError, ValidationError) as error:
            raise ConfigError(f"configuration {path}: {error}") from error

    def anchored(self, folder: Path) -> Self:
        """The same with every relative path resolved against a folder."""
        lexicon = None if self.lexicon is None else (folder / self.lexicon).resolve()
        engine, notes = self.engine, self.engine.provider_cache
        if notes is not None:
            engine = engine.model_copy(update={"provider_cache": (folder / notes).resolve()})
        return self.model_copy(
            update={
                "catalogue": (folder / self.catalogue).resolve(),
                "lexicon": lexicon,
                "home": None if self.home is None else (folder / self.home).resolve(),
                "engine": engine,
            }
        )

    def voice_home(self) -> Path:
        """Folder of the user's own voices; it may be missing."""
        return self.home or home_folder()

    def front_end(self) -> TextConfig:
        """The text front end's configuration with the words of the lexicon folder.

        Raises:
            ConfigError: a lexicon is missing or wrong.
        """
        words = {} if self.lexicon is None else dict(load_lexicons(self.lexicon))
        for language, own in self.text.lexicons.items():
            try:
                lexicon_entries(own)
            except ValueError as error:
                raise ConfigError(f"text.lexicons.{language}: {error}") from error
            words[language] = {**words.get(language, {}), **own}
        return self.text.model_copy(update={"lexicons": words})


class GraphArguments(StrictModel):
    """The `args` of the application in serve_config.yaml."""

    config: str = "cpu"
    """A file of the configs folder without its ending, or a path to a YAML file."""
    allow_open_cluster: bool = False
    """Serve on a Ray that asks for no token, too: whoever reaches it can run code on it."""
    revision: str = ""
    """Any word. Serve builds an application again when its arguments change, and does not see that
    a file has changed: another word makes `serve deploy` read the files and replace replicas."""

    def graph(self) -> GraphConfig:
        """Load the configuration that is named."""
        named = CONFIG_FOLDER / f"{self.config}.yaml"
        return GraphConfig.load(named if named.is_file() else Path(self.config).resolve())
