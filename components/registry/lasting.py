"""How what is stored outlives mistakes."""

from dataclasses import dataclass

import pulumi


@dataclass(frozen=True)
class Lasting:
    """What holds for everything that stores something, whoever it belongs to."""

    child: pulumi.ResourceOptions
    """Options of every child of the component."""
    protect: bool
    retain: bool
    force_destroy: bool

    def options(self, *, protect: bool = True) -> pulumi.ResourceOptions:
        """Of what stores something: the engine refuses to delete it, or leaves it in AWS when it forgets it."""
        own = pulumi.ResourceOptions(protect=(self.protect and protect) or None, retain_on_delete=self.retain or None)
        return pulumi.ResourceOptions.merge(self.child, own)

    def of(self, whole: pulumi.Resource, *before: pulumi.Resource) -> pulumi.ResourceOptions:
        """Of a setting of `whole`, which goes with it: what stays in AWS keeps its settings. Made after `before`."""
        own = pulumi.ResourceOptions(deleted_with=whole, depends_on=list(before) or None)
        return pulumi.ResourceOptions.merge(self.child, own)

    def safeguard(self, whole: pulumi.Resource, *before: pulumi.Resource) -> pulumi.ResourceOptions:
        """Of a setting without which `whole` would not be safe, and which never has to be replaced: protected like it.

        A `pulumi destroy --skip-preview` deletes what it may before it comes to what it may not.
        """
        return pulumi.ResourceOptions.merge(self.of(whole, *before), pulumi.ResourceOptions(protect=self.protect or None))
