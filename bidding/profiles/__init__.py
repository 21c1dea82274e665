"""What law or a local rule says about a procedure, as versioned data with articles (docs/formats/profile.md)."""

from bidding.profiles.calendar import BEIJING, Calendar
from bidding.profiles.clocks import Clocks
from bidding.profiles.packaged import packaged_calendar, packaged_profiles
from bidding.profiles.profile import Exclusion, Period, Profile

__all__ = [
    "BEIJING",
    "Calendar",
    "Clocks",
    "Exclusion",
    "Period",
    "Profile",
    "packaged_calendar",
    "packaged_profiles",
]
