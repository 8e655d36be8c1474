"""Groups of model packages, and MLflow. Schemas: hashicorp/terraform-provider-aws, internal/service/sagemaker, files named at each row.

moto makes groups and has no call that deletes one, and knows no MLflow app.
"""

from __future__ import annotations

from localcloud.plugins.aws import recorded
from localcloud.plugins.aws.table import ID, Naming, Source

PACKAGE_GROUP = recorded.row(
    "aws:sagemaker/modelPackageGroup:ModelPackageGroup",
    "internal/service/sagemaker/model_package_group.go",
    properties=("modelPackageGroupName", "modelPackageGroupDescription"),
    id="inputs.modelPackageGroupName",
    replace_on=frozenset({"modelPackageGroupName", "modelPackageGroupDescription"}),
    outputs={"arn": Source(lambda scope: scope.arn("sagemaker", f"model-package-group/{scope.id}"))},
    tags=True,
)

PACKAGE_GROUP_POLICY = recorded.row(
    "aws:sagemaker/modelPackageGroupPolicy:ModelPackageGroupPolicy",
    "internal/service/sagemaker/model_package_group_policy.go",
    properties=("modelPackageGroupName", "resourcePolicy"),
    id="inputs.modelPackageGroupName",
    replace_on=frozenset({"modelPackageGroupName"}),
)

MLFLOW_APP = recorded.row(
    "aws:sagemaker/mlflowApp:MlflowApp",
    "internal/service/sagemaker/mlflow_app.go",
    properties=(
        "name",
        "artifactStoreUri",
        "roleArn",
        "accountDefaultStatus",
        "defaultDomainIdLists",
        "modelRegistrationMode",
        "weeklyMaintenanceWindowStart",
    ),
    # AWS makes up the last part.
    id="join('', ['arn:aws:sagemaker:$region:$account:mlflow-app/app-', inputs.name])",
    replace_on=frozenset({"roleArn"}),
    outputs={"arn": ID},
    naming=Naming(prefix_property=""),
    tags=True,
)

ROWS = (PACKAGE_GROUP, PACKAGE_GROUP_POLICY, MLFLOW_APP)
