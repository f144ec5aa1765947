"""Theano's ``theano.configparser``."""

from jaxlearn.symbolic.configuration import (
    AddConfigVar,
    BoolParam,
    ConfigParam,
    ConfigWarning,
    EnumStr,
    FloatParam,
    IntParam,
    StrParam,
    TypedParam,
    change_flags,
    config,
)
from jaxlearn.symbolic.configuration import Config as TheanoConfigParser
from jaxlearn.symbolic.configuration import ConfigWarning as TheanoConfigWarning

__all__ = [
    "AddConfigVar",
    "BoolParam",
    "ConfigParam",
    "ConfigWarning",
    "EnumStr",
    "FloatParam",
    "IntParam",
    "StrParam",
    "TheanoConfigParser",
    "TheanoConfigWarning",
    "TypedParam",
    "change_flags",
    "config",
]
