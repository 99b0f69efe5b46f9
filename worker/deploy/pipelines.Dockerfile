# Your pipelines in the image, with their bundle: its worker starts at once, and nothing is mounted.
# docker build -f pipelines.Dockerfile --build-arg HEADRACE=headrace:0.1.0 -t our-pipelines FOLDER
ARG HEADRACE=headrace

FROM ${HEADRACE}
USER root
COPY . pipelines/
RUN headrace check pipelines --bundle pipelines.cjs && rm -rf /tmp/*
ENV HEADRACE_BUNDLE=/app/pipelines.cjs
USER 10001:10001
