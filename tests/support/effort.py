"""How many examples a property gets: a share of what the profile says, so nightly runs grow all."""

from hypothesis import settings


def share(percent: int) -> settings:
    """Give a share of the profile's examples, at least one."""
    profile = settings.get_profile(settings.get_current_profile_name())
    return settings(max_examples=max(1, profile.max_examples * percent // 100))
