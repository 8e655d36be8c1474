"""What rules call ways to offer GPUs is what the device plugin of clusters is set to."""

from components.cluster._charts import device_plugin
from modelway.architecture.gpus import OFFERED


def test_every_way_to_share_is_a_setting_of_the_device_plugin() -> None:
    config = device_plugin()["config"]
    assert isinstance(config, dict)
    assert set(OFFERED.values()) == set(config["map"])
    assert config["default"] == OFFERED["none"]
