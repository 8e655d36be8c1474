"""The bill of materials of an endpoint: models, weights, images, data and what of others they stand on, as one CycloneDX document."""

from modelway.governance.bill_of_materials.document import Beside, NoEndpoint, bill, file_name, written
from modelway.governance.bill_of_materials.schema import NotValid, check

__all__ = ["Beside", "NoEndpoint", "NotValid", "bill", "check", "file_name", "written"]
