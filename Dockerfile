# The code of Perennial, and the specs and contracts of this project. See docs/kubernetes.md.
FROM python:3.11.14-slim-bookworm AS build
COPY constraints.txt pyproject.toml README.md LICENSE /source/
COPY data_contracts /source/data_contracts
COPY tasks /source/tasks
COPY flows /source/flows
COPY deployments /source/deployments
# "demo" holds the flights that the shipped specs train on.
ARG EXTRAS=demo,kubernetes,postgres
# Without pip: nothing in the image can install anything into it.
RUN python -m venv --without-pip /opt/perennial \
    && python -m pip --python /opt/perennial/bin/python install --no-cache-dir --disable-pip-version-check \
        -c /source/constraints.txt "/source[${EXTRAS}]"

FROM python:3.11.14-slim-bookworm
# LightGBM's threads.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libgomp1 \
    && rm -rf /var/lib/apt/lists/* \
    && python -m pip uninstall --yes pip setuptools wheel \
    && useradd --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin perennial
COPY --from=build /opt/perennial /opt/perennial
COPY deployments/*.toml /project/deployments/
COPY data_contracts /project/data_contracts
ENV PATH=/opt/perennial/bin:$PATH \
    PERENNIAL_PROJECT=/project \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
USER 10001:10001
WORKDIR /tmp
CMD ["perennial", "--help"]
