# Built from the sources, run without them: the second stage has the installed wheels and nothing else.
FROM python:3.11-slim-bookworm AS build
WORKDIR /src
# Dependencies by version and hash; they change more rarely than the sources.
COPY requirements.lock ./
RUN pip install --no-cache-dir --no-compile --require-hashes --prefix /installed -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY alerts alerts
COPY stream stream
RUN pip install --no-cache-dir --no-compile --no-deps --prefix /installed .

FROM python:3.11-slim-bookworm
COPY --from=build /installed /usr/local
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 TOCSIN_HOST=0.0.0.0 TOCSIN_PORT=9108
USER 10001:10001
EXPOSE 9108
HEALTHCHECK --interval=5s --timeout=3s --start-period=30s --retries=6 \
    CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen(f'http://127.0.0.1:{os.environ[\"TOCSIN_PORT\"]}/healthz', timeout=2)"]
ENTRYPOINT ["tocsin"]
CMD ["worker"]
