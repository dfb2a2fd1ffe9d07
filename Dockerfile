# One image for every process of Huoyan: huoyan migrate, ingest, scheduler, api.

FROM python:3.11.14-slim-bookworm AS build
WORKDIR /src
COPY requirements-server.lock ./
RUN python -m venv /opt/huoyan \
    && /opt/huoyan/bin/pip install --no-cache-dir --require-hashes -r requirements-server.lock
COPY pyproject.toml README.md LICENSE ./
COPY store store
COPY policy policy
COPY registry registry
COPY casework casework
COPY ingest ingest
COPY scoring scoring
COPY sampling sampling
COPY scheduler scheduler
COPY api api
COPY simulators simulators
COPY huoyan huoyan
RUN /opt/huoyan/bin/pip install --no-cache-dir --no-deps --no-build-isolation .

FROM python:3.11.14-slim-bookworm
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin huoyan
# A new volume takes its owner from here: broker-access writes as Mosquitto's user.
RUN install --directory --owner=1883 --group=1883 --mode=700 /access
COPY --from=build /opt/huoyan /opt/huoyan
ENV PATH=/opt/huoyan/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
USER 10001
WORKDIR /
EXPOSE 8080 9101 9102 9103 9104 26875/tcp 26875/udp
ENTRYPOINT ["huoyan"]
CMD ["--help"]
