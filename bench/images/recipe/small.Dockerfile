FROM layerview-bench/base
COPY package.json /app/
RUN rm -rf /usr/share/doc && chown -R 1000:1000 /app
