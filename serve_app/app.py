"""The graph: Gateway -> Normalizer -> AudioCache -> Encoder -> Synthesizer, as one application."""

from functools import partial
from typing import Any

from ray import serve
from ray.serve.config import RequestRouterConfig
from ray.serve.deployment import Application

from deployments.audio_cache import AudioCache
from deployments.encoder import Encoder
from deployments.normalizer import Normalizer
from deployments.stages import Inline
from deployments.synthesizer import Synthesizer, SynthesizerConfig
from serve_app.closed import refuse_open_cluster
from serve_app.config import GraphArguments, GraphConfig, Replicas
from serve_app.gateway import Gateway
from speech.config import EngineConfig, MemoryConfig


def build(args: GraphArguments) -> Application:
    """Bind the graph; the entry point of serve_config.yaml.

    Raises:
        ConfigError: the configuration is wrong, or the cluster is open and that is not allowed.
    """
    if not args.allow_open_cluster:
        refuse_open_cluster()
    return build_graph(args.graph())


def build_graph(config: GraphConfig) -> Application:
    """Bind the graph of a configuration. Inner stages first: each is given what it calls."""
    stages = config.stages
    synthesizer = _stage(
        Synthesizer,
        stages.synthesizer,
        SynthesizerConfig(
            catalogue=config.catalogue,
            home=config.voice_home(),
            engine=_engine(config),
            espeak=config.espeak,
            preload=config.preload,
        ),
        memory=config.memory,
        user_config=config.batch,
        # A full replica is asked again soon: the default back-off grows to half a second.
        request_router_config=RequestRouterConfig(max_backoff_s=0.02),
    )
    normalizer = _stage(
        Normalizer,
        stages.normalizer,
        config.catalogue,
        config.audio,
        config.espeak,
        config.voice_home(),
        memory=config.memory,
        user_config=config.front_end(),
    )
    encoder = _stage(
        Encoder,
        stages.encoder,
        config.audio,
        config.cache.frame_bytes,
        synthesizer,
        normalizer,
        config.retries,
        memory=config.memory,
        user_config=config.encoder,
    )
    audio_cache = _stage(
        AudioCache,
        stages.audio_cache,
        config.cache,
        config.gateway.epoch_poll,
        encoder,
        config.retries,
        memory=config.memory,
        # One replica per key, so that concurrent identical requests meet. No fallback: a request
        # whose replica is lost is tried again by its caller.
        request_router_config=RequestRouterConfig(
            request_router_class="ray.serve.experimental.consistent_hash_router:"
            "ConsistentHashRouter",
            request_router_kwargs={"num_fallback_replicas": 0},
            max_backoff_s=0.02,
        ),
    )
    gateway = serve.deployment(
        serve.ingress()(Gateway),
        name="Gateway",
        user_config=config.admission.model_dump(mode="json"),
        **stages.gateway.options(),
    )
    return gateway.bind(
        config.gateway,
        config.catalogue,
        normalizer,
        audio_cache,
        synthesizer,
        retries=config.retries,
        home=config.voice_home(),
        keys=config.keys,
        memory=config.memory,
    )


def _engine(config: GraphConfig) -> EngineConfig:
    """The engines' configuration; a replica's fraction of a GPU is its share of the memory, too."""
    share = config.stages.synthesizer.num_gpus
    if config.engine.gpu_share is not None or not 0 < share < 1:
        return config.engine
    return config.engine.model_copy(update={"gpu_share": share})


def _stage(
    cls: type[Any],
    replicas: Replicas,
    *args: Any,
    memory: MemoryConfig,
    user_config: Any = None,
    **options: Any,
) -> Any:
    tuning = None if user_config is None else user_config.model_dump(mode="json")
    if replicas.inline:
        return Inline(partial(_make_inline, cls, args, memory, tuning))
    return serve.deployment(
        cls, name=cls.__name__, user_config=tuning, **replicas.options(), **options
    ).bind(*args, memory=memory)


def _make_inline(cls: type[Any], args: tuple[Any, ...], memory: MemoryConfig, tuning: Any) -> Any:
    stage = cls(*args, memory=memory)
    if tuning is not None:
        stage.reconfigure(tuning)
    return stage
