"""RayService as KubeRay 1.5 defines it, strictly: no field it does not have.

Written after the API reference of `ray.io/v1`, because no package registry carries the definition
itself, and compared with the operator's own types (ray-project/kuberay, `ray-operator/apis/ray/v1`,
rayservice_types.go and raycluster_types.go): names, types and values are theirs. Only what is
validated here: pod templates are Kubernetes' own, in schemas/kubernetes.json.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

Natural = Annotated[int, Field(ge=0)]
Percent = Annotated[int, Field(ge=0, le=100)]
Object = dict[str, Any]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, alias_generator=to_camel)


class ClusterUpgradeOptions(Strict):
    max_surge_percent: Percent = 100
    step_size_percent: Percent
    interval_seconds: Natural
    gateway_class_name: str


class UpgradeStrategy(Strict):
    type: Literal["NewCluster", "NewClusterWithIncrementalUpgrade", "None"]
    cluster_upgrade_options: ClusterUpgradeOptions | None = None


class SecretKeyRef(Strict):
    name: str
    key: str
    optional: bool = False


class ValueFrom(Strict):
    secret_key_ref: SecretKeyRef


class Credential(Strict):
    value: str = ""
    value_from: ValueFrom | None = None


class GcsFaultTolerance(Strict):
    redis_address: str
    redis_username: Credential | None = None
    redis_password: Credential | None = None
    external_storage_namespace: str = ""


class AuthOptions(Strict):
    mode: Literal["token", "disabled"]


class AutoscalerOptions(Strict):
    version: Literal["v1", "v2"] | None = None
    upscaling_mode: Literal["Default", "Aggressive", "Conservative"] | None = None
    idle_timeout_seconds: Natural | None = None
    image: str | None = None
    image_pull_policy: Literal["Always", "IfNotPresent", "Never"] | None = None
    security_context: Object | None = None
    resources: Object | None = None
    env: list[Object] | None = None
    env_from: list[Object] | None = None
    volume_mounts: list[Object] | None = None


class HeadGroup(Strict):
    ray_start_params: dict[str, str]
    template: Object
    head_service: Object | None = None
    enable_ingress: bool = False
    service_type: Literal["ClusterIP", "NodePort", "LoadBalancer"] | None = None
    labels: dict[str, str] | None = None
    resources: dict[str, str] | None = None


class ScaleStrategy(Strict):
    workers_to_delete: list[str] | None = None


class WorkerGroup(Strict):
    group_name: Annotated[str, Field(pattern=r"^[a-z]([-a-z0-9]*[a-z0-9])?$", max_length=63)]
    replicas: Natural
    min_replicas: Natural
    max_replicas: Natural
    num_of_hosts: Annotated[int, Field(ge=1)] = 1
    idle_timeout_seconds: Natural | None = None
    suspend: bool = False
    ray_start_params: dict[str, str]
    template: Object
    scale_strategy: ScaleStrategy | None = None
    labels: dict[str, str] | None = None
    resources: dict[str, str] | None = None


class RayClusterSpec(Strict):
    ray_version: str
    auth_options: AuthOptions | None = None
    enable_in_tree_autoscaling: bool = False
    autoscaler_options: AutoscalerOptions | None = None
    gcs_fault_tolerance_options: GcsFaultTolerance | None = None
    head_service_annotations: dict[str, str] | None = None
    managed_by: str | None = None
    suspend: bool = False
    head_group_spec: HeadGroup
    worker_group_specs: list[WorkerGroup]


class RayServiceSpec(Strict):
    serve_config_v2: str
    serve_service: Object | None = None
    upgrade_strategy: UpgradeStrategy | None = None
    ray_cluster_deletion_delay_seconds: Natural | None = None
    exclude_head_pod_from_serve_svc: bool = False
    ray_cluster_config: RayClusterSpec


class RayService(Strict):
    api_version: Literal["ray.io/v1"]
    kind: Literal["RayService"]
    metadata: Object
    spec: RayServiceSpec
