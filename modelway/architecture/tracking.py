"""MLflow in a cluster of the environment: the server, its database, who reaches it."""

from collections.abc import Iterator
from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import Field

from modelway.architecture.arns import SecretReference
from modelway.architecture.base import Breach, Name, Section, Shaped, each, repeated
from modelway.architecture.quantities import Memory
from modelway.architecture.references import Image
from modelway.architecture.tenancy import Hostname

SMALLEST, LARGEST = 20 << 30, 64 << 40
"""Bytes that a volume of type gp3 of PostgreSQL has (docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Storage.html)."""

LEAST_GROWTH = 1.1
"""How much more the most has to be than the first size
(docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PIOPS.Autoscaling.html)."""

DatabaseClass = Annotated[
    str,
    Shaped(
        r"db\.[a-z][a-z0-9-]*[0-9][a-z0-9-]*\.[a-z0-9-]+",
        "a class of RDS instances",
        "Write it like db.t4g.small (docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Concepts.DBInstanceClass.html).",
        40,
    ),
]
PathInImage = Annotated[
    str,
    Shaped(
        r"(/(?!\.\.?(/|$))[A-Za-z0-9._-]+)+",
        "a path in the image, from its root",
        "Write it like /etc/ssl/certs/rds-global-bundle.pem.",
        200,
    ),
]


class TrackingDatabase(Section):
    """PostgreSQL on RDS: encrypted with a key of its own, in private subnets, reached from the cluster over TLS alone."""

    EXAMPLES = MappingProxyType(
        {
            "instance_class": "db.m7g.large",
            "version": "16",
            "storage": "50Gi",
            "most_storage": "500Gi",
            "password": {"secret": "mlflow-database"},
        }
    )
    PEERS = MappingProxyType(
        {
            "instance_class": "RDS `DBInstanceClass`",
            "version": "RDS `EngineVersion`",
            "storage": "RDS `AllocatedStorage`",
            "most_storage": "RDS `MaxAllocatedStorage`",
        }
    )

    instance_class: DatabaseClass = "db.t4g.small"
    """Size of the instance. Another one is a few minutes without the database, unless it stands in two zones."""
    version: Literal["15", "16", "17"] = "17"
    """Version of PostgreSQL, in standard support until February of 2028, 2029 and 2030
    (docs.aws.amazon.com/AmazonRDS/latest/PostgreSQLReleaseNotes/postgresql-release-calendar.html). It can be raised, never lowered."""
    storage: Memory = Memory("20Gi")
    """Size of the volume to begin with, 20Gi to 64Ti, in whole Gi. It can grow, never shrink."""
    most_storage: Memory | None = None
    """Size that RDS may let the volume grow to by itself, a tenth more than storage at least; it does not grow when absent."""
    password: SecretReference
    """Where the password of the database is; 8 or more printable characters, without blanks and / ' " @ (what RDS takes)."""

    def breaches(self) -> Iterator[Breach]:
        yield from each([self._storage_breaches(), self._growth_breaches()])

    def _storage_breaches(self) -> Iterator[Breach]:
        if not SMALLEST <= self.storage.bytes <= LARGEST or self.storage.bytes % (1 << 30):
            yield Breach(("storage",), "20Gi to 64Ti, in whole Gi", "Write it like 50Gi.")

    def _growth_breaches(self) -> Iterator[Breach]:
        if self.most_storage is None:
            return
        if self.most_storage.bytes > LARGEST or self.most_storage.bytes % (1 << 30):
            yield Breach(("most_storage",), "at most 64Ti, in whole Gi", "Write it like 500Gi.")
        elif self.most_storage.bytes < self.storage.bytes * LEAST_GROWTH:
            yield Breach(
                ("most_storage",),
                f"a tenth more than storage at least, which is {self.storage}",
                "Raise it, or remove it: the volume does not grow then.",
                (("storage",),),
            )


class MlflowServer(Section):
    """MLflow in an EKS cluster, in the namespace `mlflow`: a server that asks for names and passwords, a PostgreSQL database on RDS, what
    is logged in a bucket that the server alone reads and writes."""

    EXAMPLES = MappingProxyType(
        {
            "cluster": "main",
            "image": f"222222222222.dkr.ecr.eu-west-1.amazonaws.com/tools/mlflow@sha256:{'a' * 64}",
            "replicas": 1,
            "teams": ["risk"],
            "hostname": "mlflow.example.com",
            "certificates": "/opt/rds/global-bundle.pem",
            "admin_password": {"secret": "mlflow-admin"},
        }
    )

    kind: Literal["mlflow_server"]
    cluster: Name
    """EKS cluster that the server runs in."""
    image: Image
    """Image of the server, HOST/NAME@sha256:…, with `mlflow[auth]`, psycopg2, boto3 and `certificates`."""
    replicas: int = Field(default=2, ge=1, le=10)
    """Pods of the server."""
    database: TrackingDatabase
    """Where experiments, runs, versions and users are kept."""
    admin_password: SecretReference
    """Where the password of the user `admin` is, 12 or more characters. It counts when the server first starts; later MLflow changes it."""
    teams: tuple[Name, ...] = Field(default=(), max_length=100)
    """Teams of the cluster whose pods may call the server, at http://mlflow.mlflow."""
    hostname: Hostname | None = None
    """Name at which the cluster's Gateway passes requests to the server, by HTTPS; by the Gateway nobody reaches it when absent."""
    certificates: PathInImage = "/etc/ssl/certs/rds-global-bundle.pem"
    """File in the image with Amazon's certificates for RDS (truststore.pki.rds.amazonaws.com), by which the server knows its database."""

    def breaches(self) -> Iterator[Breach]:
        yield from each([repeated(self, "teams"), self._image_breaches()])

    def _image_breaches(self) -> Iterator[Breach]:
        if self.image.registry is None:
            yield Breach(
                ("image",),
                "an image with its host: the environment's own registry has those of models alone",
                f"Write HOST/{self.image.name}@{self.image.digest}.",
            )
