"""How pages write the technical detail of an answer."""

from django import template

from cameras.details_text import detail_text

register = template.Library()
register.filter("in_words", detail_text)
