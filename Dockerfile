# The service with its reference data inside. Build: docker build -t doorstep .
# Run: docker run -p 8000:8000 -v doorstep:/var/lib/doorstep doorstep
# then, for a key: docker exec CONTAINER enrich keys create … (demo keys exist on loopback only).

FROM python:3.12-slim AS build
WORKDIR /build
COPY requirements.lock pyproject.toml README.md ./
RUN python -m venv /opt/doorstep \
 && /opt/doorstep/bin/pip install --no-cache-dir --require-hashes -r requirements.lock

FROM python:3.12-slim
# LightGBM, which `enrich learn` uses, needs the OpenMP runtime.
RUN apt-get update \
 && apt-get install --yes --no-install-recommends libgomp1 \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --uid 10001 --home-dir /var/lib/doorstep --create-home doorstep
COPY --from=build /opt/doorstep /opt/doorstep
WORKDIR /app
COPY pyproject.toml README.md ./
COPY service service
COPY reference_data reference_data
RUN /opt/doorstep/bin/pip install --no-cache-dir --no-deps --no-build-isolation --editable .
ENV PATH=/opt/doorstep/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    HOST=0.0.0.0 \
    PORT=8000 \
    ENRICH_DATABASE_URL=sqlite:////var/lib/doorstep/doorstep.sqlite
USER doorstep
VOLUME /var/lib/doorstep
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s \
  CMD ["python", "-c", "import os, urllib.request as u; u.urlopen('http://127.0.0.1:' + os.environ['PORT'] + '/readyz', timeout=2)"]
CMD ["enrich", "serve"]
