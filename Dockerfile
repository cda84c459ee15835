# syntax=docker/dockerfile:1

# Every step is a script of scripts/, the same that a start without a container runs.
FROM python:3.11-slim-bookworm AS build
WORKDIR /app
COPY . .
RUN --mount=type=cache,target=/root/.cache/pip scripts/setup

FROM python:3.11-slim-bookworm
RUN install --directory --owner=10001 --group=10001 /models /index /keys
COPY --from=build /app /app
WORKDIR /app
ENV FUNDSTELLE_HOST=0.0.0.0 \
    FUNDSTELLE_INDEX=/index \
    FUNDSTELLE_KEYS=/keys/keys.json \
    FUNDSTELLE_MODELS=/models \
    HOME=/tmp \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
USER 10001:10001
VOLUME ["/models", "/index", "/keys", "/tmp"]
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=10m \
    CMD [".venv/bin/python", "scripts/healthcheck.py"]
ENTRYPOINT ["scripts/run"]
