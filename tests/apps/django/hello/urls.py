"""The one page, and the static files that were collected for it."""

import django
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.templatetags.static import static
from django.urls import path
from django.views.static import serve


def index(request: HttpRequest) -> HttpResponse:
    style = static("hello/site.css")
    return HttpResponse(
        f"Hello from Django {django.get_version()}, styled by {style}\n", content_type="text/plain"
    )


urlpatterns = [path("", index), path("static/<path:path>", serve, {"document_root": settings.STATIC_ROOT})]
