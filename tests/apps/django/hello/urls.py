"""The one page."""

import django
from django.http import HttpRequest, HttpResponse
from django.urls import path


def index(request: HttpRequest) -> HttpResponse:
    return HttpResponse(f"Hello from Django {django.get_version()}\n", content_type="text/plain")


urlpatterns = [path("", index)]
