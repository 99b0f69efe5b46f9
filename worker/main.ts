#!/usr/bin/env node
import { program } from './cli/program.js';
import { explain } from './cli/explain.js';

try {
  await program().parseAsync();
} catch (error) {
  process.exitCode = explain(error);
}
