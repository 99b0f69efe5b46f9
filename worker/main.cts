#!/usr/bin/env node
// A call of DuckDB's holds a thread of libuv's pool for its time, and of the usual four nothing would be left for files and names. The size
// counts until the pool's first use, which on Node 20 is the reading of an ES module: so this file is CommonJS, and sets it before all else.
process.env.UV_THREADPOOL_SIZE ??= '16';
void import('./cli/command-line.js');
